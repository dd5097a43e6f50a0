"""The fake upstream on a thread of its own, for answers that no mock written by others gives.

Called by tests that say which play answers; they read what arrived.
"""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

from torana.testing.fake_upstream import FakeUpstream
from torana.testing.plays import Play, Request


class Stage:
    """One fake upstream that answers every request with ``play``."""

    def __init__(self, play: Play) -> None:
        self._fake = FakeUpstream(play)
        self._fake.by_path.clear()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stage")

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._fake.start(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._fake.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self._fake.url

    @property
    def last(self) -> Request:
        """The request that arrived last."""
        return self._fake.requests[-1]

    def open(self, gate: asyncio.Event) -> None:
        """Let a play go on that waits at the gate."""
        self._loop.call_soon_threadsafe(gate.set)

    @property
    def connections_open(self) -> int:
        """Connections that neither side has closed."""
        return len(self._fake.open)

    def play(self, play: Play) -> None:
        """What answers from now on."""
        self._fake.play = play
