"""Decides on the shared counters: one script call for all charges of a request, none where what is here suffices.

It does not book spending (``books``) and keeps nothing alive (``upkeep``). Called by the limits room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from torana.ports.store import Charge, Counters, Given, Overrun, Spent
from torana.stores.valkey.allotments import Allotment
from torana.stores.valkey.asking import Asking, Settings, loop_s
from torana.stores.valkey.books import Books, Records
from torana.stores.valkey.deciding import AWAY_RETRY_S, Deciding
from torana.stores.valkey.leases import Lease
from torana.stores.valkey.link import Link, Log, StoreAway
from torana.stores.valkey.share import Moment, Share, moment, row_of, tenant_of
from torana.stores.valkey.upkeep import Upkeep

LOOK_S = 0.04
MOST_LOOKS = 16
"""How often, and how many times, a request is decided again that found no place while some may lie idle elsewhere."""
MOST_LOOKING = 32


def open(settings: Settings, fallback: Counters, log: Log, records: Records | None = None) -> ValkeyCounters:  # noqa: A001 - every plug-in is opened by this name
    """The counters. ``fallback`` counts while the store is away; ``records`` say what was spent when the store lost it.

    Raises ValueError for a URL of another kind. Connects with the first decision.
    """
    link = Link(settings.url, settings.deadline_s, settings.most_connections, log)
    return ValkeyCounters(settings, link, fallback, records)


class ValkeyCounters:
    """Implements ``ports.store.Counters``."""

    def __init__(self, settings: Settings, link: Link, fallback: Counters, records: Records | None) -> None:
        self._settings = settings
        self._link = link
        self._fallback = fallback
        self._shares: dict[str, Share] = {}
        self._looking = 0
        self.decided_without = 0
        """Requests that were decided while the store was away."""
        self.books = Books(settings.process, link, self._share, records)
        self.upkeep = Upkeep(settings.process, link, self._shares, self._share, self.flush_share)
        self.upkeep.books = self.books
        self.books.noted = self.upkeep.noted
        self.upkeep.end_leases = self._end_leases
        self._asking = Asking(settings, link, self.books.begin, self.upkeep.noted)
        self._deciding = Deciding(settings, self._asking, self.upkeep)

    @property
    def link(self) -> Link:
        """The connection, for what else is shared through it."""
        return self._link

    @property
    def away(self) -> bool:
        """Whether the store is away."""
        return self._link.away

    async def reserve(self, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> Overrun | list[int]:
        """See ``ports.store.Counters.reserve``."""
        if not charges:
            return []
        share = self._share(tenant_of(charges[0]))
        outcome = await self._reserved(share, charges, amounts, now)
        if not places_may_be_idle(outcome) or self._looking >= MOST_LOOKING:
            return outcome
        self._looking += 1
        try:
            for _ in range(MOST_LOOKS):
                await asyncio.sleep(LOOK_S)
                outcome = await self._reserved(share, charges, amounts, now)
                if not places_may_be_idle(outcome):
                    break
        finally:
            self._looking -= 1
        return outcome

    def settle(
        self, charges: Sequence[Charge], amounts: Sequence[int], actuals: Sequence[int], at: float, now: float
    ) -> None:
        """See ``ports.store.Counters.settle``."""
        if not charges:
            return
        share = self._share(tenant_of(charges[0]))
        away = isinstance(at, Moment) and at.away
        leased = not isinstance(at, Moment) or at.leased
        local_ms = self._asking.local_ms(now)
        waiting = len(share.back)
        places = False
        for charge, amount, actual in zip(charges, amounts, actuals, strict=True):
            if charge.algorithm == "spend" and leased:
                share.allotment(charge).settle(amount, actual)
            elif away:
                if charge.on_store_failure == "local":
                    self._fallback.settle([charge], [amount], [actual], at, now)
            elif charge.algorithm == "held":
                places = share.leave_places(charge, amount, local_ms) or places
            elif amount != actual:
                share.correct(charge, amount - actual, round(at * 1000), local_ms)
        if places or (len(share.back) > waiting and not self._settings.lease):
            self.upkeep.wake()
        elif len(share.back) > waiting:
            self.upkeep.wake_later()

    async def used(self, charges: Sequence[Charge], now: float) -> Sequence[tuple[int, int]]:
        """See ``ports.store.Counters.used``; of budgets what was known last, while the store is away."""
        if not charges:
            return []
        share = self._share(tenant_of(charges[0]))
        known = [share.allotment(one) if one.algorithm == "spend" else None for one in charges]
        try:
            rows = [row_of(one, 0, 0) | {"look": True} for one in charges]
            answer = (await self._asking.answer(share, charges, rows, now)).numbers
        except StoreAway:
            return [(one.used, one.in_use - one.pending) if one is not None else (0, 0) for one in known]
        found: list[tuple[int, int]] = []
        for place, (charge, mine) in enumerate(zip(charges, known, strict=True)):
            used, held = answer[3 + 2 * place], answer[4 + 2 * place]
            if mine is not None:
                found.append((used - mine.free, held - mine.free - mine.pending))
            else:
                lease = share.open.get(share.place(charge).key)
                used = max(0, used - (lease.free if lease is not None else 0))
                found.append((used, used if charge.algorithm == "held" else 0))
        return found

    def restore(self, charge: Charge, settled: int) -> None:
        """See ``ports.store.Counters.restore``. Told to the store with the next decision.

        Nothing where records are asked for what the store does not have: they may be ahead of what is booked.
        """
        if self.books.asks_records:
            return
        share = self._share(tenant_of(charge))
        row = {"to": share.place(charge).key, **row_of(charge, 0, 0)}
        share.back.append({**row, "how": "restore", "settled": settled})
        self.upkeep.wake()

    def listen(self, spent: Spent) -> None:
        """See ``ports.store.Counters.listen``. Told when spending is booked: once, by whichever process books it."""
        self.books.listeners.append(spent)

    async def flush_share(self, share: Share, *, hello: bool) -> None:
        """Tell the store what waits to be told. Raises StoreAway; what was told then may be lost, and is declared."""
        await self._asking.once(share, (), [], 0.0, hello=hello)

    async def flush(self) -> None:
        """The same for all tenants."""
        for share in list(self._shares.values()):
            if share.back:
                await self.flush_share(share, hello=False)

    async def leave(self) -> None:
        """This process ends in peace: what it does not need goes back."""
        try:
            await self.upkeep.leave()
        except StoreAway:
            return  # found by the next start of this process, or by nobody after a while

    async def aclose(self) -> None:
        """Give up the connections."""
        await self._link.aclose()

    def _share(self, tenant: str) -> Share:
        found = self._shares.get(tenant)
        if found is None:
            found = self._shares[tenant] = Share(tenant)
        return found

    def _end_leases(self, share: Share) -> None:
        share.end_leases(self._asking.local_ms(0.0), self._settings.process)

    async def _reserved(
        self, share: Share, charges: Sequence[Charge], amounts: Sequence[int], now: float
    ) -> Overrun | list[int]:
        ask_by_itself_s = 0.0
        while True:
            while share.gate is not None:
                await share.gate.wait()
            here = self._here(share, charges, amounts, now)
            if here is not None:
                return here
            if self._link.away:
                return await self._without(share, charges, amounts, now)
            if share.bringing is None or not share.brought or 0 < ask_by_itself_s <= loop_s():
                break
            # Of many requests that find nothing here at once one asks, for all of them: it is under way. Where it brings
            # too little for all, one asks again, for more.
            ask_by_itself_s = ask_by_itself_s or loop_s() + self._settings.deadline_s
            await share.bringing.wait()
        outcome = await self._deciding.decide(share, charges, amounts, now)
        return outcome if outcome is not None else await self._without(share, charges, amounts, now)

    def _here(self, share: Share, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> Given | None:
        """What is here decides, when all of it is here."""
        plan = share.plan(charges)
        known = share.known(plan)
        if known is None or (plan.money and not self._asking.lease_good()):
            return None
        local_ms = self._asking.local_ms(now)
        for one, amount in zip(known, amounts, strict=True):
            if not one.covers(amount, local_ms):
                return None
        # A moment in the slices and windows of all leases: none was taken later, and none has ended.
        taken_ms = max([one.taken_ms for one in known if isinstance(one, Lease)], default=0)
        return spent_here(known, amounts, moment(taken_ms / 1000 if taken_ms else now))

    async def _without(
        self, share: Share, charges: Sequence[Charge], amounts: Sequence[int], now: float
    ) -> Overrun | list[int]:
        """The store is away: each rule says what then. What was granted to this process is still its own."""
        self.decided_without += 1
        budgets = [place for place, one in enumerate(charges) if one.algorithm == "spend"]
        known = [share.allotment(charges[place]) for place in budgets]
        mine = [amounts[place] for place in budgets]
        leased = not budgets or (self._asking.lease_good() and covered(known, mine))
        local: list[int] = []
        for place, charge in enumerate(charges):
            if charge.algorithm == "spend" and leased:
                continue
            if charge.on_store_failure == "deny" and charge.hard:
                return Overrun(charge, 0, AWAY_RETRY_S, away=True)
            if charge.on_store_failure == "local":
                local.append(place)
        used = [0] * len(charges)
        if local:
            counted = await self._fallback.reserve([charges[at] for at in local], [amounts[at] for at in local], now)
            if isinstance(counted, Overrun):
                return counted
            for place, figure in zip(local, counted, strict=True):
                used[place] = figure
        at = moment(now, away=True, leased=leased)
        if leased:
            for place, figure in zip(budgets, spent_here(known, mine, at), strict=True):
                used[place] = figure
        return Given(used, at, unheld=not leased)


def places_may_be_idle(outcome: Overrun | list[int]) -> bool:
    """Whether it was refused while other processes may keep places that they do not use, and soon give back."""
    if not isinstance(outcome, Overrun) or outcome.away:
        return False
    return outcome.charge.algorithm == "held" and outcome.reset_in_s > 0


def covered(known: Sequence[Allotment], amounts: Sequence[int]) -> bool:
    """Whether what is free here suffices."""
    return all(one.free >= amount for one, amount in zip(known, amounts, strict=True))


def spent_here(known: Sequence[Allotment | Lease], amounts: Sequence[int], at: Moment) -> Given:
    """Use what is here."""
    local_ms = loop_s() * 1000
    for one, amount in zip(known, amounts, strict=True):
        one.spend(amount, local_ms)
    return Given([one.used for one in known], at)
