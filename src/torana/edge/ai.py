"""One AI request on the wire: head and body in, the line, the answer out.

It shapes and sends; every decision is the line's. The same road for a stream and for a plain answer.
"""

from __future__ import annotations

import asyncio
import logging

from torana.core.call import Call
from torana.core.errors import GatewayError
from torana.core.trail import Trail
from torana.edge.body import ClientGone, read_body
from torana.edge.head import Head, read_head
from torana.edge.house import House, Receive, Scope, Send
from torana.edge.reply_head import reply_headers, trailer
from torana.edge.refuse import send_refusal
from torana.edge.watch import Watch
from torana.line.answer import answer
from torana.line.rooms import Rooms
from torana.line.settle import Closing
from torana.ports.dialect import Dialect

log = logging.getLogger("torana.edge")

LEAVING = {
    "body_timeout": ("REQUEST_TIMEOUT", "The body of this request did not arrive in time."),
    "shutdown": ("OVERLOADED", "This gateway is shutting down. Try again; another one will answer."),
    "revoked": ("TOKEN_REVOKED", "The key of this request was revoked."),
}


async def serve_ai(house: House, dialect: Dialect, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request of the dialect, whatever happens to it."""
    head = read_head(scope, house)
    clock = house.clock
    trail = Trail(head.request_id, house.new_receipt_id(), clock.now(), clock.monotonic())
    trail.dialect = dialect.ID
    trail.operation = dialect.OPERATION
    trail.address = head.address
    rooms = house.rooms
    task = asyncio.current_task()
    assert task is not None
    house.running[task] = trail
    house.tally.in_flight += 1
    wire = Wire(send, dialect, head.request_id)
    watch: Watch | None = None
    try:
        call = await read_call(house, rooms, dialect, head, receive, trail)
        if call is None:
            return
        watch = Watch(receive, task, trail, asyncio.get_running_loop())
        await wire.reply(await answer(call, rooms))
    except GatewayError as error:
        await wire.refuse(error)
    except asyncio.CancelledError:
        if trail.leaving is None:
            raise
        await leave(task, trail, wire)
    except Exception:  # the last net: the caller gets an error of ours, the log the traceback, the process lives
        log.exception("a request failed inside the gateway", extra={"request_id": head.request_id})
        await wire.refuse(GatewayError("INTERNAL", "The gateway failed on this request. The log names it by its id."))
    finally:
        if watch is not None:
            watch.stop()
        del house.running[task]
        house.tally.in_flight -= 1


async def read_call(
    house: House, rooms: Rooms, dialect: Dialect, head: Head, receive: Receive, trail: Trail
) -> Call | None:
    """The Call, None when the caller left. A body that cannot be read is refused with a Receipt, like all else."""
    try:
        if house.draining or house.views.overloaded():
            raise GatewayError("OVERLOADED", "This gateway takes no new requests now.", retry_after_s=1)
        body = await read_body(receive, head.content_length, house.bounds)
    except (GatewayError, asyncio.CancelledError) as error:
        rooms.ledger.refuse(trail, error)
        raise
    except ClientGone as gone:
        trail.leaving = "client_gone"
        rooms.ledger.refuse(trail, asyncio.CancelledError(gone))
        return None
    trail.reading = False
    trail.request_bytes = len(body)
    return Call(dialect.ID, dialect.OPERATION, body, head.credentials, dialect.read, trail)


async def leave(task: asyncio.Task[object], trail: Trail, wire: Wire) -> None:
    """End a cancelled request: in silence when the caller left, with a word when it was us."""
    reason = LEAVING.get(trail.leaving or "")
    if reason is not None:
        task.uncancel()
        await wire.refuse(GatewayError(reason[0], reason[1], retry_after_s=1 if reason[0] == "OVERLOADED" else None))


class Wire:
    """The way back to one caller; knows whether an answer has begun."""

    __slots__ = ("_begun", "_dialect", "_request_id", "_send")

    def __init__(self, send: Send, dialect: Dialect, request_id: str) -> None:
        self._send = send
        self._dialect = dialect
        self._request_id = request_id
        self._begun = False

    async def reply(self, closing: Closing) -> None:
        """Send the whole Reply; the Closing is closed whatever happens."""
        send = self._send
        reply = closing.reply
        try:
            chunk = await closing.__anext__()
            headers = reply_headers(closing, self._request_id, None if reply.stream else len(chunk.wire))
            self._begun = True
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            if not reply.stream:
                await send({"type": "http.response.body", "body": chunk.wire})
                async for _ in closing:
                    log.error("a plain answer had a second chunk", extra={"request_id": self._request_id})
                return
            await send({"type": "http.response.body", "body": chunk.wire, "more_body": True})
            async for chunk in closing:
                await send({"type": "http.response.body", "body": chunk.wire, "more_body": True})
            await send({"type": "http.response.body", "body": trailer(closing)})
        finally:
            await closing.aclose()

    async def refuse(self, error: GatewayError) -> None:
        """Tell the caller: as an answer, or as the last event of a stream that has begun."""
        if not self._begun:
            self._begun = True
            await send_refusal(self._send, error, self._dialect, self._request_id)
            return
        body = self._dialect.refuse_event(error, self._request_id)
        await self._send({"type": "http.response.body", "body": body})
