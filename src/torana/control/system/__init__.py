"""System routes."""
