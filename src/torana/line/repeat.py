"""Which requests may be asked twice: those that leave nothing behind at a provider but a bill.

Pure. Whatever is not named here is asked once: files, batches, passthrough, stored answers. Called by the router and
the limits room, which hold for it.
"""

from __future__ import annotations

REPEATABLE = frozenset({"chat", "completions", "embeddings", "moderations", "rerank"})
"""Operations without an effect."""
KEEPS_ANSWERS = frozenset({"openai_responses"})
"""Dialects whose providers keep an answer unless told not to."""


def may_repeat(operation: str, dialect: str) -> bool:
    """Whether a hedge or a shadow may ask the same once more."""
    return operation in REPEATABLE and dialect not in KEEPS_ANSWERS
