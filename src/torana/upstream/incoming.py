"""One answer on its way in: what has arrived of it, and who waits for more.

It parses nothing and owns no socket: ``connection`` fills it, the caller empties it, in either order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from torana.core.faults import ConnectionBroken, UpstreamFault
from torana.core.snapshot import Deadlines
from torana.upstream.encoding import Inflater, inflater

HIGH_WATER_BYTES = 256 * 1024
"""Unread bytes above which the connection is told to stop reading."""


class Line(Protocol):
    """What an answer asks of the connection that carries it."""

    def abort(self) -> None:
        """Close the connection at once."""
        ...

    def resume(self) -> None:
        """Read on: the caller has caught up."""
        ...


class Answer:
    """Implements ``upstream.seam.Incoming``."""

    __slots__ = (
        "_complete", "_fault", "_inflater", "_line", "_loop", "_pieces", "_waiter",
        "deadlines", "headers", "held", "max_bytes", "method", "received", "status", "total_at",
    )  # fmt: skip

    def __init__(
        self, loop: asyncio.AbstractEventLoop, method: str, deadlines: Deadlines, total_at: float, max_bytes: int
    ) -> None:
        self._loop = loop
        self._line: Line | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._fault: UpstreamFault | None = None
        self._complete = False
        self._pieces: list[bytes] = []
        self._inflater: Inflater | None = None
        self.method = method
        self.deadlines = deadlines
        self.total_at = total_at
        self.max_bytes = max_bytes
        self.status = 0
        """0 until the head is in."""
        self.headers: dict[bytes, bytes] = {}
        self.received = 0
        self.held = 0
        """Bytes arrived and not yet taken."""

    # the caller's side

    def header(self, name: str) -> str | None:
        """See ``Incoming.header``."""
        value = self.headers.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    def chosen(self, names: Mapping[bytes, str]) -> tuple[tuple[str, str], ...]:
        """See ``Incoming.chosen``."""
        if self.headers.keys().isdisjoint(names):
            return ()
        return tuple([(names[key], value.decode("latin-1")) for key, value in self.headers.items() if key in names])

    async def head(self) -> None:
        """Wait for the head. Raises the fault that came instead."""
        while not self.status:
            if self._fault is not None:
                raise self._fault
            await self._wait()

    async def read(self) -> bytes:
        """See ``Incoming.read``."""
        if self._complete and self._inflater is None:
            # Mostly all is here by now: asked for its end, it would answer with an exception.
            return self._take() if self._pieces else b""
        pieces = [piece async for piece in self]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def pieces(self) -> AsyncIterator[bytes]:
        """See ``Incoming.pieces``."""
        return self

    def __aiter__(self) -> Answer:
        return self

    async def __anext__(self) -> bytes:
        while True:
            if self._pieces:
                piece = self._take()
                if piece:
                    return piece
            elif self._fault is not None:
                raise self._fault
            elif self._complete:
                self._whole()
                raise StopAsyncIteration
            else:
                await self._wait()

    async def aclose(self) -> None:
        """See ``Incoming.aclose``."""
        self.abandon()

    def abandon(self) -> None:
        """Give up: the connection is closed unless the answer is whole. Idempotent."""
        line, self._line = self._line, None
        if line is not None:
            line.abort()
            self.fail(ConnectionBroken("the answer was given up"))
        self._pieces.clear()

    def _take(self) -> bytes:
        """All that has arrived, decoded."""
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        if self.held > HIGH_WATER_BYTES and self._line is not None:
            self._line.resume()
        self.held = 0
        if self._inflater is None:
            return data
        try:
            return self._inflater.feed(data)
        except UpstreamFault as fault:
            self._refuse(fault)
            raise

    def _whole(self) -> None:
        if self._inflater is not None:
            self._inflater.finish()

    def _refuse(self, fault: UpstreamFault) -> None:
        self.abandon()
        self._fault = fault

    async def _wait(self) -> None:
        waiter = self._waiter = self._loop.create_future()
        try:
            await waiter
        except asyncio.CancelledError:
            self.abandon()
            raise
        finally:
            self._waiter = None

    # the connection's side

    def begin(self, line: Line) -> None:
        """The request is being written on this connection."""
        self._line = line

    def gather(self, heads: Sequence[tuple[bytes, bytes]]) -> bool:
        """Take the headers of a head, of each name the first that came; False when its framing is given twice."""
        headers = self.headers = {name.lower(): value for name, value in heads}
        if len(headers) == len(heads):
            return True
        headers.update((name.lower(), value) for name, value in reversed(heads))
        names = [name.lower() for name, _ in heads]
        return names.count(b"transfer-encoding") < 2 and names.count(b"content-length") < 2

    def accept(self, status: int) -> None:
        """The head is in. Raises AnswerMalformed for a coding we cannot undo."""
        if b"content-encoding" in self.headers:
            self._inflater = inflater(self.header("content-encoding"), self.max_bytes)
        self.status = status

    def add(self, data: bytes) -> None:
        """A part of the body. The bound was checked by the connection."""
        self._pieces.append(data)
        self.held += len(data)

    def finish(self) -> None:
        """The body is whole; the connection is no longer ours."""
        self._line = None
        self._complete = True
        self.wake()

    def fail(self, fault: UpstreamFault) -> None:
        """The answer ends here; what arrived before can still be taken."""
        self._line = None
        if not self._complete and self._fault is None:
            self._fault = fault
        self.wake()

    def wake(self) -> None:
        """Let the waiting caller look again."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
