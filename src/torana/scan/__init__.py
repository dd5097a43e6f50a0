"""Reading of text for guardrails: its normal form, many patterns at once, embeddings."""
