"""Configuration as text: differences, export, apply."""
