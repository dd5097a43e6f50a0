"""An upstream that answers every POST with a stream of events, each stream on its own timer. A process of its own."""

from __future__ import annotations

import argparse
import asyncio
from typing import cast

import uvloop

from tests.bench import wire

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


class Stream(asyncio.Protocol):
    """One connection: a request, the events at their times, the next request."""

    def __init__(self, pieces: list[bytes], gap_s: float) -> None:
        self._pieces = pieces
        self._gap_s = gap_s
        self._held = b""
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._held += data
        if whole(self._held):
            self._held = b""
            self._transport.write(_HEAD)
            self._next(0, self._loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _next(self, number: int, began: float) -> None:
        self._transport.write(self._pieces[number])
        if number + 1 < len(self._pieces):
            # Counted from the beginning, so that late timers do not add up.
            self._timer = self._loop.call_at(began + (number + 1) * self._gap_s, self._next, number + 1, began)


def whole(data: bytes) -> bool:
    """Whether ``data`` holds a complete request, by Content-Length or by the last chunk."""
    head, mark, body = data.partition(b"\r\n\r\n")
    if not mark:
        return False
    for line in head.lower().split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return len(body) >= int(value)
        if name == b"transfer-encoding":
            return body.endswith(b"0\r\n\r\n")
    return True


async def serve(port: int, events: list[bytes], gap_s: float) -> None:
    """Serve until the process is ended."""
    framed = [b"%x\r\n%b\r\n" % (len(event), event) for event in events]
    framed[-1] += b"0\r\n\r\n"
    server = await asyncio.get_running_loop().create_server(
        lambda: Stream(framed, gap_s), "127.0.0.1", port, backlog=4096
    )
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--events", type=int, default=wire.EVENTS)
    parser.add_argument("--gap-ms", type=float, default=5.0)
    parser.add_argument("--messages", action="store_true", help="in Anthropic's dialect")
    given = parser.parse_args()
    made = wire.message_events(wire.CLAUDE_STREAM, given.events) if given.messages else None
    uvloop.run(serve(given.port, made or wire.events(wire.STREAM, given.events), given.gap_ms / 1000))
