"""A bucket that fills steadily and may be emptied at once: a rate with a burst.

It does not know what a token stands for. One of the algorithms of limits; found by its name in ``stores/memory.py``.
"""

from __future__ import annotations


class TokenBucket:
    """``burst`` tokens when full, ``rate`` more every ``length_s`` seconds. What is missing is kept, exactly.

    ``_debt`` is what is missing x the window's milliseconds: it falls by ``rate`` every millisecond, all integers.
    """

    __slots__ = ("_burst", "_debt", "_length_ms", "_rate", "_seen_ms")

    def __init__(self, length_s: float, rate: int, burst: int) -> None:
        self._length_ms = max(1, round(length_s * 1000))
        self._rate = rate
        self._burst = burst
        self._debt = 0
        self._seen_ms = 0

    def used(self, now: float) -> int:
        """Tokens missing at ``now``, rounded up: a token is there only when it is whole."""
        now_ms = int(now * 1000)
        passed = now_ms - self._seen_ms
        if passed > 0:
            self._debt = max(0, self._debt - passed * self._rate)
        self._seen_ms = now_ms  # a clock set back fills nothing, and takes nothing away
        return -(-self._debt // self._length_ms)

    def take(self, amount: int, now: float) -> None:
        """Take ``amount`` tokens. After ``used`` with the same ``now``."""
        self._debt += amount * self._length_ms

    def settle(self, amount: int, actual: int, at: float) -> None:
        """What was taken as ``amount`` turned out to be ``actual``: the rest is put back, what is short is owed."""
        self._debt = max(0, self._debt + (actual - amount) * self._length_ms)

    def fits_in_s(self, amount: int, limit: int, now: float) -> float:
        """Seconds until ``amount`` tokens are there; the time of filling when the bucket never holds so many."""
        missing = self._debt + amount * self._length_ms - self._burst * self._length_ms
        if amount > self._burst:
            missing = self._burst * self._length_ms
        return max(0, -(-missing // self._rate)) / 1000

    def idle(self, now: float) -> bool:
        """Whether it says the same as a new one."""
        return not self.used(now)
