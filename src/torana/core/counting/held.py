"""Counts what is held until it is given back: requests at once.

One of the algorithms of limits; found by its name in ``stores/memory.py``.
"""

from __future__ import annotations


class Held:
    """How much is out at this moment."""

    __slots__ = ("_total",)

    def __init__(self) -> None:
        self._total = 0

    def used(self, now: float) -> int:
        """How much is held."""
        return self._total

    def take(self, amount: int, now: float) -> None:
        """Hold ``amount``."""
        self._total += amount

    def settle(self, amount: int, actual: int, at: float) -> None:
        """Give ``amount`` back; giving back twice never makes room that is not there."""
        self._total = self._total - amount if self._total > amount else 0

    def fits_in_s(self, amount: int, limit: int, now: float) -> float:
        """Nobody knows: 0."""
        return 0.0

    def idle(self, now: float) -> bool:
        """Whether nothing is held."""
        return not self._total
