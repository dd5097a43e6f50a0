"""Keeps what this process holds true in the store: says what waits, gives signs of life, declares after trouble.

It decides nothing about requests. Run by ``wiring`` as background work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from torana.stores.valkey.books import Books, ShareOf
from torana.stores.valkey.link import Link, Script, StoreAway
from torana.stores.valkey.share import Share, window_of_budget

DECLARE = Script("declare")
BEAT_S = 2.0
PROBE_S = 0.25
GATHER_S = 0.002
"""How long what waits may gather, so that much goes in one call."""
GATHER_ROOM_S = 0.05
"""The same of corrections of what was leased or counted: this process's own decisions take them along anyway."""
LOOK_S = 0.04
"""How often leases are looked through for those that are over."""
IDLE_S = 5.0
"""Money that was not asked for during so long is given back."""
QUIET_S = 0.2
"""The longest wait for calls under way before what is held is declared."""
LEAVE_S = 5.0
"""How long a process that ends tries to give back what it holds."""


class Flush(Protocol):
    """Tells the store what waits for one tenant."""

    async def __call__(self, share: Share, *, hello: bool) -> None: ...


class Upkeep:
    """For one process."""

    def __init__(self, process: str, link: Link, shares: Mapping[str, Share], share_of: ShareOf, flush: Flush) -> None:
        self.books: Books | None = None
        """Begin budgets that the store lost."""
        self.end_leases: Callable[[Share], None] = lambda share: None
        """What is over of a tenant's leases waits to be told then."""
        self._process = process
        self._link = link
        self._shares = shares
        self._share_of = share_of
        self._flush = flush
        self._waiting = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None
        self._troubled = asyncio.Event()
        self._tenants_key = f"torana:tenants:{{{process}}}"
        self.caught_up = True
        """Whether everything is booked that this process spent before its last start: only then is what it holds known."""
        self.rewind = False
        """Whether the store lost what was booked, so that the spool must be read again."""
        link.on_trouble(self._troubled.set)

    def wake(self) -> None:
        """Something waits to be told."""
        self._waiting.set()

    def wake_later(self) -> None:
        """Something waits to be told that only makes room: it may gather for longer."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(GATHER_ROOM_S, self._due)

    def _due(self) -> None:
        self._later = None
        self._waiting.set()

    async def meet(self, share: Share) -> None:
        """The store learns that this process may hold something of the tenant: before it does. Raises StoreAway.

        Were it told later, nobody would know after a kill in between.
        """
        await self._link.remember(self._tenants_key, [share.tenant])
        share.met = True

    def noted(self, share: Share, since: int) -> None:
        """Since when the store has the tenant's keys."""
        if share.since != since:
            if share.since:
                share.forget_leases()
                share.dirty = True
                share.met = False
                self.rewind = True
                self._troubled.set()
            share.since = since

    async def tell(self) -> None:
        """Tell the store what waits, as soon as something does. Until cancelled."""
        while True:
            await self._something()
            await asyncio.sleep(GATHER_S)
            self._waiting.clear()
            for share in list(self._shares.values()):
                if share.open:
                    self.end_leases(share)
                if share.back and not self._link.away:
                    try:
                        await self._flush(share, hello=False)
                    except StoreAway:
                        break

    async def _something(self) -> None:
        """Until something waits, or leases may be over."""
        if not any(share.open for share in self._shares.values()):
            await self._waiting.wait()
            return
        try:
            async with asyncio.timeout(LOOK_S):
                await self._waiting.wait()
        except TimeoutError:
            return

    async def keep(self) -> None:
        """Signs of life, declarations, probes. Until cancelled."""
        await self._recall()
        while True:
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._troubled.wait()
            except TimeoutError:
                pass  # nothing happened: time for a beat
            self._troubled.clear()
            while self._link.away and not await self._link.probe():  # noqa: ASYNC110 - the store sends no event
                await asyncio.sleep(PROBE_S)
            try:
                await self.beat()
            except StoreAway:
                continue

    async def beat(self) -> None:
        """One round. Raises StoreAway."""
        now_s = asyncio.get_running_loop().time()
        for share in list(self._shares.values()):
            self._give_back(share, now_s)
            if share.dirty:
                await self.declare(share)
            elif any(share.held.values()) or share.allotments:
                await self._flush(share, hello=True)

    async def declare(self, share: Share) -> None:
        """Say what this process holds of the tenant's counters, while it asks nothing. Raises StoreAway."""
        gate = share.gate = asyncio.Event()
        try:
            if not share.met:
                await self.meet(share)
            for _ in range(int(QUIET_S / 0.005)):
                if not share.in_flight:
                    break
                await asyncio.sleep(0.005)
            else:
                return
            money = self.caught_up and not share.unbooked
            keys, rows = self._holdings(share, money=money)
            share.back = type(share.back)(
                (row for row in share.back if row["how"] not in ("held", "spend")), share.back.maxlen
            )
            said = {"proc": self._process, "rows": rows, "money": money}
            answer = await self._link.run_patiently(DECLARE, keys, said)
            self.noted(share, answer[2])
            share.dirty = not money
            if answer[0] != 0 and self.books is not None:
                share.dirty = True
                await self.books.begin(share, rows[answer[3] - 1]["name"])
                self._troubled.set()
        finally:
            share.gate = None
            gate.set()

    async def after_catching_up(self) -> None:
        """Everything of before the last start is booked: what is left of it goes back."""
        self.caught_up = True
        for share in self._shares.values():
            share.dirty = True
        self._troubled.set()

    async def leave(self) -> None:
        """Give back what is free, and all requests at once: none runs any more. Raises StoreAway after LEAVE_S."""
        loop = asyncio.get_running_loop()
        give_up_s = loop.time() + LEAVE_S
        while True:
            try:
                await self._remember_tenants()
                for share in list(self._shares.values()):
                    await self._part(share)
            except StoreAway:  # a store that has just come back ends connections of before, too
                if loop.time() > give_up_s:
                    raise
                await asyncio.sleep(PROBE_S)
            else:
                return

    async def _part(self, share: Share) -> None:
        for mine in share.allotments.values():
            mine.give_back()
        share.end_leases(float("inf"), self._process)
        if share.back:
            await self._flush(share, hello=False)
        share.held.clear()
        share.back.clear()
        await self.declare(share)

    def _holdings(self, share: Share, *, money: bool) -> tuple[list[str], list[dict[str, Any]]]:
        keys = [share.alive, share.mine(self._process)]
        rows: list[dict[str, Any]] = []
        for key, amount in list(share.held.items()):
            keys.append(key)
            rows.append({"how": "held", "amount": amount})
            if not amount:
                del share.held[key]
        for mine in share.allotments.values() if money else ():
            keys.append(mine.key)
            rows.append({"how": "spend", "name": mine.name, "amount": mine.granted, **window_of_budget(mine.name)})
        return keys, rows

    def _give_back(self, share: Share, now_s: float) -> None:
        for name, mine in list(share.allotments.items()):
            if mine.idle:
                if now_s - mine.touched_s > IDLE_S:
                    del share.allotments[name]
            elif mine.free and now_s - mine.touched_s > IDLE_S and not share.unbooked:
                share.back.append({"to": mine.key, "how": "spend", "amount": mine.give_back()})
                self.wake()

    async def _recall(self) -> None:
        """Until the store has said which tenants this process had."""
        while True:
            try:
                await self._remember_tenants()
            except StoreAway:
                await asyncio.sleep(PROBE_S)
                await self._link.probe()
            else:
                self._troubled.set()
                return

    async def _remember_tenants(self) -> None:
        """The tenants that this process had before its last start: it may hold something of theirs. Raises StoreAway."""
        for tenant in await self._link.remembered(self._tenants_key):
            share = self._share_of(tenant)
            share.dirty = share.met = True
