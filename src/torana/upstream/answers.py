"""Turns an Incoming into the chunks of a Reply, or into the fault it stands for.

It knows no dialect's wire: the decoder or reader is given. Used by the modules of ``providers``.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Sequence
from email.utils import parsedate_to_datetime

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed, StatusFault, UpstreamFault
from torana.ports.dialect import StreamDecoder, UpstreamSide
from torana.upstream.seam import Incoming

MAX_ERROR_BYTES = 64 * 1024
"""How much of an error body is kept."""
SSE = "text/event-stream"
"""What a stream calls itself, unless its dialect has a STREAM_TYPE."""
# A dialect may have PASSED: how the content types of answers begin whose bytes are handed on as they come.
NOT_JSON = frozenset({"text/html", SSE, "application/vnd.amazon.eventstream"})


Failed = Callable[[UpstreamFault], object] | None
"""Who is told of a fault inside an answer before it is raised: the credential's pool."""


class StreamedAnswer:
    """The chunks of a stream.

    An object and no generator: one that is closed before its first step would never run its ``finally``, and the
    connection would leak.
    """

    __slots__ = ("_decoder", "_incoming", "_over", "_pieces", "_ready", "failed")

    def __init__(self, incoming: Incoming, decoder: StreamDecoder) -> None:
        self._incoming = incoming
        self._pieces = incoming.pieces()
        self._decoder = decoder
        self._ready: Sequence[Chunk] = ()
        self._over = False
        self.failed: Failed = None

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """The next chunk. Raises StopAsyncIteration at the end, UpstreamFault when the provider fails."""
        decoder = self._decoder
        while not self._ready:
            if self._over:
                raise StopAsyncIteration
            try:
                # A fault that stood behind the chunks given last is asked for before more is waited for.
                piece = b"" if decoder.fault is not None else await self._pieces.__anext__()
                self._ready = decoder.feed(piece)
            except StopAsyncIteration:
                await self._end(None)
            except UpstreamFault as fault:
                await self._end(fault)
        ready = self._ready
        self._ready = ready[1:] if len(ready) > 1 else ()
        return ready[0]

    async def _end(self, fault: UpstreamFault | None) -> None:
        """The bytes ended, well or by ``fault``. A fault after the answer was complete is none."""
        self._over = True
        await self._incoming.aclose()
        try:
            self._ready = self._decoder.finish()
        except UpstreamFault as held:
            meant = held if fault is None or isinstance(held, StatusFault) else fault
            if self.failed is not None:
                self.failed(meant)
            raise meant from None

    async def aclose(self) -> None:
        """Stop: the upstream connection is closed if the answer was not read to its end. Idempotent."""
        self._over = True
        self._ready = ()
        await self._incoming.aclose()


class WholeAnswer:
    """The one chunk of a plain answer, read when it is asked for."""

    __slots__ = ("_ask", "_incoming", "_read", "failed", "over")

    def __init__(self, incoming: Incoming, read: Callable[[bytes, Ask], Chunk], ask: Ask) -> None:
        self._incoming = incoming
        self._read = read
        self._ask = ask
        self.over = False
        """Whether no more will come."""
        self.failed: Failed = None

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """The whole answer, once. Raises UpstreamFault when it cannot be read or is none."""
        if self.over:
            raise StopAsyncIteration
        self.over = True
        try:
            return self._read(await self._incoming.read(), self._ask)
        except UpstreamFault as fault:
            await self._incoming.aclose()
            if self.failed is not None:
                self.failed(fault)
            raise

    async def aclose(self) -> None:
        """Stop: the upstream connection is closed if the answer was not read to its end. Idempotent."""
        self.over = True
        await self._incoming.aclose()


class PassedAnswer:
    """The pieces of an answer without events, as they come: sound. It is whole when HTTP says so.

    One that begins as JSON does is read whole first, for an error may stand in its place.
    """

    __slots__ = ("_ask", "_begun", "_incoming", "_over", "_pieces", "_read", "failed")

    def __init__(self, incoming: Incoming, read: Callable[[bytes, Ask], Chunk], ask: Ask) -> None:
        self._incoming = incoming
        self._pieces = incoming.pieces()
        self._read = read
        self._ask = ask
        self._begun = False
        self._over = False
        self.failed: Failed = None

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """The next piece. Raises StopAsyncIteration at the end, UpstreamFault when the provider fails."""
        if self._over:
            raise StopAsyncIteration
        try:
            piece = await self._piece()
            if self._begun:
                return Chunk(piece)
            self._begun = True
            if piece[:1] == b"{":
                rest = [more async for more in self._pieces]
                self._over = True
                return self._read(piece + b"".join(rest), self._ask)
            return Chunk(piece)
        except UpstreamFault as fault:
            await self.aclose()
            if self.failed is not None:
                self.failed(fault)
            raise

    async def _piece(self) -> bytes:
        """The next bytes. Raises StopAsyncIteration at the end, AnswerMalformed when there was nothing before it."""
        async for piece in self._pieces:
            if piece:
                return piece
        self._over = True
        if not self._begun:
            raise AnswerMalformed("the answer is empty")
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop: the upstream connection is closed if the answer was not read to its end. Idempotent."""
        self._over = True
        await self._incoming.aclose()


async def begun(incoming: Incoming, dialect: UpstreamSide, ask: Ask) -> StreamedAnswer | WholeAnswer | PassedAnswer:
    """The chunks of an answer whose head is in. Raises UpstreamFault when it is none that was asked for."""
    if not 200 <= incoming.status < 300:
        raise await status_fault(incoming, dialect.ID)
    kind = (incoming.header("content-type") or "").partition(";")[0].strip().lower()
    if ask.stream:
        if kind and kind != getattr(dialect, "STREAM_TYPE", SSE):
            raise await not_a_stream(incoming, dialect.read_answer, ask)
        return StreamedAnswer(incoming, dialect.decoder(ask))
    if kind in NOT_JSON:
        await incoming.aclose()
        raise AnswerMalformed(f"{kind} came where JSON was asked for")
    if kind != "application/json" and kind.startswith(getattr(dialect, "PASSED", ())):
        return PassedAnswer(incoming, dialect.read_answer, ask)
    return WholeAnswer(incoming, dialect.read_answer, ask)


async def status_fault(incoming: Incoming, dialect: str) -> StatusFault:
    """The fault for an answer whose status is no success, with at most MAX_ERROR_BYTES of its body.

    The status says enough when the body cannot be read.
    """
    body = bytearray()
    try:
        async for piece in incoming.pieces():
            body += piece
            if len(body) >= MAX_ERROR_BYTES:
                break
    except UpstreamFault:
        pass
    finally:
        await incoming.aclose()
    return StatusFault(
        incoming.status, bytes(body[:MAX_ERROR_BYTES]), retry_after_s=retry_after_s(incoming.header), dialect=dialect
    )


async def not_a_stream(incoming: Incoming, read: Callable[[bytes, Ask], Chunk], ask: Ask) -> UpstreamFault:
    """The fault for a 200 that should have streamed and does not: the error inside it, if it is one."""
    try:
        read(await incoming.read(), ask)
    except UpstreamFault as fault:
        return fault
    finally:
        await incoming.aclose()
    return AnswerMalformed("a plain answer came where a stream was asked for")


def retry_after_s(header: Callable[[str], str | None]) -> float | None:
    """Seconds the provider asks to wait; None when it does not say, or says no sane number.

    ``retry-after-ms`` (OpenAI's) before ``Retry-After`` (RFC 9110, section 10.2.3: seconds or a date). A date is
    measured against the provider's own ``Date``, so that a wrong clock on either side does no harm.
    """
    exact = _number(header("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    text = header("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is not None:
        return seconds
    until, now = _epoch(text), _epoch(header("date"))
    return None if until is None or now is None else max(0.0, until - now)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _epoch(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None
