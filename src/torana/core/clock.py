"""Time as an argument: the two clocks of the product, and the only place that reads the real ones.

It does not format times nor know time zones. Given to rooms and adapters by ``wiring``; tests give
``torana.testing.clock.FakeClock`` instead.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the product asks of time."""

    def now(self) -> float:
        """Seconds since the Unix epoch, UTC. For records; may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that never go back. For durations and deadlines."""
        ...


class SystemClock:
    """The machine's clocks."""

    __slots__ = ()
    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
