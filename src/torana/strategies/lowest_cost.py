"""The cheapest first, within each priority; what has no known price last."""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts


def order(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
    """The candidates by priority, then by price; as written among equals."""

    def rank(one: Deployment) -> tuple[int, bool, int]:
        price = facts.price_nano(one)
        return one.priority, price is None, price or 0

    return sorted(candidates, key=rank)
