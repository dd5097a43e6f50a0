"""File routes."""
