"""How often the cache was asked and what it saved, by tenant, team and model, since this process began.

It decides nothing and is bounded: beyond so many rows, new ones are counted together. Told by the cache room.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torana.core.tickets import Caller

MOST_ROWS = 10_000
OTHER = "other"


@dataclass(slots=True)
class Saved:
    """The counts of one tenant, team and model."""

    tenant: str
    team: str
    model: str
    hits: int = 0
    semantic_hits: int = 0
    misses: int = 0
    """Looked for and not found."""
    shadow_hits: int = 0
    """What would have been served, had the semantic cache been more than on trial."""
    tokens: int = 0
    nano: int = 0
    """Nano-units of the installation's currency."""
    ms: int = 0
    """Milliseconds by which answers came sooner than they did the first time."""


class CacheTally:
    """The counts of one process."""

    __slots__ = ("_rows", "faults", "full")

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], Saved] = {}
        self.faults = 0
        """Times that the store could not be asked."""
        self.full = 0
        """Answers that were not kept because they were too long."""

    def row(self, caller: Caller, model: str) -> Saved:
        """Where requests of this caller for this model are counted."""
        place = (caller.tenant, caller.team, model)
        row = self._rows.get(place)
        if row is None:
            if len(self._rows) >= MOST_ROWS:
                place = (caller.tenant, OTHER, OTHER)
            row = self._rows.setdefault(place, Saved(*place))
        return row

    def of(self, tenant: str) -> Iterator[Saved]:
        """The tenant's rows."""
        return (row for row in list(self._rows.values()) if row.tenant == tenant)
