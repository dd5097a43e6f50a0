"""Each of the best priority in turn, the others of it next, lower priorities last."""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts


def order(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
    """The candidates by priority; each group rotated by the turn."""
    ordered: list[Deployment] = []
    for priority in sorted({deployment.priority for deployment in candidates}):
        group = [deployment for deployment in candidates if deployment.priority == priority]
        start = facts.turn % len(group)
        ordered += group[start:] + group[:start]
    return ordered
