"""Notices that a caller hung up, and cancels its request.

It starts late on purpose: most answers are there within the grace, and a watcher for each would cost
a timer and a task per request. Nothing is decided here; the reason is written on the trail and the task cancelled.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from torana.core.trail import Trail

if TYPE_CHECKING:
    from torana.edge.house import Receive

GRACE_S = 0.05


class Lookout:
    """Starts the watches of requests that outlast the grace: one timer for all of them, none while nothing waits."""

    __slots__ = ("_armed", "_loop", "_waiting")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[Watch, float] = {}
        """By the loop's time at which each was added."""
        self._armed = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the first request, and of all. Kept, for asking costs a system call each time (``getpid``)."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def add(self, watch: Watch) -> None:
        """Start the watch once the grace is over, unless it is taken back before."""
        loop = self._loop or self.loop
        self._waiting[watch] = loop.time()
        if not self._armed:
            self._armed = True
            loop.call_later(GRACE_S, self._look, loop)

    def take_back(self, watch: Watch) -> None:
        """Its request is over. Harmless when it has started."""
        self._waiting.pop(watch, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() - GRACE_S
        for watch, added in list(self._waiting.items()):
            if added > due:
                break  # in the order of their adding: the others are younger
            del self._waiting[watch]
            watch.start()
        self._armed = bool(self._waiting)
        if self._armed:
            loop.call_later(GRACE_S, self._look, loop)


class Watch:
    """Watches one request's connection, from ``GRACE_S`` to twice that after its start, until ``stop``."""

    __slots__ = ("_lookout", "_receive", "_task", "_trail", "_watched")

    def __init__(self, receive: Receive, watched: asyncio.Task[Any], trail: Trail, lookout: Lookout) -> None:
        self._receive = receive
        self._watched = watched
        self._trail = trail
        self._task: asyncio.Task[None] | None = None
        self._lookout = lookout
        lookout.add(self)

    def start(self) -> None:
        """Watch from now on."""
        # Tracked: this object keeps the task and stop() ends it.
        self._task = asyncio.create_task(self._wait())  # noqa: TID251

    async def _wait(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                break
        if self._trail.leaving is None:
            self._trail.leaving = "client_gone"
            self._watched.cancel()

    def stop(self) -> None:
        """No more cancelling from here on."""
        self._lookout.take_back(self)
        if self._task is not None:
            self._task.cancel()
