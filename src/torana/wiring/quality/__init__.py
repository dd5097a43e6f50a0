"""Measures how well guardrails find what labelled texts say there is, and what that costs."""
