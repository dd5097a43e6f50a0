"""Lowest priority number first; as written among equals."""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts


def order(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
    """The candidates by priority."""
    return sorted(candidates, key=lambda deployment: deployment.priority)
