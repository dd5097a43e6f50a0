"""uvicorn's HTTP/1.1 protocol with what it leaves open: bounded heads, no waiting for ever, one write an answer.

It parses nothing itself and decides nothing about requests. Given to uvicorn by ``server``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from torana.core.errors import GatewayError
from torana.dialects import openai_chat

MAX_HEAD_BYTES = 64 * 1024
HEAD_TIMEOUT_S = 30.0
"""From the first byte of a head, or from the opening of a connection that says nothing, to the end of the head."""
LOOK_EVERY_S = 5.0


class OneWrite:
    """A transport that sends the head of an answer together with the first of its body: one system call, not two.

    One per request, because only its first write is the head. An interim ``100 Continue`` goes at once.
    """

    __slots__ = ("_held", "_then", "_transport", "_waits")

    def __init__(self, transport: asyncio.Transport, then: Callable[[], None]) -> None:
        self._transport = transport
        self._then = then
        self._held = b""
        self._waits = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write, or hold back the head."""
        if self._held:
            data = self._held + data
            self._held = b""
        elif self._waits and not data.startswith(b"HTTP/1.1 100"):
            self._waits = False
            self._held = data
            return
        self._transport.write(data)

    def close(self) -> None:
        """Close; a held head goes first."""
        self._flush()
        self._transport.close()

    def finished(self) -> None:
        """The answer is over."""
        self._flush()
        self._then()

    def _flush(self) -> None:
        """Send a head that no body followed: the answer to HEAD, 204 or 304."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)


class Http1(HttpToolsProtocol):
    """One connection of a client."""

    def connection_made(self, transport: Any) -> None:
        """A connection is open: its first head is awaited from now on."""
        super().connection_made(transport)
        self._head_bytes = 0
        self._head_since: float | None = self.loop.time()
        self._packet_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Bytes came; those of a head are counted until it ends."""
        self._packet_bytes = len(data)
        if self._head_since is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES + len(data):
                self.send_400_response(f"The head of this request is larger than {MAX_HEAD_BYTES // 1024} KB.")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()
            self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """A request's head is in: its cycle, made by uvicorn, gets a transport of its own.

        Raises ValueError for a head that came in one large packet and is too large; the parser makes it a 400.
        """
        self._head_since = None
        if self._packet_bytes > MAX_HEAD_BYTES and size_of(self.headers) > MAX_HEAD_BYTES:
            raise ValueError("the head is too large")
        before: Any = self.cycle
        super().on_headers_complete()
        cycle: Any = self.cycle
        if cycle is not before:
            cycle.transport = transport = OneWrite(self.transport, cycle.on_response)
            cycle.on_response = transport.finished

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the OpenAI shape, and close. No Receipt: there is no request."""
        body = openai_chat.refuse(GatewayError("REQUEST_INVALID", msg), "")
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def give_up(self, now: float) -> None:
        """Close when a head has been awaited for too long."""
        if self._head_since is not None and now - self._head_since > HEAD_TIMEOUT_S:
            self.transport.close()


def size_of(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The bytes of all names and values."""
    return sum(len(name) + len(value) for name, value in headers)


async def give_up_on(connections: Callable[[], Iterable[object]]) -> None:
    """Close connections whose heads do not come, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = asyncio.get_running_loop().time()
        for connection in list(connections()):
            if isinstance(connection, Http1):
                connection.give_up(now)
