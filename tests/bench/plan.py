"""How long each part of a run takes: the quick run, the usual one and the long one."""

from __future__ import annotations

from typing import NamedTuple

PARTS = (
    "request",
    "event",
    "translated",
    "translated_event",
    "latency",
    "cold",
    "memory",
    "slope",
    "floors",
    "admin",
    "files",
)


class Plan(NamedTuple):
    """The sizes of one run."""

    name: str = "full"
    rounds: int = 5
    burst_s: float = 3
    repeats: int = 8
    """Times that 50 streams of 102 events are run in one round."""
    rate: float = 200
    """Open-loop requests a second; every gateway here stands far more."""
    latency_rounds: int = 3
    latency_s: float = 6
    admin_rounds: int = 5
    cold_starts: int = 5
    held: int = 2000
    slope_requests: int = 60_000
    slope_steps: int = 20


QUICK = Plan(
    "quick", 3, 1, 3, latency_rounds=1, latency_s=3, admin_rounds=2, cold_starts=3, slope_requests=30_000, slope_steps=8
)
FULL = Plan()
LONG = Plan("long", slope_requests=300_000, slope_steps=40)
