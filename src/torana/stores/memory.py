"""Counters in the memory of one process: limits by three algorithms, concurrency, budgets; all rules of a request at once.

It does not know what a rule means and shares nothing with other processes. Found by file name; called by the limits
room on the event loop, where nothing awaits between the check and the taking, so each decision is atomic.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torana.core.counting.fixed_window import FixedWindow
from torana.core.counting.held import Held
from torana.core.counting.sliding_window import EXACT_ENTRIES, SlidingWindow
from torana.core.counting.spend import Spend
from torana.core.counting.token_bucket import TokenBucket
from torana.ports.store import Charge, Counter, CounterName, Overrun, Spent


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``exact_entries``: how many single takings a sliding window remembers one by one, see ``SlidingWindow``."""

    exact_entries: int = EXACT_ENTRIES


def open(settings: Settings) -> MemoryCounters:  # noqa: A001 - every plug-in is opened by this name
    """Counters that begin at zero."""
    return MemoryCounters(settings.exact_entries)


class MemoryCounters:
    """Implements ``ports.store.Counters``."""

    def __init__(self, exact_entries: int = EXACT_ENTRIES) -> None:
        self._exact_entries = exact_entries
        self._counters: dict[CounterName, Counter] = {}
        self._buckets: dict[CounterName, tuple[int, int]] = {}
        """Rate and burst that a token bucket was made with: other ones make a new bucket."""
        self._listeners: list[Spent] = []

    async def reserve(self, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> Overrun | list[int]:
        """See ``ports.store.Counters.reserve``. A limit met exactly is not overrun."""
        self._forget(now)
        asked: dict[CounterName, int] = {}
        after: list[int] = []
        for charge, amount in zip(charges, amounts, strict=True):
            key = charge[:4]
            wanted = asked.get(key, 0) + amount
            counter = self._counters.get(key) or self._begin(key, charge)
            if charge.algorithm == "token_bucket" and self._buckets[key] != (charge.limit, charge.burst):
                counter = self._begin(key, charge)
            used = counter.used(now)
            if used + wanted > charge.capacity and charge.hard:
                return Overrun(charge, used, counter.fits_in_s(wanted, charge.capacity, now))
            asked[key] = wanted
            after.append(used + wanted)
        for key, amount in asked.items():
            self._counters[key].take(amount, now)
        return after

    def settle(
        self, charges: Sequence[Charge], amounts: Sequence[int], actuals: Sequence[int], at: float, now: float
    ) -> None:
        """See ``ports.store.Counters.settle``."""
        for charge, amount, actual in zip(charges, amounts, actuals, strict=True):
            counter = self._counters.get(charge[:4])
            if charge.algorithm == "spend":
                self._spend(charge, amount, actual, at, counter)
            elif counter is not None:
                counter.settle(amount, actual, at)

    async def used(self, charges: Sequence[Charge], now: float) -> Sequence[tuple[int, int]]:
        """See ``ports.store.Counters.used``."""
        found: list[tuple[int, int]] = []
        for charge in charges:
            counter = self._counters.get(charge[:4])
            used = counter.used(now) if counter is not None else 0
            held = counter.held if isinstance(counter, Spend) else used if isinstance(counter, Held) else 0
            found.append((used, held))
        return found

    def restore(self, charge: Charge, settled: int) -> None:
        """See ``ports.store.Counters.restore``."""
        key = charge[:4]
        counter = self._counters.get(key) or self._begin(key, charge)
        if isinstance(counter, Spend) and counter.settled < settled:
            counter.settle(0, settled - counter.settled, 0.0)

    def listen(self, spent: Spent) -> None:
        """See ``ports.store.Counters.listen``."""
        self._listeners.append(spent)

    def outstanding(self, algorithm: str) -> int:
        """What is held right now by all counters of ``held`` (requests) or ``spend`` (nano-units)."""
        total = 0
        for (_, _, _, name), counter in self._counters.items():
            if name == algorithm:
                total += counter.held if isinstance(counter, Spend) else counter.used(0.0)
        return total

    def _spend(self, charge: Charge, amount: int, actual: int, at: float, counter: Counter | None) -> None:
        if not isinstance(counter, Spend):
            key = charge[:4]
            counter = self._begin(key, charge)
        before = counter.settled if isinstance(counter, Spend) else 0
        counter.settle(amount, actual, at)
        if actual:
            for listener in self._listeners:
                listener(charge, before + actual, before)

    def _begin(self, key: CounterName, charge: Charge) -> Counter:
        counter: Counter
        match charge.algorithm:
            case "sliding_window":
                counter = SlidingWindow(charge.window_s, self._exact_entries)
            case "fixed_window":
                counter = FixedWindow(charge.window_s)
            case "token_bucket":
                counter = TokenBucket(charge.window_s, charge.limit, charge.burst)
                self._buckets[key] = (charge.limit, charge.burst)
            case "held":
                counter = Held()
            case "spend":
                counter = Spend(charge.ends_at)
            case _:
                raise ValueError(f"nothing counts by {charge.algorithm!r}")
        self._counters[key] = counter
        return counter

    def _forget(self, now: float) -> None:
        """Look at the two counters that were looked at longest ago: two a decision outpaces one new a rule."""
        counters = self._counters
        for _ in range(min(2, len(counters))):
            key = next(iter(counters))
            counter = counters.pop(key)
            if counter.idle(now):
                self._buckets.pop(key, None)
            else:
                counters[key] = counter
