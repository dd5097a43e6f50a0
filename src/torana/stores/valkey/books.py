"""Books spending: what Receipts cost, each exactly once, and begins budgets that the store does not have.

Spending counts when it is booked; until then its Hold does. Called by the sink of spending, through ``wiring``, and by
the counters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from torana.core.budget_name import UNHELD, BudgetName, read_budget_name
from torana.ports.store import Spent
from torana.stores.valkey.link import Link, Script, StoreAway
from torana.stores.valkey.share import Share, window_of_budget

BOOK = Script("book")
REBUILD = Script("rebuild")
MOST_MISSING = 1000
OTHERS_DECLARE_MS = 5_000
"""How long a hard budget that was lost refuses, until the other processes have said what they hold of it."""


Records = Callable[[BudgetName], Awaitable[tuple[int, Mapping[str, int]]]]
"""What records say was spent of a budget, and up to which position each spool is in them. Raises OSError, ValueError."""


Entry = tuple[int, str, int]
"""One Receipt's cost for one budget: its position, the budget's name (UNHELD before it: nothing was held), nano-units."""


class ShareOf(Protocol):
    """Finds a tenant's share."""

    def __call__(self, tenant: str, /) -> Share: ...


class Books:
    """Books for one process's spool."""

    def __init__(self, process: str, link: Link, share_of: ShareOf, records: Records | None) -> None:
        self._process = process
        self._link = link
        self._share_of = share_of
        self._records = records
        self._beginning = asyncio.Lock()
        self.listeners: list[Spent] = []
        self.noted: Callable[[Share, int], None] = lambda share, since: None
        """Told since when the store has a tenant's keys."""

    @property
    def asks_records(self) -> bool:
        """Whether records are asked for budgets that the store does not have."""
        return self._records is not None

    async def begin(self, share: Share, name: str) -> None:
        """Begin the budget with what records say. Raises StoreAway when neither store nor records can be asked."""
        async with self._beginning:
            settled: int = 0
            positions: Mapping[str, int] = {}
            if self._records is not None:
                try:
                    settled, positions = await self._records(read_budget_name(name))
                except (OSError, ValueError) as fault:
                    raise StoreAway(f"records of spending cannot be read: {fault}") from fault
            others = [spool for spool in positions if spool != self._process]
            said = {
                "settled": settled,
                "spools": list(positions.items()),
                "wait": OTHERS_DECLARE_MS if others and settled else 0,
                **window_of_budget(name),
            }
            await self._link.run_patiently(REBUILD, [share.alive, share.budget_key(name)], said)

    async def book(self, tenant: str, position: int, entries: Sequence[Entry], *, before_us: bool) -> None:
        """Book what the tenant's Receipts up to ``position`` cost. Raises StoreAway: then it comes again.

        ``before_us``: they are of this process before its last start.
        """
        share = self._share_of(tenant)
        async with share.booking:
            while share.gate is not None:
                await share.gate.wait()
            await self._book(share, position, entries, before_us=before_us)

    async def _book(self, share: Share, position: int, entries: Sequence[Entry], *, before_us: bool) -> None:
        in_doubt = share.unbooked
        share.unbooked = True
        share.in_flight += 1
        try:
            names, answer = await self._booked(share, position, entries)
        finally:
            share.in_flight -= 1
        share.unbooked = False
        settled_to, share.booked_to = share.booked_to, max(share.booked_to, position)
        share.dirty = share.dirty or in_doubt
        self.noted(share, answer[2])
        for place, name in enumerate(names):
            before, after, taken = answer[3 + 3 * place : 6 + 3 * place]
            mine = share.allotments.get(name)
            if mine is None:
                continue
            if not before_us:
                cost = sum(cost for at, budget, cost in entries if budget == name and at > settled_to)
                # In doubt the store may have taken it before: it is declared soon.
                mine.booked(cost, min(cost, mine.granted) if in_doubt else taken)
            if after != before:
                for listener in self.listeners:
                    listener(mine.charge, after, before)

    async def position(self, key: str) -> int:
        """The position that was put there; 0 when none was. Raises StoreAway."""
        return await self._link.number(key)

    async def put_position(self, key: str, position: int) -> None:
        """Everything before this position is booked. Raises StoreAway."""
        await self._link.put(key, position)

    async def _booked(
        self, share: Share, position: int, entries: Sequence[Entry]
    ) -> tuple[Sequence[str], Sequence[int]]:
        names = list(dict.fromkeys(budget.removeprefix(UNHELD) for _, budget, _ in entries))
        numbers = {name: place for place, name in enumerate(names, 1)}
        rows = [
            (
                at,
                numbers[budget.removeprefix(UNHELD)],
                cost,
                at > share.booked_to and not budget.startswith(UNHELD),
            )
            for at, budget, cost in entries
        ]
        said: dict[str, Any] = {
            "proc": self._process,
            "spool": self._process,
            "position": position,
            "budgets": [window_of_budget(name) for name in names],
            "receipts": rows,
        }
        keys = [share.alive, share.mine(self._process), share.applied, *map(share.budget_key, names)]
        for _ in range(MOST_MISSING):
            answer = await self._link.run_patiently(BOOK, keys, said)
            if answer[0] == 0:
                return names, answer
            await self.begin(share, names[answer[3] - 1])
        raise StoreAway("budgets vanish faster than they can be made")
