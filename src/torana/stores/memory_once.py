"""Idempotency keys in the memory of one process, for a day each: answers within a bound of bytes, marks within a number.

Of too many the oldest answer goes first, and its mark stays: the key is not forgotten with it. Called by the cache room.
"""

from __future__ import annotations

from collections import OrderedDict

from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.ports.cache import Mark

LIFE_S = 24 * 3600.0
MOST_MARKS = 100_000
FULL = "This gateway keeps as many idempotency keys as it can. Try again later, or without one."


class MemoryOnce:
    """Implements ``ports.cache.Once``."""

    def __init__(self, most_bytes: int, clock: Clock, most_marks: int = MOST_MARKS) -> None:
        self._most_bytes = most_bytes
        self._most_marks = most_marks
        self._clock = clock
        self._marks: OrderedDict[str, tuple[float, Mark]] = OrderedDict()
        """Until when, and what is known; in the order of their ends but for those that run."""
        self._answers: OrderedDict[str, int] = OrderedDict()
        """Names of those that have an answer, and its size."""
        self.bytes = 0

    async def begin(self, name: str, digest: str) -> Mark | None:
        """See ``ports.cache.Once``. Raises GatewayError OVERLOADED when there is no room for one more."""
        now = self._clock.now()
        found = self._marks.get(name)
        if found is not None and found[0] > now:
            return found[1]
        self._sweep(now)
        if len(self._marks) >= self._most_marks:
            raise GatewayError("OVERLOADED", FULL, retry_after_s=60)
        self._put(name, now + LIFE_S, Mark(digest, "running"))
        return None

    def end(self, name: str, mark: Mark | None) -> None:
        """See ``ports.cache.Once``."""
        if mark is None:
            self._forget(name)
            return
        size = mark.entry.size if mark.entry is not None else 0
        if size > self._most_bytes:
            mark, size = mark._replace(entry=None), 0
        while self.bytes + size > self._most_bytes:
            self._strip(next(iter(self._answers)))
        self._put(name, self._clock.now() + LIFE_S, mark)
        if size:
            self._answers[name] = size
            self.bytes += size

    def _put(self, name: str, until: float, mark: Mark) -> None:
        self._forget(name)
        self._marks[name] = (until, mark)

    def _strip(self, name: str) -> None:
        self.bytes -= self._answers.pop(name)
        until, mark = self._marks[name]
        self._marks[name] = (until, mark._replace(entry=None))

    def _forget(self, name: str) -> None:
        self._marks.pop(name, None)
        self.bytes -= self._answers.pop(name, 0)

    def _sweep(self, now: float) -> None:
        """Forget what has ended, from the oldest on."""
        while self._marks:
            name, (until, _) = next(iter(self._marks.items()))
            if until > now:
                return
            self._forget(name)
