"""Counts what was taken in the seconds before now: exact for few takings, in slices for many.

It does not know limits. One of the algorithms of limits; found by its name in ``stores/memory.py``.
"""

from __future__ import annotations

from collections import deque

EXACT_ENTRIES = 1024


class SlidingWindow:
    """What was taken in the last ``length_s`` seconds. Entries are ``[first at, last at, amount]``, oldest first.

    Beyond ``exact_entries``, takings closer together than ``length_s / exact_entries`` share one entry that leaves the
    window with the last of them: never too lenient, at most that much too strict, and at most twice as many entries.
    """

    __slots__ = ("_entries", "_exact_entries", "_total", "length_s")

    def __init__(self, length_s: float, exact_entries: int = EXACT_ENTRIES) -> None:
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
        if len(entries) >= self._exact_entries:
            last = entries[-1]
            if now - last[0] <= self.length_s / self._exact_entries:
                last[1] = now
                last[2] += amount
                return
        entries.append([now, now, amount])

    def settle(self, amount: int, actual: int, at: float) -> None:
        """What was taken at ``at`` as ``amount`` turned out to be ``actual``; nothing when it has left the window."""
        if amount == actual:
            return
        for entry in reversed(self._entries):
            if entry[0] <= at:
                if entry[1] < at:
                    return  # its entry has left, or the clock was turned back over it
                entry[2] += actual - amount
                self._total += actual - amount
                return

    def fits_in_s(self, amount: int, limit: int, now: float) -> float:
        """Seconds until ``amount`` fits, if nothing else is taken; a whole window when it never does."""
        left = self._total
        for _, last_at, taken in self._entries:
            left -= int(taken)
            if left + amount <= limit:
                return max(0.0, last_at + self.length_s - now)
        return self.length_s

    def idle(self, now: float) -> bool:
        """Whether it says the same as a new one."""
        return not self.used(now)

    def _turn_back(self, now: float) -> None:
        """The wall clock was set back: what lies in the future was taken just now."""
        for entry in self._entries:
            entry[0] = min(entry[0], now)
            entry[1] = min(entry[1], now)
