"""The system's clocks are the system's."""

from __future__ import annotations

import time

from torana.core.clock import SystemClock


def test_the_wall_clock_is_the_machines() -> None:
    before = time.time()
    assert before <= SystemClock().now() <= time.time()


def test_the_monotonic_clock_does_not_go_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)
