"""One AI request on the wire: head and body in, the line, the answer out.

It shapes and sends; every decision is the line's. The same road for a stream and for a plain answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import lru_cache
from types import ModuleType
from typing import Any, cast

from torana.core.call import Ask, Call
from torana.core.errors import GatewayError
from torana.core.trail import Trail
from torana.dialects.envelope import Envelope
from torana.edge.body import ClientGone, read_body
from torana.edge.dress import Dresser
from torana.edge.head import Head, read_head
from torana.edge.house import CLEAN, House, Receive, Scope, Send
from torana.edge.refuse import send_refusal
from torana.edge.reply_head import has_events, reply_headers, trailer
from torana.edge.watch import Watch
from torana.line.answer import answer
from torana.line.cache_reads import Read, read_lately
from torana.line.rooms import Rooms
from torana.line.settle import LEAVING_CODES, Closing
from torana.ports.dialect import ClientSide, Dressed

log = logging.getLogger("torana.edge")

Task = asyncio.Task[Any]

ASK_WHO_ABOVE_BYTES = 64 * 1024

LAST_WORDS = {
    "body_timeout": "The body of this request did not arrive in time.",
    "shutdown": "This gateway is shutting down. Try again; another one will answer.",
    "revoked": "The key of this request was revoked.",
}


Line = Callable[[Call, Rooms], Awaitable[Closing]]


async def serve_ai(
    house: House, dialect: ClientSide, scope: Scope, receive: Receive, send: Send, line: Line = answer
) -> None:
    """Serve one request of the dialect, whatever happens to it. ``line``: the line, or what leads to it."""
    head = read_head(scope, house)
    clock = house.clock
    if head.envelope and dialect.OPERATION == "chat":
        dialect = Envelope(dialect)
    trail = Trail(head.request_id, house.new_receipt_id(), clock.now(), clock.monotonic())
    trail.dialect = dialect.ID
    trail.operation = dialect.OPERATION
    trail.address = head.address
    trail.conversation = head.conversation
    trail.strict = head.strict
    trail.said = head.said
    if head.trace or house.tracing.on:
        trail.trace = house.tracing.begin(head.trace, head.tracestate, trail.receipt_id)
        if trail.trace is not None:
            trail.trace.started_s = trail.started_s
    if house.rooms.router.headers:
        trail.headers = carried(scope, house.rooms.router.headers)
    task = cast(Task, asyncio.current_task(house.lookout.loop))  # an ASGI application always runs in a task
    house.running[task] = trail
    house.tally.in_flight += 1
    wire = Wire(send, dialect, head.request_id, task)
    wire.line = line
    if is_dressed(dialect):
        wire.dresser = Dresser(cast(Dressed, dialect), clock)
    try:
        await serve_or_refuse(house, scope, head, receive, trail, wire)
    except asyncio.CancelledError:
        if trail.leaving is None:
            raise
        task.uncancel()  # it was one of us who cancelled, and the cancelling ends here
        await wire.leave(trail.leaving)
    finally:
        wire.unwatch()
        del house.running[task]
        house.tally.in_flight -= 1


@lru_cache(maxsize=64)
def tells_its_way(dialect: ModuleType) -> bool:
    """Whether the dialect's answers tell of their own way. Remembered: of a module that lacks a name, asking is slow."""
    return hasattr(dialect, "dress")


def is_dressed(dialect: ClientSide) -> bool:
    """The same of a dialect that may be made for one request."""
    return tells_its_way(dialect) if isinstance(dialect, ModuleType) else hasattr(dialect, "dress")


async def serve_or_refuse(house: House, scope: Scope, head: Head, receive: Receive, trail: Trail, wire: Wire) -> None:
    """Serve one request, or tell its caller why not."""
    rooms = house.rooms
    try:
        call = await read_call(house, rooms, wire.dialect, head, receive, trail)
        if wire.dialect.CARRIES:
            call.carried = carried(scope, wire.dialect.CARRIES)
        wire.watch = Watch(receive, wire.task, trail, house.lookout)
        await wire.reply(await wire.line(call, rooms))
    except GatewayError as error:
        await wire.refuse(error)
    except ClientGone:
        pass  # nobody is there to be told
    except Exception:  # the last net: the caller gets an error of ours, the log the traceback, the process lives
        log.exception("a request failed inside the gateway", extra={"request_id": head.request_id})
        await wire.refuse(GatewayError("INTERNAL", "The gateway failed on this request. The log names it by its id."))


async def read_call(
    house: House, rooms: Rooms, dialect: ClientSide, head: Head, receive: Receive, trail: Trail
) -> Call:
    """The Call. Raises GatewayError, ClientGone; a body that cannot be read has its Receipt, like all else."""
    try:
        if house.draining or house.views.overloaded():
            raise GatewayError("OVERLOADED", "This gateway takes no new requests now.", retry_after_s=1)
        if head.content_length is None or head.content_length > ASK_WHO_ABOVE_BYTES:
            # Nobody unknown makes us hold a large body; the line identifies every caller again, as its first step.
            await rooms.gate.identify(Call(dialect.ID, dialect.OPERATION, b"", head.credentials, dialect.read, trail))
        body = await read_body(receive, head.content_length, house.bounds)
    except ClientGone as gone:
        trail.leaving = "client_gone"
        rooms.ledger.refuse(trail, asyncio.CancelledError(gone))
        raise
    except BaseException as error:
        rooms.ledger.refuse(trail, error)
        raise
    trail.reading = False
    trail.request_bytes = len(body)
    read: Read = dialect.read
    if head.senseless:
        read = refusing(head.senseless)
    elif rooms.cache.keeps and isinstance(dialect, ModuleType):
        read = read_lately(read)
    call = Call(dialect.ID, dialect.OPERATION, body, head.credentials, read, trail)
    call.bound = getattr(dialect, "bound", None)
    return call


def refusing(header: str) -> Read:
    """Reads no body: whoever asks for something by a header of ours is not left to believe that it was heard."""

    def read(body: bytes) -> Ask:
        raise GatewayError("REQUEST_INVALID", f"{header}: expected true or false.", param=header)

    return read


def carried(scope: Scope, names: frozenset[bytes]) -> tuple[tuple[str, str], ...]:
    """The request headers that belong to the dialect."""
    return tuple((name.decode(), value.decode("latin-1")) for name, value in scope["headers"] if name in names)


class Wire:
    """The way back to one caller; knows what may still be said on it."""

    __slots__ = ("_begun", "_open", "_request_id", "_send", "dialect", "dresser", "line", "task", "watch")

    def __init__(self, send: Send, dialect: ClientSide, request_id: str, task: Task) -> None:
        self.task = task
        self._send = send
        self._request_id = request_id
        self._begun = False
        """An answer was begun: its status can no longer be chosen."""
        self._open = False
        """A stream of events was begun and not ended: an event can be added."""
        self.dialect = dialect
        self.line: Line = answer
        self.dresser: Dresser | None = None
        """Of a dialect whose answers tell of their own way."""
        self.watch: Watch | None = None

    async def reply(self, closing: Closing) -> None:
        """Send the whole Reply; the Closing is closed whatever happens. Raises ClientGone when sending failed."""
        try:
            await self._reply(closing)
        except OSError as fault:
            if closing.hold.closed:
                raise  # not from the socket: the source's own
            raise ClientGone from fault  # ASGI 2.4: sending to a caller who left raises OSError
        except Exception:
            closing.fail()
            raise
        finally:
            await closing.aclose()

    async def _reply(self, closing: Closing) -> None:
        send = self._send
        reply = closing.reply
        try:
            chunk = await closing.__anext__()
        except StopAsyncIteration:
            await self._nothing(closing)
            return
        body = chunk.wire
        if self.dresser is not None and not reply.stream:
            body = self.dresser.whole(body, closing)
        length = None if reply.stream else len(body)
        headers = reply_headers(closing, self._request_id, length)
        self._begun = True
        await send({"type": "http.response.start", "status": reply.status, "headers": headers, CLEAN: length})
        if not reply.stream:
            self.unwatch()  # servers report the end of an answer as a disconnect too
            await send({"type": "http.response.body", "body": body})
            if closing.ended():
                return
            async for _ in closing:
                log.error("a plain answer had a second chunk", extra={"request_id": self._request_id})
            return
        self._open = has_events(headers)
        await send({"type": "http.response.body", "body": body, "more_body": True})
        async for chunk in closing:
            await send({"type": "http.response.body", "body": chunk.wire, "more_body": True})
        last = trailer(closing) if self._open and getattr(self.dialect, "COMMENTS", True) else b""
        if self.dresser is not None and self._open:
            last = self.dresser.end(closing) + last
        self._open = False
        self.unwatch()
        await send({"type": "http.response.body", "body": last})

    async def _nothing(self, closing: Closing) -> None:
        """Send an answer without a body; its length is not said where HTTP has none (RFC 9110, section 8.6)."""
        headers = reply_headers(closing, self._request_id, 0)
        if closing.reply.status in (204, 304):
            headers = [header for header in headers if header[0] not in (b"content-length", b"content-type")]
        self._begun = True
        self.unwatch()
        await self._send({"type": "http.response.start", "status": closing.reply.status, "headers": headers, CLEAN: 0})
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, error: GatewayError) -> None:
        """Tell the caller: as an answer, or as the last event of a stream that has begun; else nothing can be said.

        Then the server closes the connection in the middle of the answer, which is what HTTP knows for that.
        """
        self.unwatch()
        try:
            if not self._begun:
                self._begun = True
                await send_refusal(self._send, error, self.dialect, self._request_id)
            elif self._open:
                self._open = False
                body = self.dialect.refuse_event(error, self._request_id)
                await self._send({"type": "http.response.body", "body": body})
        except OSError:
            log.debug("a caller left before it was refused", extra={"request_id": self._request_id})

    async def leave(self, why: str) -> None:
        """End a cancelled request: in silence when the caller left, with a word when it was us."""
        if why in LAST_WORDS:
            code = LEAVING_CODES[why]
            await self.refuse(GatewayError(code, LAST_WORDS[why], retry_after_s=1 if code == "OVERLOADED" else None))

    def unwatch(self) -> None:
        """From here on a caller who leaves cancels nothing."""
        watch = self.watch
        if watch is not None:
            self.watch = None
            watch.stop()
