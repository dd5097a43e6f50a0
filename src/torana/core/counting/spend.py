"""What was spent in one calendar window, and what is held for requests under way: a budget's counter.

It knows no currency and no calendar: its window is in its name. Found by its name in ``stores/memory.py``.
"""

from __future__ import annotations


class Spend:
    """Nano-units settled and held until ``ends_at`` (epoch seconds). Their sum is what counts against the cap."""

    __slots__ = ("_held", "_settled", "ends_at")

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self._settled = 0
        self._held = 0

    @property
    def settled(self) -> int:
        """What was spent."""
        return self._settled

    @property
    def held(self) -> int:
        """What is held for requests under way."""
        return self._held

    def used(self, now: float) -> int:
        """Settled and held together."""
        return self._settled + self._held

    def take(self, amount: int, now: float) -> None:
        """Hold ``amount``."""
        self._held += amount

    def settle(self, amount: int, actual: int, at: float) -> None:
        """What was held as ``amount`` cost ``actual``."""
        self._held = self._held - amount if self._held > amount else 0
        self._settled += actual

    def fits_in_s(self, amount: int, limit: int, now: float) -> float:
        """Seconds until the window ends."""
        return max(0.0, self.ends_at - now)

    def idle(self, now: float) -> bool:
        """Whether its window is over and nothing is held."""
        return now >= self.ends_at and not self._held
