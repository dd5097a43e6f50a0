"""The one with the fewest requests in flight first, within each priority; equals take turns."""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts


def order(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
    """The candidates by priority, then by requests in flight."""
    start = facts.turn % max(len(candidates), 1)
    return sorted([*candidates[start:], *candidates[:start]], key=lambda one: (one.priority, facts.busy(one)))
