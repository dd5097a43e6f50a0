"""Token routes."""
