"""A stream of events sent as one JSON array, for callers of Google's API who asked for no events.

It decides nothing about the answer and sees only what goes out. Called by ``google_routes``.
"""

from __future__ import annotations

from torana.core.sse import SseSplitter
from torana.edge.house import CLEAN, Message, Send

EVENTS = b"text/event-stream"
JSON_TYPE = b"application/json; charset=UTF-8"


def as_array(send: Send) -> Send:
    """A ``send`` that makes elements of events, one each, and an array of an answer that came whole: an error.

    Google's API sends errors of a streaming method in an array too. Comments have no place in JSON and are left out.
    """
    return _Array(send).send


class _Array:
    """One answer on its way out."""

    __slots__ = ("_begun", "_events", "_send", "_splitter")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._splitter = SseSplitter()
        self._events = False
        self._begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        elif self._events:
            more = bool(message.get("more_body"))
            await self._send({**message, "body": self._elements(message.get("body", b""), last=not more)})
        else:
            await self._send({**message, "body": b"[" + message.get("body", b"") + b"]"})

    async def _start(self, message: Message) -> None:
        headers: list[tuple[bytes, bytes]] = []
        for name, value in message["headers"]:
            if name == b"content-type" and value.startswith(EVENTS):
                self._events = True
                headers.append((name, JSON_TYPE))
            elif name == b"content-length":
                headers.append((name, b"%d" % (int(value) + 2)))
            else:
                headers.append((name, value))
        length = message.get(CLEAN)
        told = {CLEAN: None if length is None else length + 2} if CLEAN in message else {}
        await self._send({**message, "headers": headers, **told})

    def _elements(self, body: bytes, *, last: bool) -> bytes:
        parts: list[bytes] = []
        for event in self._splitter.feed(body):
            if event.data is not None:
                parts += (b",\r\n" if self._begun else b"[", event.data)
                self._begun = True
        if last:
            parts.append(b"]" if self._begun else b"[]")
        return b"".join(parts)
