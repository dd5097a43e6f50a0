"""How much an upstream takes at once, and by which rules requests wait for it. Parts of the Snapshot.

Plain data. ``wiring`` compiles it, ``line/queues`` goes by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much a deployment, or all of a provider, takes from one process; None: nobody said."""

    concurrency: int | None = None
    """Requests at the same time."""
    per_minute: int | None = None
    """Requests begun within any 60 seconds."""


@dataclass(frozen=True, slots=True)
class PriorityRule:
    """Whose requests wait in which class: of those that have every one of these scopes' values."""

    scopes: tuple[tuple[str, str], ...]
    priority: str


@dataclass(frozen=True, slots=True)
class QueueRules:
    """How requests wait for what is at its capacity."""

    classes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({"normal": 1}))
    """Class → weight."""
    default: str = "normal"
    """The class of what no rule is about."""
    most: int = 100
    """How many may wait in each class for one capacity."""
    rules: tuple[PriorityRule, ...] = ()
    """The first one that fits decides."""
