"""Decides on the shared counters: one script call for all charges of a request, none where what is here suffices.

It does not book spending (``books``) and keeps nothing alive (``upkeep``). Called by the limits room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from torana.ports.store import Charge, Counters, Given, Overrun, Spent
from torana.stores.valkey.allotments import Allotment
from torana.stores.valkey.books import Books, Records
from torana.stores.valkey.link import Link, Log, Script, StoreAway
from torana.stores.valkey.share import Moment, Share, moment, row_of, tenant_of
from torana.stores.valkey.upkeep import Upkeep

DECIDE = Script("decide")
MOST_TRIES = 4
"""A budget that is not there is made, a call that came too late by a wrong clock is repeated: each a few times at most."""
LATE_S = 1.0
"""A call that reaches the store so long after its deadline does nothing: its request was decided without."""
MISSING, TOO_LATE, UNDECLARED = 2, 3, 4
"""What ``decide.lua`` answers when a budget is not there, so late, or while others have yet to say what they hold of it."""
DEAD_MS = 15_000
"""A process that gave no sign for so long holds no place of a limit of requests at once any more."""
GONE_MS = 900_000
"""And after so long nobody knows what became of the money that it holds."""
AWAY_RETRY_S = 1.0
LEASE_GOOD_S = GONE_MS / 2000
"""How long after the last sign from the store money that was granted may be spent."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``url``: the store. ``process``: this process's name, the same after a restart and no other's."""

    url: str
    process: str
    deadline_s: float = 0.05
    """How long a decision may wait for the store."""
    lease: int = 16
    """How many times a request's amount is asked of a budget at once, up to a hundredth of what is left; 0: just it."""
    most_connections: int = 64
    given_clock: bool = False
    """For tests: ``now`` of each call decides, not the server's clock."""


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
        self._ahead_ms: float | None = None
        """The store's clock less this loop's."""
        self._seen_s = -LEASE_GOOD_S
        self._given_s = 0.0
        self.decided_without = 0
        """Requests that were decided while the store was away."""
        self.books = Books(settings.process, link, self._share, records)
        self.upkeep = Upkeep(settings.process, link, self._shares, self._share, self.flush_share)
        self.upkeep.books = self.books
        self.books.noted = self.upkeep.noted

    @property
    def away(self) -> bool:
        """Whether the store is away."""
        return self._link.away

    async def reserve(self, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> Overrun | list[int]:
        """See ``ports.store.Counters.reserve``."""
        if not charges:
            return []
        share = self._share(tenant_of(charges[0]))
        while share.gate is not None:
            await share.gate.wait()
        leased = self._leased(share, charges, amounts, now)
        if leased is not None:
            return leased
        if self._link.away:
            return await self._without(share, charges, amounts, now)
        own = [share.allotment(one).free if one.algorithm == "spend" else 0 for one in charges]
        self._take(share, charges, amounts)
        kept = False
        outcome: Given | Overrun | None = None
        try:
            if not share.met:
                await self.upkeep.meet(share)
            outcome = await self._decided(share, charges, [*amounts], own, now)
            kept = isinstance(outcome, Given)
        except StoreAway:
            share.dirty = True
        except BaseException:  # cancelled: nobody knows whether the store has taken it
            share.dirty = True
            raise
        finally:
            if not kept:
                self._untake(share, charges, amounts)
        return outcome if outcome is not None else await self._without(share, charges, amounts, now)

    def settle(
        self, charges: Sequence[Charge], amounts: Sequence[int], actuals: Sequence[int], at: float, now: float
    ) -> None:
        """See ``ports.store.Counters.settle``."""
        if not charges:
            return
        share = self._share(tenant_of(charges[0]))
        away = isinstance(at, Moment) and at.away
        leased = not isinstance(at, Moment) or at.leased
        for charge, amount, actual in zip(charges, amounts, actuals, strict=True):
            if charge.algorithm == "spend" and leased:
                share.allotment(charge).settle(amount, actual)
            elif away:
                if charge.on_store_failure == "local":
                    self._fallback.settle([charge], [amount], [actual], at, now)
            elif charge.algorithm == "held":
                key = share.place(charge).key
                given = min(amount, share.held.get(key, 0))
                share.held[key] = share.held.get(key, 0) - given
                if given:
                    share.back.append({"to": key, "how": "held", "amount": given})
            elif amount != actual:
                row = {"to": share.place(charge).key, **row_of(charge, 0, amount)}
                share.back.append({**row, "actual": actual, "at": round(at * 1000)})
        if share.back:
            self.upkeep.wake()

    async def used(self, charges: Sequence[Charge], now: float) -> Sequence[tuple[int, int]]:
        """See ``ports.store.Counters.used``; of budgets what was known last, while the store is away."""
        if not charges:
            return []
        share = self._share(tenant_of(charges[0]))
        known = [share.allotment(one) if one.algorithm == "spend" else None for one in charges]
        try:
            answer = await self._answer(share, charges, [row_of(one, 0, 0) | {"look": True} for one in charges], now)
        except StoreAway:
            return [(one.used, one.in_use - one.pending) if one is not None else (0, 0) for one in known]
        found: list[tuple[int, int]] = []
        for place, (charge, mine) in enumerate(zip(charges, known, strict=True)):
            used, held = answer[3 + 2 * place], answer[4 + 2 * place]
            if mine is not None:
                found.append((used - mine.free, held - mine.free - mine.pending))
            else:
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
        await self._asked(share, (), [], 0.0, hello=hello)

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

    def _leased(
        self, share: Share, charges: Sequence[Charge], amounts: Sequence[int], now: float
    ) -> list[int] | Overrun | None:
        """What is here decides, when nothing but budgets is asked and all of it is here."""
        if any(one.algorithm != "spend" for one in charges) or not self._lease_good():
            return None
        known = [share.allotment(one) for one in charges]
        if len(set(map(id, known))) < len(known) or not covered(known, amounts):
            return None
        return self._spent_here(known, amounts, moment(now))

    def _spent_here(self, known: Sequence[Allotment], amounts: Sequence[int], at: Moment) -> Given:
        seen_s = loop_s()
        for one, amount in zip(known, amounts, strict=True):
            one.in_use += amount
            one.touched_s = seen_s
        return Given([one.used for one in known], at)

    def _lease_good(self) -> bool:
        return loop_s() - self._seen_s < LEASE_GOOD_S

    def _take(self, share: Share, charges: Sequence[Charge], amounts: Sequence[int]) -> None:
        for charge, amount in zip(charges, amounts, strict=True):
            if charge.algorithm == "spend":
                share.allotment(charge).in_use += amount
            elif charge.algorithm == "held":
                key = share.place(charge).key
                share.held[key] = share.held.get(key, 0) + amount

    def _untake(self, share: Share, charges: Sequence[Charge], amounts: Sequence[int]) -> None:
        self._take(share, charges, [-amount for amount in amounts])

    async def _decided(
        self, share: Share, charges: Sequence[Charge], amounts: list[int], own: list[int], now: float
    ) -> Given | Overrun:
        """What the store says. Raises StoreAway."""
        rows: list[dict[str, Any]] = []
        for place, (charge, amount) in enumerate(zip(charges, amounts, strict=True)):
            short = amount
            if charge.algorithm == "spend":
                first = charges.index(charge) == place
                short = max(0, amount - (own[place] if first else 0))
            rows.append(row_of(charge, 0, short))
            if charge.algorithm == "spend":
                rows[-1]["wish"] = short * self._settings.lease
        answer = await self._answer(share, charges, rows, now)
        if answer[0] == 0:
            return self._granted(share, charges, answer)
        place = answer[3] - 1
        if answer[0] == UNDECLARED:
            return Overrun(charges[place], 0, AWAY_RETRY_S, away=True)
        return Overrun(charges[place], max(0, answer[4] - own[place]), answer[5] / 1000)

    async def _answer(
        self, share: Share, charges: Sequence[Charge], rows: list[dict[str, Any]], now: float
    ) -> list[int]:
        """What the store says once all budgets are there. Raises StoreAway."""
        for _ in range(MOST_TRIES + len(charges)):
            answer = await self._asked(share, charges, rows, now)
            if answer[0] == MISSING:
                share.dirty = True  # it may be declared meanwhile, with what is not taken yet
                await self.books.begin(share, share.place(charges[answer[3] - 1]).name)
            elif answer[0] != TOO_LATE:
                return answer
        raise StoreAway("budgets vanish faster than they can be made")

    def _granted(self, share: Share, charges: Sequence[Charge], answer: list[int]) -> Given:
        seen_s = loop_s()
        used: list[int] = []
        for place, charge in enumerate(charges):
            total, granted = answer[3 + 2 * place], answer[4 + 2 * place]
            if charge.algorithm == "spend":
                mine = share.allotment(charge)
                mine.granted += granted
                mine.touched_s = seen_s
                mine.used_elsewhere = max(0, total - mine.granted)
                total = mine.used
            used.append(total)
        return Given(used, moment(answer[1] / 1000))

    async def _asked(
        self, share: Share, charges: Sequence[Charge], rows: list[dict[str, Any]], now: float, *, hello: bool = False
    ) -> list[int]:
        while share.gate is not None:  # what is granted while it is declared what is held would be declared away
            await share.gate.wait()
        keys = [share.alive, share.mine(self._settings.process)]
        places: dict[str, int] = {}
        for row, charge in zip(rows, charges, strict=True):
            row["key"] = place_in(keys, places, share.place(charge).key)
        back = list(share.back)
        share.back.clear()
        for row in back:
            row["key"] = place_in(keys, places, row["to"])
        said = {
            "proc": self._settings.process,
            "rows": rows,
            "back": back,
            "hello": hello or not share.since,
            "dead": DEAD_MS,
            "gone": GONE_MS,
        }
        self._time(said, now)
        share.in_flight += 1
        try:
            answer = await self._link.run(DECIDE, keys, said)
        except BaseException:
            share.dirty = True
            raise
        finally:
            share.in_flight -= 1
        if answer[0] == TOO_LATE:
            share.back.extendleft(reversed(back))
        self._heard(share, answer)
        return answer

    def _time(self, said: dict[str, Any], now: float) -> None:
        if self._settings.given_clock:
            self._given_s = now or self._given_s
            said["now"] = round(self._given_s * 1000)
        elif self._ahead_ms is not None:
            said["late"] = round(self._ahead_ms + (loop_s() + self._settings.deadline_s + LATE_S) * 1000)

    def _heard(self, share: Share, answer: list[int]) -> None:
        self._seen_s = loop_s()
        if not self._settings.given_clock:
            self._ahead_ms = answer[1] - self._seen_s * 1000
        self.upkeep.noted(share, answer[2])

    async def _without(
        self, share: Share, charges: Sequence[Charge], amounts: Sequence[int], now: float
    ) -> Overrun | list[int]:
        """The store is away: each rule says what then. What was granted to this process is still its own."""
        self.decided_without += 1
        budgets = [place for place, one in enumerate(charges) if one.algorithm == "spend"]
        known = [share.allotment(charges[place]) for place in budgets]
        mine = [amounts[place] for place in budgets]
        leased = not budgets or (self._lease_good() and covered(known, mine))
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
            for place, figure in zip(budgets, self._spent_here(known, mine, at), strict=True):
                used[place] = figure
        return Given(used, at, unheld=not leased)


def covered(known: Sequence[Allotment], amounts: Sequence[int]) -> bool:
    """Whether what is free here suffices."""
    return all(one.free >= amount for one, amount in zip(known, amounts, strict=True))


def place_in(keys: list[str], places: dict[str, int], key: str) -> int:
    """The key's place among ``keys``, from 1; appended when it is not there."""
    place = places.get(key)
    if place is None:
        keys.append(key)
        place = places[key] = len(keys)
    return place


def loop_s() -> float:
    """Seconds by the event loop's clock."""
    return asyncio.get_running_loop().time()
