"""Tells when spending passes a share of a budget at which somebody wants to know.

Each share is told once a window, by the request that passed it. It sends nothing itself. Given to the counters as a
listener by ``wiring``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from torana.core.snapshot import BudgetRule
from torana.ports.store import Charge


class Alert(NamedTuple):
    """Spending that passed a share of a budget's limit. Amounts are nano-units."""

    rule_id: str
    subject: str
    """The tenant, the values of the rule's scopes, the window: separated by ``/``."""
    share: float
    spent_nano: int
    limit_nano: int
    hard: bool


class Alerts:
    """Implements ``ports.store.Spent`` for the budgets of the latest Snapshot."""

    def __init__(self, tellers: Iterable[Callable[[Alert], None]]) -> None:
        self._tellers = tuple(tellers)
        self._shares: dict[str, tuple[float, ...]] = {}

    def heed(self, budgets: Iterable[BudgetRule]) -> None:
        """From now on these budgets count."""
        self._shares = {one.rule_id: one.alerts for one in budgets if one.alerts}

    def __call__(self, charge: Charge, spent: int, before: int) -> None:
        """Money of the charge was settled: ``spent`` of its budget now, ``before`` that until then."""
        for share in self._shares.get(charge.rule_id, ()):
            mark = round(share * charge.limit)
            if before < mark <= spent:
                subject = charge.subject.replace("\0", "/")
                alert = Alert(charge.rule_id, subject, share, spent, charge.limit, charge.hard)
                for tell in self._tellers:
                    tell(alert)
