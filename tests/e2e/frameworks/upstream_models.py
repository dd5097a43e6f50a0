"""The models of the providers, each served under ``by-<provider>`` and under its own name."""

UPSTREAM_MODELS = {"openai": "gpt-4o", "anthropic": "claude-3-5-sonnet", "gemini": "gemini-2.0-flash"}
