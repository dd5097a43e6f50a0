"""Joins the prober to the process: whom it asks, what it remembers, where its counts are shown.

It decides nothing of when and how. Called by ``serve``.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from torana.line.prober import Prober
from torana.wiring.build import Parts
from torana.wiring.live import Live
from torana.wiring.recording import Recording


def probing(live: Live, parts: Parts, recording: Recording) -> Callable[[], Awaitable[None]]:
    """The work of probing by the configuration in force; it goes on until cancelled."""
    prober = Prober(lambda: (live.rooms.snapshot, live.providers), parts.health, parts.clock, random.random)
    recording.probes = lambda: dict(prober.counts)
    return lambda: prober.watch(asyncio.sleep)
