"""Tokens that others issue: their signatures, their issuers' keys, and signing our own for development."""
