"""Tests of the guardrail for secrets."""
