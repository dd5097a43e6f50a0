"""Counters in the memory of one process: limits by three algorithms, concurrency, budgets; all rules of a request at once.

It does not know what a rule means and shares nothing with other processes. Found by file name; called by the limits
room on the event loop, where nothing awaits between the check and the taking, so each decision is atomic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from torana.core.counting.fixed_window import FixedWindow
from torana.core.counting.held import Held
from torana.core.counting.sliding_window import EXACT_ENTRIES, SlidingWindow
from torana.core.counting.spend import Spend
from torana.core.counting.token_bucket import TokenBucket
from torana.ports.store import Charge, Counter, CounterName, Overrun, Spent

MOST_BOUND = 65_536
LOOKS = 2
REST_S = 1.0
"""After a round of looks that found all counters in use: where there are few, each decision would look at the same ones again."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``exact_entries``: how many single takings a sliding window remembers one by one, see ``SlidingWindow``."""

    exact_entries: int = EXACT_ENTRIES


def open(settings: Settings) -> MemoryCounters:  # noqa: A001 - every plug-in is opened by this name
    """Counters that begin at zero."""
    return MemoryCounters(settings.exact_entries)


class Seat:
    """Where a counter lies: whoever found it need not look for it again, and sees when it was forgotten or made anew."""

    __slots__ = ("counter", "gone", "seen")

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.gone = False
        self.seen = True
        """Whether it was used since it was looked at to be forgotten: what is used again and again is not made anew."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The counters of charges that come again and again as the same object."""

    charges: Sequence[Charge]
    seats: tuple[Seat, ...]
    counters: tuple[Counter, ...]
    """Those of the seats."""
    caps: tuple[int | None, ...]
    """The most that each may have; None: it is only counted."""
    held: tuple[Seat, ...]
    """Those of which one is held until it is given back."""
    apart: bool
    """Whether no two charges have one counter."""


class MemoryCounters:
    """Implements ``ports.store.Counters``."""

    def __init__(self, exact_entries: int = EXACT_ENTRIES) -> None:
        self._exact_entries = exact_entries
        self._seats: dict[CounterName, Seat] = {}
        self._buckets: dict[CounterName, tuple[int, int]] = {}
        """Rate and burst that a token bucket was made with: other ones make a new bucket."""
        self._bound: dict[int, Bound] = {}
        """By the identity of the charges, which it keeps alive."""
        self._round: list[CounterName] = []
        """The counters that are still to be looked at in this round, which began with so many."""
        self._round_of = 0
        self._all_busy = True
        """Whether all that were looked at in this round are in use, or were since the look before."""
        self._alike = 0
        """Rounds, one after the other, in which all were, and which found as many as there are."""
        self._rests_until = 0.0
        self._listeners: list[Spent] = []

    async def reserve(self, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> Overrun | list[int]:
        """See ``ports.store.Counters.reserve``. A limit met exactly is not overrun."""
        if not self._rests_until - REST_S <= now < self._rests_until:
            self._forget(now)
        bound = self._bound.get(id(charges))
        if bound is None or bound.charges is not charges or is_gone(bound):
            bound = self._bind(charges)
        if not bound.apart:
            return self._reserve_together(bound, amounts, now)
        after: list[int] = []
        for counter, cap, amount in zip(bound.counters, bound.caps, amounts, strict=True):
            used = counter.used(now) + amount
            if cap is not None and used > cap:
                return overrun(charges[len(after)], counter, amount, now)
            after.append(used)
        for counter, amount in zip(bound.counters, amounts, strict=True):
            counter.take(amount, now)
        return after

    def settle(
        self, charges: Sequence[Charge], amounts: Sequence[int], actuals: Sequence[int], at: float, now: float
    ) -> None:
        """See ``ports.store.Counters.settle``."""
        bound = self._bound.get(id(charges))
        seats: Iterable[Seat | None]
        if bound is None or bound.charges is not charges:
            seats = [self._seats.get(charge[:4]) for charge in charges]
        elif actuals is amounts:
            for seat in bound.held:  # the others were told the truth when it was taken
                seat.counter.settle(1, 1, at)
            return
        elif is_gone(bound):
            seats = [self._seats.get(charge[:4]) for charge in charges]
        else:
            seats = bound.seats
        for charge, known, amount, actual in zip(charges, seats, amounts, actuals, strict=True):
            if charge.algorithm == "spend":
                self._spend(charge, amount, actual, at, known)
            elif known is not None:
                known.counter.settle(amount, actual, at)

    async def used(self, charges: Sequence[Charge], now: float) -> Sequence[tuple[int, int]]:
        """See ``ports.store.Counters.used``."""
        found: list[tuple[int, int]] = []
        for charge in charges:
            seat = self._seats.get(charge[:4])
            counter = seat.counter if seat is not None else None
            used = counter.used(now) if counter is not None else 0
            held = counter.held if isinstance(counter, Spend) else used if isinstance(counter, Held) else 0
            found.append((used, held))
        return found

    def restore(self, charge: Charge, settled: int) -> None:
        """See ``ports.store.Counters.restore``."""
        counter = self._seat_of(charge).counter
        if isinstance(counter, Spend) and counter.settled < settled:
            counter.settle(0, settled - counter.settled, 0.0)

    def listen(self, spent: Spent) -> None:
        """See ``ports.store.Counters.listen``."""
        self._listeners.append(spent)

    def outstanding(self, algorithm: str) -> int:
        """What is held right now by all counters of ``held`` (requests) or ``spend`` (nano-units)."""
        total = 0
        for (_, _, _, name), seat in self._seats.items():
            if name == algorithm:
                counter = seat.counter
                total += counter.held if isinstance(counter, Spend) else counter.used(0.0)
        return total

    def _bind(self, charges: Sequence[Charge]) -> Bound:
        seats = tuple([self._seat_of(one) for one in charges])
        bound = Bound(
            charges,
            seats,
            tuple([seat.counter for seat in seats]),
            tuple([one.capacity if one.hard else None for one in charges]),
            tuple([seat for seat, one in zip(seats, charges, strict=True) if one.algorithm == "held"]),
            len(set(map(id, seats))) == len(seats),
        )
        if type(charges) is tuple:  # what may change could be another's when it is seen again
            if len(self._bound) >= MOST_BOUND:
                self._bound.clear()
            self._bound[id(charges)] = bound
        return bound

    def _reserve_together(self, bound: Bound, amounts: Sequence[int], now: float) -> Overrun | list[int]:
        """The same where charges share a counter."""
        asked: dict[Seat, int] = {}
        after: list[int] = []
        for seat, cap, amount in zip(bound.seats, bound.caps, amounts, strict=True):
            wanted = asked.get(seat, 0) + amount
            used = seat.counter.used(now)
            if cap is not None and used + wanted > cap:
                return overrun(bound.charges[len(after)], seat.counter, wanted, now)
            asked[seat] = wanted
            after.append(used + wanted)
        for seat, amount in asked.items():
            seat.counter.take(amount, now)
        return after

    def _spend(self, charge: Charge, amount: int, actual: int, at: float, known: Seat | None) -> None:
        counter = (known or self._seat_of(charge)).counter
        before = counter.settled if isinstance(counter, Spend) else 0
        counter.settle(amount, actual, at)
        if actual:
            for listener in self._listeners:
                listener(charge, before + actual, before)

    def _seat_of(self, charge: Charge) -> Seat:
        key = charge[:4]
        seat = self._seats.get(key)
        if (
            seat is not None
            and charge.algorithm == "token_bucket"
            and self._buckets[key] != (charge.limit, charge.burst)
        ):
            seat.gone = True
            seat = None
        if seat is None:
            seat = self._seats[key] = Seat(self._begun(key, charge))
        return seat

    def _begun(self, key: CounterName, charge: Charge) -> Counter:
        match charge.algorithm:
            case "sliding_window":
                return SlidingWindow(charge.window_s, self._exact_entries)
            case "fixed_window":
                return FixedWindow(charge.window_s)
            case "token_bucket":
                self._buckets[key] = (charge.limit, charge.burst)
                return TokenBucket(charge.window_s, charge.limit, charge.burst)
            case "held":
                return Held()
            case "spend":
                return Spend(charge.ends_at)
            case _:
                raise ValueError(f"nothing counts by {charge.algorithm!r}")

    def _forget(self, now: float) -> None:
        """Look at the two counters that were looked at longest ago: two a decision outpaces one new a rule."""
        for _ in range(LOOKS):
            if not self._round:
                # The oldest last: there they are taken from.
                self._round, self._round_of, self._all_busy = [*reversed(self._seats)], len(self._seats), True
                if not self._round:
                    return
            self._look_at(self._round.pop(), now)
            if not self._round and self._all_alike():
                self._rests_until, self._alike = now + REST_S, 0
                return

    def _look_at(self, key: CounterName, now: float) -> None:
        seat = self._seats.get(key)
        if seat is None:
            return
        idle = seat.counter.idle(now)
        self._all_busy &= seat.seen or not idle
        if seat.seen:
            seat.seen = False
        elif idle:
            seat.gone = True
            del self._seats[key]
            self._buckets.pop(key, None)

    def _all_alike(self) -> bool:
        """Whether this round and the one before found as many counters as there are, and all of them in use.

        Two: what is held now and then is free at many a look, and was in use all the same if it was taken between them.
        """
        self._alike = self._alike + 1 if self._all_busy and self._round_of == len(self._seats) else 0
        return self._alike > 1


def is_gone(bound: Bound) -> bool:
    """Whether one of its counters was forgotten; if none was, they are in use from now on."""
    for seat in bound.seats:
        if seat.gone:
            return True
        seat.seen = True
    return False


def overrun(charge: Charge, counter: Counter, wanted: int, now: float) -> Overrun:
    """What is told of a charge that does not fit."""
    return Overrun(charge, counter.used(now), counter.fits_in_s(wanted, charge.capacity, now))
