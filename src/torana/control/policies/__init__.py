"""Policy routes."""
