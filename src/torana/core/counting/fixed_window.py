"""Counts what was taken since the last full multiple of the window: all is forgotten at its edge.

It does not know limits. One of the algorithms of limits; found by its name in ``stores/memory.py``.
"""

from __future__ import annotations


class FixedWindow:
    """Windows of ``length_s`` seconds, counted from the epoch: an hour's begin on the hour (UTC)."""

    __slots__ = ("_number", "_total", "length_s")

    def __init__(self, length_s: float) -> None:
        self.length_s = length_s
        self._number = 0
        self._total = 0

    def used(self, now: float) -> int:
        """How much was taken in the window that ``now`` lies in."""
        number = int(now // self.length_s)
        if number > self._number:
            self._total = 0
        # Set back too: what was taken in a future that is no more counts as taken in this window.
        self._number = number
        return self._total

    def take(self, amount: int, now: float) -> None:
        """Count ``amount``. After ``used`` with the same ``now``."""
        self._total += amount

    def settle(self, amount: int, actual: int, at: float) -> None:
        """What was taken at ``at`` as ``amount`` turned out to be ``actual``; nothing when its window is over."""
        if int(at // self.length_s) == self._number:
            self._total = max(0, self._total + actual - amount)

    def fits_in_s(self, amount: int, limit: int, now: float) -> float:
        """Seconds until the next window, or a whole one when ``amount`` never fits."""
        if amount > limit:
            return self.length_s
        return (self._number + 1) * self.length_s - now

    def idle(self, now: float) -> bool:
        """Whether it says the same as a new one."""
        return not self.used(now)
