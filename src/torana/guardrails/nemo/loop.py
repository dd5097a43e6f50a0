"""One thread with an event loop of its own, for work that would hold up the loop that answers requests.

It knows nothing of what runs there. Used by the guardrail in this folder: all its configurations share the one thread,
because the package that they run keeps asyncio's locks, which belong to one loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_home: ContextVar[asyncio.AbstractEventLoop] = ContextVar("home")


class OwnLoop:
    """Starts with the first work; ends with the process."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run it there, in the context of the caller, and wait. Cancelling cancels it there. Raises what it raises."""
        home = asyncio.get_running_loop()

        async def there() -> T:
            _home.set(home)
            return await work()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), self._started()))

    def call(self, work: Callable[[], T]) -> T:
        """Call it there and wait: not from that loop itself. Raises what it raises."""

        async def there() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(there(), self._started()).result()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="guardrail-loop", daemon=True).start()
            return self._loop


async def at_home(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """From within ``run``: run it on the loop that ``run`` was called on, and wait. Raises what it raises."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), _home.get()))
