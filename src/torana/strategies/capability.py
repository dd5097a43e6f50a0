"""The least able that suffices first, within each priority: what cannot serve the request comes last of all.

Able: it declared what the request uses, and its context takes the prompt. So dear models are kept for what needs them.
"""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts

UNBOUNDED = 1 << 62
"""Stands for a context size that nobody declared: taken as enough, and tried after those known to be."""


def order(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
    """The candidates: able ones first, then by priority, by capabilities to spare, by context; as written among equals."""

    def rank(one: Deployment) -> tuple[bool, int, int, int]:
        context = one.context_tokens or UNBOUNDED
        declared = one.capabilities
        lacking = declared is not None and not facts.needs <= declared
        return lacking or context < facts.tokens, one.priority, len(declared or ()), context

    return sorted(candidates, key=rank)
