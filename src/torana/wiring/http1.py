"""uvicorn's HTTP/1.1 protocol with what it leaves open: bounded heads, no waiting for ever, a short road for the edge's answers.

It parses nothing itself and decides nothing about requests. Given to uvicorn by ``server``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from httptools import parse_url
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from torana.core.errors import GatewayError
from torana.dialects import openai_chat
from torana.edge.house import CLEAN

MAX_HEAD_BYTES = 64 * 1024
HEAD_TIMEOUT_S = 30.0
"""From the first byte of a head, or from the opening of a connection that says nothing, to the end of the head."""
LOOK_EVERY_S = 5.0
MOST_REMEMBERED_BYTES = 128
SLACK_S = 0.002
"""Event loops keep time in milliseconds and may call a timer one early."""


class Cycle(RequestResponseCycle):
    """uvicorn's request and response, with a short road for the edge's own answers.

    A message that carries CLEAN has headers that the edge made fit for the wire: they are not searched again, and the
    head leaves together with the first of the body, in one system call instead of two. All else goes uvicorn's way.
    """

    held: bytes = b""
    """A head that waits for the first of its body."""
    short = False
    given = False
    """The whole body was received in one piece."""

    async def receive(self) -> Any:
        """ASGI ``receive``: a body that is here already is given without waiting."""
        if self.more_body or self.response_complete or self.disconnected or self.waiting_for_100_continue or self.given:
            return await super().receive()
        self.given = True
        self.flow.resume_reading()
        self.message_event.clear()
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        """ASGI ``send``."""
        if self.short:
            if self.flow.write_paused and not self.disconnected:
                await self.flow.drain()
            if not self.disconnected:
                self._body(message.get("body", b""), message.get("more_body", False))
        elif CLEAN in message and not self.response_started:
            self._begin(message["status"], message["headers"], message[CLEAN])
        else:
            await super().send(message)

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]], length: int | None) -> None:
        self.short = self.response_started = True
        self.waiting_for_100_continue = False
        lines = b"\r\n".join(map(b": ".join, (*self.default_headers, *headers)))
        self.chunked_encoding = length is None
        self.expected_content_length = length or 0
        ending = b"\r\n\r\n" if length is not None else b"\r\ntransfer-encoding: chunked\r\n\r\n"
        if not self.keep_alive:
            ending = b"\r\nconnection: close" + ending
        self.held = STATUS_LINE[status] + lines + ending

    def _body(self, body: bytes, more: bool) -> None:
        """Write a part of the body. Raises RuntimeError when it is not as long as was said, as uvicorn does."""
        if self.response_complete:
            raise RuntimeError("a message after the end of the answer")
        if self.chunked_encoding:
            data = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if not more:
                data += b"0\r\n\r\n"
        else:
            data = body
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0 or (self.expected_content_length and not more):
                raise RuntimeError("an answer is not as long as its head said")
        if self.held:
            data = self.held + data
            self.held = b""
        self.transport.write(data)
        if not more:
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()


class Http1(HttpToolsProtocol):
    """One connection of a client."""

    def connection_made(self, transport: Any) -> None:
        """A connection is open: its first head is awaited from now on."""
        super().connection_made(transport)
        self._head_bytes = 0
        self._head_since: float | None = self.loop.time()
        self._packet_bytes = 0
        self._rests_since: float | None = None
        """Since when no request is under way and none has begun; None: not now."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and what was to close it."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def on_response_complete(self) -> None:
        """An answer has left: the next request of the pipeline begins, or the connection rests.

        As uvicorn does, but that one timer goes on from rest to rest: to set and unset one costs 1 % of a request.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._rests_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._close_after(self.timeout_keep_alive)

    def _unset_keepalive_if_required(self) -> None:
        self._rests_since = None

    def _close_after(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close what has rested for long enough; look again later at what has not, unless a request is under way."""
        self.timeout_keep_alive_task = None
        if self._rests_since is None:
            return
        left_s = self._rests_since + self.timeout_keep_alive - self.loop.time()
        if left_s > SLACK_S:
            self._close_after(left_s)
        elif not self.transport.is_closing():
            self.transport.close()

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
        """A request's head is in: its cycle, made by uvicorn, gets our short road.

        Raises ValueError for a head that came in one large packet and is too large; the parser makes it a 400.
        """
        self._head_since = None
        if self._packet_bytes > MAX_HEAD_BYTES and size_of(self.headers) > MAX_HEAD_BYTES:
            raise ValueError("the head is too large")
        scope, parser = self.scope, self.parser
        version = parser.get_http_version()
        scope["method"] = parser.get_method().decode("ascii")
        if version != "1.1":
            scope["http_version"] = version
        scope["path"], scope["raw_path"], scope["query_string"] = target_of(self.url)
        before: Any = self.cycle
        self.cycle = cycle = Cycle.__new__(Cycle)
        # By hand: so many words given to a class are gathered in a dict first.
        cycle.__init__(  # type: ignore[misc]
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:  # pipelined
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

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


def target_of(url: bytes) -> tuple[str, bytes, bytes]:
    """The path, the path as it came, and the query of a request's target. Raises ValueError for what is none."""
    # A query may hold a key: it is not remembered.
    return plain_target(url) if url.find(b"?") < 0 and len(url) < MOST_REMEMBERED_BYTES else read_target(url)


def read_target(url: bytes) -> tuple[str, bytes, bytes]:
    """The same, read."""
    parsed = parse_url(url)
    raw = parsed.path
    path = raw.decode("ascii")
    return unquote(path) if "%" in path else path, raw, parsed.query or b""


plain_target = lru_cache(maxsize=1024)(read_target)


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
