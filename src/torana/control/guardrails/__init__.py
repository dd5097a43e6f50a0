"""Guardrail routes."""
