"""Stored objects: what of the configuration is written here."""
