"""The hot path, one room per file."""
