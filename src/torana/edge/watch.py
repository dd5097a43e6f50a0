"""Notices that a caller hung up, and cancels its request.

It starts late on purpose: most answers are there within the grace, and a watcher for each would cost
a task per request. Nothing is decided here; the reason is written on the trail and the task cancelled.
"""

from __future__ import annotations

import asyncio
from typing import Any

from torana.core.trail import Trail
from torana.edge.house import Receive

GRACE_S = 0.05


class Watch:
    """Watches one request's connection from ``GRACE_S`` after its start until ``stop``."""

    __slots__ = ("_handle", "_receive", "_task", "_trail", "_watched")

    def __init__(
        self, receive: Receive, watched: asyncio.Task[Any], trail: Trail, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._receive = receive
        self._watched = watched
        self._trail = trail
        self._task: asyncio.Task[None] | None = None
        self._handle = loop.call_later(GRACE_S, self._start)

    def _start(self) -> None:
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
        self._handle.cancel()
        if self._task is not None:
            self._task.cancel()
