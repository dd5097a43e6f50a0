"""How a fake provider answers one request: well, slowly, rudely or not at all.

A play is an async function of an Exchange that writes raw HTTP. It keeps no state between requests;
``fake_upstream`` runs it, and ``BY_NAME`` lets a request choose one by its model name.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Headers = Sequence[tuple[str, str]]
PIECE = 64 * 1024


class Request(NamedTuple):
    """One request as the fake received it. Header names are as sent, in order."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    """Number of the connection it came on, from 0."""

    def header(self, name: str) -> str | None:
        """The first value of a header, by any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """The body as JSON; an empty object when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


class Exchange(Protocol):
    """What a play may do on its connection."""

    request: Request

    async def write(self, data: bytes) -> None:
        """Send bytes and wait until the socket takes them. Raises ConnectionError when the client is gone."""
        ...

    def close(self) -> None:
        """Close the connection in order (FIN)."""
        ...

    def reset(self) -> None:
        """Close the connection with a reset (RST)."""
        ...

    async def gone(self) -> None:
        """Wait until the client closed the connection."""
        ...


Play = Callable[[Exchange], Awaitable[None]]

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


def chat_answer(content: str = "Hello! " * 40, model: str = "fake-1") -> bytes:
    """A plain chat completion; 730 bytes as it stands, the size the benchmarks are made with."""
    body = {
        "id": "chatcmpl-fake0000000000000000000001",
        "object": "chat.completion",
        "created": 1750000000,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 80, "total_tokens": 92},
        "service_tier": "default",
        "system_fingerprint": "",
    }
    wire = json.dumps(body, separators=(",", ":"))
    body["system_fingerprint"] = "fp_" + "0" * max(0, 727 - len(wire))
    return json.dumps(body, separators=(",", ":")).encode()


def chat_event(delta: Mapping[str, object], finish: str | None = None, *, model: str = "fake-1") -> bytes:
    """One streamed chunk, as an event."""
    return event(
        {
            "id": "chatcmpl-fake0000000000000000000001",
            "object": "chat.completion.chunk",
            "created": 1750000000,
            "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
    )


def event(body: object) -> bytes:
    """A value as one event."""
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


def usage_event(events: int, *, model: str = "fake-1") -> bytes:
    """The last chunk of a stream that was asked for its usage."""
    return event(
        {
            "id": "chatcmpl-fake0000000000000000000001",
            "object": "chat.completion.chunk",
            "created": 1750000000,
            "model": model,
            "choices": [],
            "usage": {"prompt_tokens": 12, "completion_tokens": events, "total_tokens": 12 + events},
        }
    )


DONE = b"data: [DONE]\n\n"
CHAT = chat_answer()


def head(status: int = 200, headers: Headers = (), length: int | None = None) -> bytes:
    """A status line and headers; ``length`` None means a chunked body."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", framing, *(f"{k}: {v}" for k, v in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Data as one HTTP chunk; empty data ends the body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


JSON: Headers = (("Content-Type", "application/json"),)
EVENTS: Headers = (("Content-Type", "text/event-stream"),)


class Plain:
    """A fixed answer, built once: the fast one for load tests."""

    def __init__(self, body: bytes = CHAT, status: int = 200, headers: Headers = JSON) -> None:
        self.wire = head(status, headers, len(body)) + body

    async def __call__(self, exchange: Exchange) -> None:
        await exchange.write(self.wire)


class Stream:
    """A streamed chat answer: ``events`` content events ``gap_s`` apart, usage when asked for, [DONE]."""

    def __init__(self, events: int = 5, gap_s: float = 0.0, *, size: int = 6) -> None:
        self.events = events
        self.gap_s = gap_s
        self.first = chunk(chat_event({"role": "assistant", "content": ""}))
        self.each = chunk(chat_event({"content": ("lorem ipsum " * (size // 12 + 1))[:size]}))
        self.last = chunk(chat_event({}, "stop"))
        self.usage = chunk(usage_event(events))

    async def __call__(self, exchange: Exchange) -> None:
        options = exchange.request.json().get("stream_options")
        end = self.usage if isinstance(options, dict) and options.get("include_usage") else b""
        await exchange.write(head(200, EVENTS) + self.first)
        for _ in range(self.events):
            if self.gap_s:
                await asyncio.sleep(self.gap_s)
            await exchange.write(self.each)
        await exchange.write(self.last + end + chunk(DONE) + chunk(b""))


class Chat:
    """What a chat provider does: stream when the request says so."""

    def __init__(self, plain: Play, stream: Play) -> None:
        self.plain = plain
        self.stream = stream

    def choose(self, request: Request) -> Play:
        """The play for this request; looks at bytes only, so that load tests measure others."""
        body = request.body
        return self.stream if b'"stream":true' in body or b'"stream": true' in body else self.plain

    async def __call__(self, exchange: Exchange) -> None:
        await self.choose(exchange.request)(exchange)


def raw(*pieces: bytes, then: str = "keep") -> Play:
    """Exactly these bytes, piece by piece; ``then`` keep, close, reset or hold (until the client goes)."""

    async def play(exchange: Exchange) -> None:
        for piece in pieces:
            await exchange.write(piece)
        if then == "close":
            exchange.close()
        elif then == "reset":
            exchange.reset()
        elif then == "hold":
            await exchange.gone()

    return play


def fed(queue: asyncio.Queue[bytes | None], *, status: int = 200, headers: Headers = EVENTS) -> Play:
    """A chunked answer whose pieces the test puts into a queue, one by one; None ends it."""

    async def play(exchange: Exchange) -> None:
        await exchange.write(head(status, headers))
        while (piece := await queue.get()) is not None:
            await exchange.write(chunk(piece))
        await exchange.write(chunk(b""))

    return play


def status(code: int, *, retry_after: str | None = None, message: str = "the fake says no", kind: str = "") -> Play:
    """An error answer in the OpenAI shape."""
    error = {"message": message, "type": kind or "server_error", "param": None, "code": None}
    extra = [("Retry-After", retry_after)] if retry_after is not None else []
    return Plain(json.dumps({"error": error}).encode(), code, [*JSON, *extra])


def gated(gate: asyncio.Event, then: Play) -> Play:
    """Say nothing until the gate opens."""

    async def play(exchange: Exchange) -> None:
        await gate.wait()
        await then(exchange)

    return play


def slow_head(seconds: float, then: Play) -> Play:
    """Say nothing for a while, then answer."""

    async def play(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await then(exchange)

    return play


def _events(count: int) -> Iterable[bytes]:
    return (chunk(chat_event({"content": "word "})) for _ in range(count))


def stall_after(events: int = 2) -> Play:
    """Some events, then nothing, with the connection open."""
    return raw(head(200, EVENTS), *_events(events), then="hold")


def reset_mid_stream(events: int = 2) -> Play:
    """Some events, then a reset."""
    return raw(head(200, EVENTS), *_events(events), then="reset")


def truncate(events: int = 2) -> Play:
    """Some events, then an orderly close in the middle of the chunked body."""
    return raw(head(200, EVENTS), *_events(events), then="close")


def no_done(events: int = 2) -> Play:
    """A stream that is whole as HTTP but ends without [DONE] or a finish reason."""
    return raw(head(200, EVENTS), *_events(events), chunk(b""))


def half_json() -> Play:
    """A 200 whose JSON stops in the middle."""
    return Plain(CHAT[: len(CHAT) // 2])


def bad_event(events: int = 1) -> Play:
    """Some events, then one that is not JSON."""
    return raw(head(200, EVENTS), *_events(events), chunk(b'data: {"id": "chatcmpl\n\n'), chunk(DONE), chunk(b""))


def error_inside_200(events: int = 0) -> Play:
    """A 200 stream with an error object in an event."""
    error = {"error": {"message": "the model fell over", "type": "server_error", "param": None, "code": None}}
    return raw(head(200, EVENTS), *_events(events), chunk(event(error)), chunk(b""))


def huge(size: int) -> Play:
    """A chunked answer of ``size`` bytes."""

    async def play(exchange: Exchange) -> None:
        await exchange.write(head(200, JSON))
        left = size
        while left > 0:
            await exchange.write(chunk(b"x" * min(left, PIECE)))
            left -= PIECE
        await exchange.write(chunk(b""))

    return play


def byte_by_byte(then: bytes = CHAT) -> Play:
    """A whole answer with each byte in a write, and a chunk, of its own."""
    wire = head(200, JSON) + b"".join(chunk(then[i : i + 1]) for i in range(len(then))) + chunk(b"")

    async def play(exchange: Exchange) -> None:
        for i in range(len(wire)):
            await exchange.write(wire[i : i + 1])
            await asyncio.sleep(0)

    return play


def gzipped(body: bytes = CHAT, coding: str = "gzip") -> Play:
    """An answer in gzip although nobody asked for it."""
    return Plain(gzip.compress(body), 200, [*JSON, ("Content-Encoding", coding)])


CLOSE: Play = raw(then="close")
"""Take the request and close without a word."""
SILENT: Play = raw(then="hold")
"""Take the request and never answer."""

BY_NAME: Mapping[str, Play] = {
    "slow_head": slow_head(2.0, Chat(Plain(), Stream())),
    "silent": SILENT,
    "close_without_answer": CLOSE,
    "stall_after": stall_after(),
    "reset_mid_stream": reset_mid_stream(),
    "truncate": truncate(),
    "no_done": no_done(),
    "half_json": half_json(),
    "bad_event": bad_event(),
    "error_inside_200": error_inside_200(),
    "error_mid_stream": error_inside_200(2),
    "status_400": status(400, kind="invalid_request_error"),
    "status_401": status(401, kind="authentication_error"),
    "status_429": status(429, retry_after="1", kind="rate_limit_error"),
    "status_500": status(500),
    "status_503": status(503, retry_after="1"),
    "huge": huge(100 * 1024 * 1024),
    "byte_by_byte": byte_by_byte(),
    "gzipped": gzipped(),
}
