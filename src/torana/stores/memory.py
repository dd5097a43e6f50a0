"""Counters in the memory of one process: exact sliding windows and concurrency, all rules of a request at once.

It does not know what a rule means and shares nothing with other processes. Found by file name; called by the limits
room on the event loop, where nothing awaits between the check and the taking, so each decision is atomic.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from torana.ports.store import Charge, Overrun

Key = tuple[str, str, float]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``exact_entries``: how many single takings a window remembers one by one.

    Beyond it, takings closer together than ``window / exact_entries`` share one entry that leaves the window with the
    last of them: never too lenient, at most that much too strict, and at most twice as many entries.
    """

    exact_entries: int = 1024


def open(settings: Settings) -> MemoryCounters:  # noqa: A001 - every plug-in is opened by this name
    """Counters that begin at zero."""
    return MemoryCounters(settings.exact_entries)


class MemoryCounters:
    """Implements ``ports.store.Counters``."""

    def __init__(self, exact_entries: int = 1024) -> None:
        self._exact_entries = exact_entries
        self._windows: dict[Key, Window] = {}
        self._held: dict[Key, int] = {}

    async def reserve(self, charges: Sequence[Charge], now: float) -> Overrun | None:
        """Take all charges, or none and say which one did not fit. A limit met exactly is not overrun."""
        self._forget(now)
        asked: dict[Key, int] = {}
        for charge in charges:
            key = (charge.rule_id, charge.subject, charge.window_s)
            wanted = asked.get(key, 0) + charge.amount
            overrun = self._overrun(key, charge, wanted, now)
            if overrun is not None:
                return overrun
            asked[key] = wanted
        for key, amount in asked.items():
            self._take(key, amount, now)
        return None

    def release(self, charges: Sequence[Charge]) -> None:
        """Give back what is held until given back; giving back twice never makes room that is not there."""
        for charge in charges:
            if charge.window_s == 0:
                key = (charge.rule_id, charge.subject, charge.window_s)
                left = self._held.get(key, 0) - charge.amount
                if left > 0:
                    self._held[key] = left
                else:
                    self._held.pop(key, None)

    def _overrun(self, key: Key, charge: Charge, wanted: int, now: float) -> Overrun | None:
        if charge.window_s == 0:
            used = self._held.get(key, 0)
            return Overrun(charge, used, 0.0) if used + wanted > charge.limit else None
        window = self._windows.get(key)
        used = window.used(now) if window is not None else 0
        if used + wanted <= charge.limit:
            return None
        if window is None or wanted > charge.limit:
            return Overrun(charge, used, charge.window_s)
        return Overrun(charge, used, window.fits_in_s(charge.limit - wanted, now))

    def _take(self, key: Key, amount: int, now: float) -> None:
        length_s = key[2]
        if length_s == 0:
            self._held[key] = self._held.get(key, 0) + amount
            return
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = Window(length_s, self._exact_entries)
        window.take(amount, now)

    def _forget(self, now: float) -> None:
        """Look at the two windows that were looked at longest ago: two a decision outpaces one new a rule."""
        windows = self._windows
        for _ in range(min(2, len(windows))):
            key = next(iter(windows))
            window = windows.pop(key)
            if window.used(now):
                windows[key] = window


class Window:
    """What was taken in the last ``length_s`` seconds. Entries are ``[first at, last at, amount]``, oldest first."""

    __slots__ = ("_entries", "_exact_entries", "_total", "length_s")

    def __init__(self, length_s: float, exact_entries: int) -> None:
        self.length_s = length_s
        self._exact_entries = exact_entries
        self._entries: deque[list[float]] = deque()
        self._total = 0

    def used(self, now: float) -> int:
        """How much was taken in the window that ends at ``now``; what is exactly its length ago is outside."""
        entries = self._entries
        if entries and entries[-1][1] > now:
            self._turn_back(now)
        edge = now - self.length_s
        while entries and entries[0][1] <= edge:
            self._total -= int(entries.popleft()[2])
        return self._total

    def take(self, amount: int, now: float) -> None:
        """Count ``amount`` at ``now``. After ``used`` with the same ``now``."""
        entries = self._entries
        self._total += amount
        crowded = len(entries) >= self._exact_entries
        if crowded and now - entries[-1][0] <= self.length_s / self._exact_entries:
            entries[-1][1] = now
            entries[-1][2] += amount
        else:
            entries.append([now, now, amount])

    def fits_in_s(self, room: int, now: float) -> float:
        """Seconds until no more than ``room`` is left of what was taken so far."""
        left = self._total
        for _, last_at, amount in self._entries:
            left -= int(amount)
            if left <= room:
                return max(0.0, last_at + self.length_s - now)
        return self.length_s

    def _turn_back(self, now: float) -> None:
        """The wall clock was set back: what lies in the future was taken just now."""
        for entry in self._entries:
            entry[0] = min(entry[0], now)
            entry[1] = min(entry[1], now)
