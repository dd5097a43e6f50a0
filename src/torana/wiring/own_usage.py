"""What a caller used today and this month: from the database, and what is in the spool only.

It shows nobody the usage of another. Given to the edge by ``serve``; it reads in worker threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from torana.core.calendar import window_of
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.money import decimal_text
from torana.core.tickets import Caller
from torana.line.health import moment
from torana.ports.receipt import Receipt
from torana.stores import sql
from torana.stores.sql.spending import positions
from torana.stores.sql.usage_queries import LARGEST_PAGE, Sums, Window, top
from torana.wiring.recorded import Source, receipts_from

AT_ONCE = 4
"""Readings of the database at the same time; further callers wait."""
MOST_NEWER = 100_000
"""Receipts in the spool that are added; only a database that has long been away leaves more."""
RETRY_S = 5.0
PERIODS = {"today": "day", "month": "month"}


class Mine(NamedTuple):
    """Whose usage: all keys of a user, or a key that is no user's."""

    tenant: str
    user: str
    key: str

    @property
    def where(self) -> dict[str, str]:
        """The names that rows must have."""
        return {"user": self.user} if self.user else {"key": self.key, "user": ""}

    def has(self, receipt: Receipt) -> bool:
        """Whether the Receipt is one of theirs."""
        own = receipt.user == self.user and (bool(self.user) or receipt.key_id == self.key)
        return own and receipt.tenant == self.tenant


class OwnUsage:
    """Answers one caller at a time of many."""

    def __init__(self, source: Source, currency: str, clock: Clock) -> None:
        self._source = source
        self._currency = currency
        self._clock = clock
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, caller: Caller) -> Mapping[str, object]:
        """Usage by period. Raises GatewayError OVERLOADED when the database is away."""
        mine = Mine(caller.tenant, caller.user, caller.key_id)
        zone = self._source.zone or ZoneInfo("UTC")
        now = self._clock.now()
        since = {name: int(window_of(now, per, zone).starts_at) for name, per in PERIODS.items()}
        async with self._free:
            try:
                found = await asyncio.to_thread(read, self._source, mine, since)
            except sql.faults(ValueError) as fault:
                message = "Usage cannot be read at the moment. Try again."
                raise GatewayError("OVERLOADED", message, retry_after_s=RETRY_S) from fault
        periods = {name: shown(since[name], sums, self._currency) for name, sums in found.items()}
        who = {"user": caller.user or None, "key_id": caller.key_id, "team": caller.team or None}
        return {**who, "currency": self._currency, "time_zone": str(zone), **periods}


Sum = tuple[int, ...]
"""The figures of SUMMED."""
SUMMED = (
    "requests",
    "errors",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost_nano",
)
Models = dict[tuple[str, str], Sum]
"""By model and currency."""


def read(source: Source, mine: Mine, since: Mapping[str, int]) -> dict[str, Models]:
    """The sums of each period. Blocking; raises what the database raises, OSError for the spool."""
    found: dict[str, Models] = {name: {} for name in since}
    position = 0
    if sql.check(source.url):
        with closing(sql.connect(source.url)) as connection:
            connection.at_one_moment()
            position = positions(connection).get(source.spool_name, 0)
            for name, start in since.items():
                window = Window(mine.tenant, start, 1 << 40, "day", mine.where)
                for line in top(connection, window, "model", limit=LARGEST_PAGE):
                    add(found[name], line.name, line.currency, figures(line.sums))
            connection.rollback()
    for receipt in islice(receipts_from(source.spool, position), MOST_NEWER):
        if mine.has(receipt):
            for name, start in since.items():
                if receipt.at >= start:
                    model = receipt.model if receipt.error_code != "MODEL_NOT_FOUND" else ""
                    add(found[name], model, receipt.currency, of_receipt(receipt))
    return found


def add(models: Models, model: str, currency: str, more: Sum) -> None:
    """Add figures to a model's."""
    there = models.get((model, currency))
    models[model, currency] = more if there is None else tuple(map(sum, zip(there, more, strict=True)))


def figures(sums: Sums) -> Sum:
    """The figures of a line."""
    return tuple(getattr(sums, name) for name in SUMMED)


def of_receipt(receipt: Receipt) -> Sum:
    """The figures of one request."""
    return (1, int(receipt.ending != "completed"), *(getattr(receipt, name) for name in SUMMED[2:]))


def shown(since: int, models: Models, currency: str) -> dict[str, object]:
    """A period: its sums, and by model, the dearest first. ``cost`` is of the installation's currency."""
    ordered = sorted(models.items(), key=lambda one: (-one[1][-1], one[0]))
    own: Sequence[Sum] = [sums for (_, used), sums in ordered if used == currency]
    total = told(summed(sums for _, sums in ordered), summed(own)[-1])
    rows = [{"model": model or None, **told(sums, sums[-1]), "currency": used} for (model, used), sums in ordered]
    return {"since": moment(since), **total, "models": rows}


def summed(all_sums: Iterable[Sum]) -> Sum:
    """All of them together."""
    return tuple(map(sum, zip((0,) * len(SUMMED), *all_sums, strict=True)))


def told(sums: Sum, cost_nano: int) -> dict[str, object]:
    """Figures by name; the cost as a decimal text."""
    return {**dict(zip(SUMMED[:-1], sums, strict=False)), "cost": decimal_text(cost_nano)}
