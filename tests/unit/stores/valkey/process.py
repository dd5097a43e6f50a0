"""A gateway process as far as counters know one: reserves, settles, writes a spool, books from it, gives signs of life."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from tests.contract.counters.shared import QuietLog
from torana.core.budget_name import UNHELD
from torana.ports.store import Charge, Given, Overrun
from torana.stores import memory, valkey
from torana.stores.valkey.books import Records
from torana.stores.valkey.share import tenant_of

NOBODYS_CLOCK = 0.0
"""What the server's clock makes of the time that is given: nothing."""


class Process:
    """``spool``: what it wrote; give a dead one's to its next life, with the same name."""

    def __init__(
        self,
        url: str,
        name: str,
        *,
        spool: list[tuple[str, str, int]] | None = None,
        records: Records | None = None,
        **settings: Any,
    ) -> None:
        self.log = QuietLog()
        self.spool = spool if spool is not None else []
        self._of_before = len(self.spool)
        made = valkey.Settings(url, name, **{"deadline_s": 5.0, **settings})
        self.counters = valkey.open(made, memory.open(memory.Settings()), self.log, records)
        self.counters.upkeep.caught_up = not self._of_before
        self._booked = 0
        self._tasks: list[asyncio.Task[None]] = []
        self.spent = 0

    async def take(self, charges: Sequence[Charge], amounts: Sequence[int]) -> Given | Overrun:
        """Reserve."""
        given = await self.counters.reserve(charges, amounts, NOBODYS_CLOCK)
        assert isinstance(given, Given | Overrun)
        return given

    def close(self, charges: Sequence[Charge], amounts: Sequence[int], cost: int, given: Given) -> None:
        """Settle, and write the Receipt."""
        actuals = [cost if one.algorithm == "spend" else amount for one, amount in zip(charges, amounts, strict=True)]
        self.counters.settle(charges, amounts, actuals, given.at, NOBODYS_CLOCK)
        for one in charges:
            if one.algorithm == "spend":
                tenant = tenant_of(one)
                name = self.counters._share(tenant).place(one).name
                self.spool.append((tenant, (UNHELD if given.unheld else "") + name, cost))
                self.spent += cost

    async def ask(self, charges: Sequence[Charge], amounts: Sequence[int], cost: int) -> bool:
        """One whole request; whether it was let through."""
        given = await self.take(charges, amounts)
        if isinstance(given, Overrun):
            return False
        await asyncio.sleep(0)
        self.close(charges, amounts, cost, given)
        return True

    async def book(self) -> None:
        """Book everything in the spool."""
        if self.counters.upkeep.rewind:
            self.counters.upkeep.rewind = False
            self._booked = 0
        end = len(self.spool)
        for tenant in sorted({tenant for tenant, _, _ in self.spool[self._booked : end]}):
            for before_us in (True, False):
                entries = [
                    (at, name, cost)
                    for at, (whose, name, cost) in enumerate(self.spool[:end], 1)
                    if at > self._booked and whose == tenant and (at <= self._of_before) is before_us
                ]
                if entries:
                    await self.counters.books.book(tenant, entries[-1][0], entries, before_us=before_us)
        self._booked = end
        if not self.counters.upkeep.caught_up:
            await self.counters.upkeep.after_catching_up()

    async def declare(self) -> None:
        """Say what it holds, now."""
        for share in self.counters._shares.values():
            share.dirty = True
        await self.counters.upkeep.beat()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        """With its background work."""
        work = (self.counters.upkeep.tell, self.counters.upkeep.keep, self._keep_booking)
        self._tasks = [asyncio.ensure_future(one()) for one in work]
        try:
            yield self
        finally:
            await self.die()

    async def die(self) -> None:
        """End without a word, as a kill would."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.counters.aclose()

    async def _keep_booking(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            with contextlib.suppress(valkey.StoreAway):
                await self.book()


def fields(server: Any, key: str) -> dict[str, str]:
    """A hash in the store."""
    words = server.ask("HGETALL", key).decode().split("\r\n")[2::2]
    return dict(zip(words[::2], words[1::2], strict=False))
