"""The suite of every guardrail."""
