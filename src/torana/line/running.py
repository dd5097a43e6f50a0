"""Tasks of requests that may outlive them: tries that were given up and still have a connection to close.

It decides nothing. One per process, for it outlives Snapshots: the races start tasks here, the end of the process waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Running:
    """Holds each task until it has ended, so that none is lost to the garbage collector."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run it as a task of its own."""
        # The one tracked runner of requests.
        task = asyncio.create_task(work)  # noqa: TID251
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def ended(self, within_s: float) -> bool:
        """Wait until all are over; those that are not after so many seconds are cancelled and waited for. Whether none was.

        Call it when no request runs any more.
        """
        if not self._tasks:
            return True
        _, late = await asyncio.wait(self._tasks, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return not late
