"""Asks the shared counters: one script call, with what waits to be told, and by whose clock it was decided.

It does not say what to ask nor what an answer means for a request. Called by the counters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from torana.ports.store import Charge
from torana.stores.valkey.link import Link, Script, StoreAway
from torana.stores.valkey.share import Share

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
LEASE_GOOD_S = GONE_MS / 2000
"""How long after the last sign from the store money that was granted may be spent."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``url``: the store. ``process``: this process's name, the same after a restart and no other's."""

    url: str
    process: str
    deadline_s: float = 0.05
    """How long a decision may wait for the store."""
    lease: int = 16
    """How many times a request's amount is asked at once at first, up to a hundredth of what is left; 0: just it."""
    most_connections: int = 64
    given_clock: bool = False
    """For tests: ``now`` of each call decides, not the server's clock."""


class Answer(NamedTuple):
    """What ``decide.lua`` says. ``sent_ms``: when it was asked, by this process's clock."""

    numbers: Sequence[int]
    sent_ms: float

    @property
    def now_ms(self) -> int:
        """When it was decided, by the store's clock."""
        return self.numbers[1]


Begin = Callable[[Share, str], Awaitable[None]]
"""Begins a budget that the store does not have. Raises StoreAway."""


class Asking:
    """For one process. ``noted``: told since when the store has a tenant's keys."""

    def __init__(self, settings: Settings, link: Link, begin: Begin, noted: Callable[[Share, int], None]) -> None:
        self._settings = settings
        self._link = link
        self._begin = begin
        self._noted = noted
        self._ahead_ms: float | None = None
        """The store's clock less this loop's."""
        self._seen_s = -LEASE_GOOD_S
        self._given_s = 0.0

    def lease_good(self) -> bool:
        """Whether money that was granted may be spent."""
        return loop_s() - self._seen_s < LEASE_GOOD_S

    def local_ms(self, now: float) -> float:
        """This process's clock, which is never set back. ``now``: decides in tests."""
        if not self._settings.given_clock:
            return loop_s() * 1000
        self._given_s = now or self._given_s
        return self._given_s * 1000

    async def answer(self, share: Share, charges: Sequence[Charge], rows: list[dict[str, Any]], now: float) -> Answer:
        """What the store says once all budgets are there. Raises StoreAway."""
        for _ in range(MOST_TRIES + len(charges)):
            answer = await self.once(share, charges, rows, now)
            code = answer.numbers[0]
            if code == MISSING:
                share.dirty = True  # it may be declared meanwhile, with what is not taken yet
                await self._begin(share, share.place(charges[answer.numbers[3] - 1]).name)
            elif code != TOO_LATE:
                return answer
        raise StoreAway("budgets vanish faster than they can be made")

    async def once(
        self, share: Share, charges: Sequence[Charge], rows: list[dict[str, Any]], now: float, *, hello: bool = False
    ) -> Answer:
        """One call. Raises StoreAway; what waited to be told then may be lost, and is declared."""
        while share.gate is not None:  # what is granted while it is declared what is held would be declared away
            await share.gate.wait()
            share.dirty = share.dirty or bool(charges)  # what is not taken yet may have been declared
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
        sent_ms = self.local_ms(now)
        share.in_flight += 1
        try:
            numbers = await self._link.run(DECIDE, keys, said)
        except BaseException:
            share.dirty = True
            raise
        finally:
            share.in_flight -= 1
        if numbers[0] == TOO_LATE:
            share.back.extendleft(reversed(back))
        self._heard(share, numbers)
        return Answer(numbers, sent_ms)

    def _time(self, said: dict[str, Any], now: float) -> None:
        if self._settings.given_clock:
            self._given_s = now or self._given_s
            said["now"] = round(self._given_s * 1000)
        elif self._ahead_ms is not None:
            said["late"] = round(self._ahead_ms + (loop_s() + self._settings.deadline_s + LATE_S) * 1000)

    def _heard(self, share: Share, numbers: Sequence[int]) -> None:
        self._seen_s = loop_s()
        if not self._settings.given_clock:
            self._ahead_ms = numbers[1] - self._seen_s * 1000
        self._noted(share, numbers[2])


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
