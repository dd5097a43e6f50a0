"""The most particular first: by how many conditions a deployment has, then by priority; as written among equals.

Whether they hold is the router's business: a deployment whose condition does not hold is no candidate.
"""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts


def order(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
    """The candidates by conditions, most first, then by priority."""
    return sorted(candidates, key=lambda one: (-len(one.when), one.priority))
