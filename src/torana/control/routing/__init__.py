"""Routing routes."""
