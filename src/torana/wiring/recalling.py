"""Tells counters what was spent before they were there.

At the start and before a new Snapshot takes over it does so for budgets that it has not told of, then for all of them every
half minute: what a sum missed by a moment is made good. It decides no refusal (``line/recall`` does). Built by ``serve``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from torana.core.budget_name import BudgetName
from torana.core.clock import Clock
from torana.core.snapshot import BudgetRule, Snapshot
from torana.line.recall import Recall
from torana.ports.receipt import Receipt
from torana.ports.store import Counters
from torana.records.spool import Spool
from torana.stores import sql
from torana.stores.sql.spending import positions
from torana.wiring.build import Parts
from torana.wiring.recorded import Source, gathered, recorded_of, source_of
from torana.wiring.settings import Settings

BOUNDED_S = 3.0
"""The longest that a start or a reload waits for the database."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
PAUSE_UNKNOWN_S = 1.0
AT_ONCE = 256
"""Counters that are told of before requests have a turn."""

Log = Any


class Recalling:
    """For the budgets of one process."""

    def __init__(self, source: Source, counters: Counters | None, recall: Recall, clock: Clock, log: Log) -> None:
        """``counters``: whom to tell; None: they ask by themselves (``known``)."""
        self._source = source
        self._counters = counters
        self._recall = recall
        self._clock = clock
        self._log = log
        self._rules: tuple[BudgetRule, ...] = ()
        self._currency = ""
        self._since: dict[object, float] = {}
        """What a budget is about → since when this process counts for it."""
        self._told: set[object] = set()
        self._positions: Mapping[str, int] | None = None
        self._new = asyncio.Event()

    @property
    def tells(self) -> bool:
        """Whether there is anybody to tell."""
        return self._counters is not None

    async def heed(self, snapshot: Snapshot, more: Sequence[Receipt] = ()) -> None:
        """Tell of the budgets that are new, before the Snapshot takes over. ``more``: Receipts not yet in the spool.

        When the database does not answer in time they stay unknown, and ``keep`` goes on trying.
        """
        now = self._clock.now()
        self._rules, self._currency = snapshot.budgets, snapshot.currency
        if self._counters is None:
            return
        known = {about(rule) for rule in snapshot.budgets}
        self._since = {what: self._since.get(what, now) for what in known}
        self._told &= known
        fresh = [rule for rule in snapshot.budgets if about(rule) not in self._told]
        if fresh:
            try:
                async with asyncio.timeout(BOUNDED_S):
                    await self._tell(fresh, more)
            except sql.faults(ValueError, TimeoutError) as fault:
                self._log.warning("budgets.unknown", error=f"{type(fault).__name__}: {fault}"[:200])
            self._new.set()
        self._refuse_unknown()

    async def keep(self) -> None:
        """Tell of all budgets again and again, until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                async with asyncio.timeout(PAUSE_UNKNOWN_S if self._recall.missing else pause):
                    await self._new.wait()
                self._new.clear()
                pause = FIRST_PAUSE_S
                continue
            except TimeoutError:
                pause = min(pause * 2, LONGEST_PAUSE_S)
            try:
                await self._tell(self._rules)
            except sql.faults(ValueError) as fault:
                self._log.debug("budgets.not_read", error=f"{type(fault).__name__}: {fault}"[:200])
            else:
                if self._recall.missing:
                    self._log.info("budgets.known_again")
                self._refuse_unknown()

    async def known(self, name: BudgetName) -> tuple[int, Mapping[str, int]]:
        """What records say was spent of a budget of the rules in force, and up to which position each spool is in them.

        Nothing for a rule that is gone. Raises what the database raises.
        """
        rule = next((rule for rule in self._rules if rule.rule_id == name.rule_id), None)
        return await asyncio.to_thread(recorded_of, self._source, rule, self._currency, name)

    async def _tell(self, rules: Sequence[BudgetRule], more: Sequence[Receipt] = ()) -> None:
        counters = self._counters
        if counters is None or not rules:
            return
        spool = None if self._told.issuperset(map(about, rules)) else self._source.spool
        if spool is None and await asyncio.to_thread(self._unchanged):
            return
        now = self._clock.now()
        sums = await asyncio.to_thread(gathered, self._source, rules, self._currency, now, more, spool)
        for place, (charge, nano) in enumerate(sums.settled):
            counters.restore(charge, nano)
            if place % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
        self._told.update(map(about, rules))
        self._positions = sums.positions if spool is None else None

    def _unchanged(self) -> bool:
        """Whether the database has nothing that was not told of."""
        if not self._positions:
            return False
        with closing(sql.connect(self._source.url)) as connection:
            return positions(connection) == self._positions

    def _refuse_unknown(self) -> None:
        self._recall.missing = {
            rule.rule_id: self._since[what] for rule in self._rules if (what := about(rule)) not in self._told
        }


def about(rule: BudgetRule) -> object:
    """What of a budget says which requests are summed: another limit is the same budget."""
    return rule.rule_id, rule.scope, rule.match, rule.also, rule.where, rule.per, rule.zone


def recalling_of(settings: Settings, spool: Spool, spool_name: str, parts: Parts, log: Log) -> Recalling:
    """For the counters of this process. Shared ones outlive it, and are told nothing: they ask."""
    source = source_of(settings, spool, spool_name)
    counters = parts.counters if settings.redis_url is None else None
    return Recalling(source, counters, parts.recall, parts.clock, log)
