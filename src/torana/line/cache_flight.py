"""Equal requests under way: the first asks, the others wait for its answer; and the record of an answer as it passes.

It decides neither what may be kept nor for whom. Used by the cache room; told how a request ended by the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from torana.core.cache_entry import Entry
from torana.core.call import Chunk, ChunkSource, Reply

LANDED, LEFT, FAILED, LATE = "landed", "left", "failed", "late"
"""How a flight ended for those who waited: there is an answer; its leader was called away, another may lead; there is none
to be shared, each asks for itself; they waited long enough."""
AWAY = frozenset({"client_gone", "client_gone_early", "shutdown", "revoked"})
"""Endings that say nothing of the answer: its caller left, or was sent away."""

Taker = Callable[[str, "Record"], None]
"""Told how the request ended, with what passed of its answer."""


class Flight:
    """One request that others wait for."""

    __slots__ = ("_over", "entry", "how", "similarity", "waiting")

    def __init__(self) -> None:
        self._over: asyncio.Event | None = None
        """Made by the first who waits: most flights have nobody on board."""
        self.how = ""
        self.entry: Entry | None = None
        self.similarity: float | None = None
        """Of an answer to the same question in other words; None: to an equal request."""
        self.waiting = 0

    def end(self, how: str, entry: Entry | None = None, similarity: float | None = None) -> None:
        """Let all go who wait. Only the first call does anything."""
        if not self.how:
            self.how, self.entry, self.similarity = how, entry, similarity
            if self._over is not None:
                self._over.set()

    async def ended(self, wait_s: float) -> str:
        """How it ended, after so many seconds at most. Who is cancelled here takes nobody along."""
        if self.how:
            return self.how
        over = self._over = self._over or asyncio.Event()
        self.waiting += 1
        try:
            async with asyncio.timeout(wait_s):
                await over.wait()
        except TimeoutError:
            return LATE
        finally:
            self.waiting -= 1
        return self.how


class Record:
    """What passes of one answer, until it is longer than what is kept; and who is told of its end."""

    __slots__ = ("_most", "_size", "chunks", "reply", "takers", "whole")

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self.takers: list[Taker] = []
        self.chunks: list[Chunk] | None = []
        """None: it was too long."""
        self.whole = False
        """Whether its provider said that no more comes."""
        self.reply: Reply | None = None

    def of(self, reply: Reply) -> Reply:
        """The Reply, recorded as it is read."""
        self.reply = reply
        for chunk in reply.seen:
            self.note(chunk)
        if getattr(reply.source, "over", False):
            self.whole = True
            return reply
        return reply.through(Recorded(reply.source, self), reply.seen)

    def note(self, chunk: Chunk) -> None:
        """One more."""
        if self.chunks is None:
            return
        self._size += len(chunk.wire)
        if self._size > self._most:
            self.chunks = None
        else:
            self.chunks.append(chunk)

    def over(self, ending: str) -> None:
        """The request is closed: the ledger says how."""
        takers, self.takers = self.takers, []
        for taker in takers:
            taker(ending, self)


class Recorded:
    """A source whose chunks are written down."""

    __slots__ = ("_record", "_source")

    def __init__(self, source: ChunkSource, record: Record) -> None:
        self._source = source
        self._record = record

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """The next chunk. Raises what the source raises."""
        try:
            chunk = await self._source.__anext__()
        except StopAsyncIteration:
            self._record.whole = True
            raise
        self._record.note(chunk)
        return chunk

    async def aclose(self) -> None:
        """See ``ChunkSource``."""
        await self._source.aclose()


class Nothing:
    """The source of an answer all of whose chunks are known."""

    __slots__ = ()
    over = True

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """Raises StopAsyncIteration."""
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """There is nothing to give back."""


NOTHING = Nothing()
