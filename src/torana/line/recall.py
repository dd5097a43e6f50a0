"""Which budgets have not been told yet what was spent of them before: a hard one refuses until it has been.

It reads no records (``wiring`` does) and counts nothing. Asked by the limits room for every request with budgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from torana.ports.store import Charge, Overrun

RETRY_S = 1.0
NONE: Mapping[str, float] = MappingProxyType({})


class Recall:
    """For one process; outlives Snapshots."""

    __slots__ = ("missing",)

    def __init__(self) -> None:
        self.missing: Mapping[str, float] = NONE
        """Rule → since when this process counts for it (epoch seconds): of windows that began before, it knows a part."""

    def refusal(self, charges: Iterable[Charge]) -> Overrun | None:
        """The first charge that must be refused because nobody knows what was spent; None when there is none."""
        missing = self.missing
        for charge in charges:
            if charge.algorithm != "spend" or not charge.hard or charge.on_store_failure != "deny":
                continue
            if charge.starts_at < missing.get(charge.rule_id, 0.0):
                return Overrun(charge, 0, RETRY_S, away=True)
        return None
