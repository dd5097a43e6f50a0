"""How long the store is waited for: a deadline that can tell a store that is away from a process that is busy itself.

It asks the store nothing. Called by the link.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from torana.core.clock import Clock, SystemClock

RECOVERY_DEADLINE_S = 1.0
"""For what nobody waits for; and what any call may take longer than its deadline where the store is not at fault."""
HELD_UP_S = 0.005
"""A timer that comes so much too late says that this process was held up."""


class Heard:
    """When the store was last heard of, by anyone in this process."""

    __slots__ = ("at", "clock")

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.at = -math.inf
        """Monotonic seconds."""

    def now(self) -> None:
        """It has answered."""
        self.at = self.clock.monotonic()

    async def connected(self, connection: Any) -> None:
        """What a new connection does first, which is an answer too."""
        await connection.on_connect()
        self.now()


@contextlib.asynccontextmanager
async def deadline(seconds: float, heard: Heard) -> AsyncIterator[None]:
    """As ``asyncio.timeout``, but a store that answered somebody within ``seconds`` is not away, and a process that was
    held up itself first looks whether the answer has come.

    Raises TimeoutError, at the latest RECOVERY_DEADLINE_S after ``seconds``. Without this, whatever keeps our own loop busy
    for so long (many first requests at once, an import in another thread) would look like a store that is away.
    """
    loop = asyncio.get_running_loop()
    # Trap: uvloop's time is that of the turn's beginning, and its timers come before what has arrived is read.
    monotonic = heard.clock.monotonic
    began = monotonic()
    async with asyncio.timeout(None) as bound:
        timer: asyncio.TimerHandle

        def due(at: float, *, looked: bool) -> None:
            nonlocal timer
            now = monotonic()
            until = max(began, heard.at) + seconds
            if now >= began + seconds + RECOVERY_DEADLINE_S:
                bound.reschedule(loop.time())
            elif now < until:
                timer = loop.call_later(until - now, partial(due, until, looked=False))
            elif not looked or now - at > HELD_UP_S:
                timer = loop.call_later(HELD_UP_S, partial(due, now + HELD_UP_S, looked=True))
            else:
                bound.reschedule(loop.time())

        timer = loop.call_later(seconds, partial(due, began + seconds, looked=False))
        try:
            yield
        finally:
            timer.cancel()
