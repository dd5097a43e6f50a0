"""Background work of the process, tracked: each piece is named, restarted when it fails, ended at the end.

The only place outside a request that starts tasks. Used by ``serve``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

PAUSE_AFTER_FAULT_S = 1.0


class Log(Protocol):
    """Structured lines."""

    def error(self, event: str, **fields: object) -> object: ...


class Background:
    """Tasks that run as long as the process does."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run ``work`` for as long as the process lives, again after a pause when it fails."""
        self._add(self._kept(name, work), name)

    def once(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run ``work`` once; a failure is logged."""
        self._add(self._tried(name, work), name)

    async def end(self) -> None:
        """Cancel all and wait for them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _add(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(coroutine, name=name)  # noqa: TID251 - the tracked runner itself
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _kept(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._tried(name, work)
            await asyncio.sleep(PAUSE_AFTER_FAULT_S)

    async def _tried(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as fault:  # a task runner: one failing chore must not end the others, nor go unseen
            self._log.error("background.failed", task=name, error=f"{type(fault).__name__}: {fault}"[:500])
