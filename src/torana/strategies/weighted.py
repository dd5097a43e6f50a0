"""Drawn by weight within the best priority, then the next drawn from the rest of it, and so on."""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts


def order(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
    """The candidates by priority; each group drawn without replacement, by weight. A weight of 0 comes last."""
    ordered: list[Deployment] = []
    for priority in sorted({deployment.priority for deployment in candidates}):
        group = [deployment for deployment in candidates if deployment.priority == priority]
        ordered += drawn(group, facts.draw)
    return ordered


def drawn(group: list[Deployment], draw: float) -> list[Deployment]:
    """The group in drawn order. One draw serves all places: what is left of it after a choice is uniform again."""
    left = list(group)
    chosen: list[Deployment] = []
    while left:
        total = sum(deployment.weight for deployment in left)
        if total <= 0:
            return chosen + left
        mark = draw * total
        for deployment in left:
            if mark < deployment.weight:
                draw = mark / deployment.weight
                break
            mark -= deployment.weight
        else:
            deployment, draw = left[-1], 0.0
        left.remove(deployment)
        chosen.append(deployment)
    return chosen
