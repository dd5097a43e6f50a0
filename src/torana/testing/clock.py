"""A clock that moves only when told. It never sleeps; tests give it where the product asks for a Clock."""

from __future__ import annotations


class FakeClock:
    """Both clocks of ``core.clock.Clock``, standing still until ``advance``."""

    def __init__(self, now: float = 1_750_000_000.0, monotonic: float = 1_000.0) -> None:
        self._now = now
        self._monotonic = monotonic

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks. Raises ValueError when told to go back."""
        if seconds < 0:
            raise ValueError("time does not go back; use set_wall for a jump of the wall clock")
        self._now += seconds
        self._monotonic += seconds

    def set_wall(self, now: float) -> None:
        """Jump the wall clock alone, as NTP or an operator may."""
        self._now = now
