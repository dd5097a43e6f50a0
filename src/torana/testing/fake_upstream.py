"""A provider to test against: raw HTTP/1.1 over asyncio, scripted by plays, in process or as a program.

It records what it was sent and whether the client closed each connection; it checks no credentials.
``python -m torana.testing.fake_upstream --port 9000 --events 100 --gap-ms 5`` serves load tests.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import socket
import ssl
import struct
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self, cast

from torana.testing.plays import BY_NAME, Chat, Plain, Play, Request, Stream

MODELS = b'{"object":"list","data":[{"id":"fake-1","object":"model","created":1750000000,"owned_by":"fake"}]}'
EMBEDDINGS = (
    b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,0.2,0.3]}],'
    b'"model":"fake-embed","usage":{"prompt_tokens":3,"total_tokens":3}}'
)

_MODEL = re.compile(rb'"model"\s*:\s*"([a-z0-9_]+)"')


class Connection(asyncio.Protocol):
    """One connection of a client: reads requests in turn, runs a play for each. It is the play's Exchange."""

    def __init__(self, server: FakeUpstream) -> None:
        self._server = server
        self._buffer = b""
        self._queue: deque[Request] = deque()
        self._busy: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.closed = asyncio.Event()
        """Set when the connection is over, by whichever side."""
        self.closed_by_client = False
        """The client closed or reset it before the fake did."""
        self.number = 0
        self.written = 0
        """Bytes that plays have written; what the socket did not take yet is among them."""
        self.request: Request

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, not the base class.
        self._transport = cast("asyncio.Transport", transport)
        self.number = self._server.opened
        self._server.opened += 1
        self._server.open.add(self)
        if self._server.greeting:
            self._transport.write(self._server.greeting)
        if self._server.recording:
            self._server.connections.append(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (request := self._take()) is not None:
            self._server.served += 1
            if self._server.recording:
                self._server.requests.append(request)
                self._server.arrived.set()
            self._queue.append(request)
        if self._busy is None:
            self._next()

    def eof_received(self) -> bool:
        self.closed_by_client = True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self.closed_by_client = True
        self._server.open.discard(self)
        self.closed.set()
        self._writable.set()
        if self._busy is not None:
            self._busy.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # Exchange

    async def write(self, data: bytes) -> None:
        """Send; wait while the client does not read. Raises ConnectionResetError when it is gone."""
        if self._transport.is_closing():
            raise ConnectionResetError("the client is gone")
        self.written += len(data)
        self._transport.write(data)
        await self._writable.wait()

    def close(self) -> None:
        """Close in order."""
        self._transport.close()

    def reset(self) -> None:
        """Close with a reset: SO_LINGER of zero makes the kernel send RST."""
        sock: socket.socket = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    async def gone(self) -> None:
        """Wait for the end of the connection."""
        await self.closed.wait()

    # inside

    def _take(self) -> Request | None:
        """A whole request from the buffer. The fake takes Content-Length bodies only."""
        stop = self._buffer.find(b"\r\n\r\n")
        if stop < 0:
            return None
        first, *lines = self._buffer[:stop].decode("latin-1").split("\r\n")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        end = stop + 4 + length
        if len(self._buffer) < end:
            return None
        method, target, _ = first.split(" ")
        body, self._buffer = self._buffer[stop + 4 : end], self._buffer[end:]
        return Request(method, target, headers, body, self.number)

    def _next(self) -> None:
        while self._queue and self._busy is None:
            self.request = self._queue.popleft()
            play = self._server.play_for(self.request)
            if isinstance(play, Plain):
                self._transport.write(play.wire)
            else:
                self._busy = self._server.run(self._perform(play))
                self._busy.add_done_callback(self._performed)

    async def _perform(self, play: Play) -> None:
        try:
            await play(self)
        except ConnectionError:
            self.closed_by_client = True

    def _performed(self, _: asyncio.Future[None]) -> None:
        self._busy = None
        self._next()


class FakeUpstream:
    """The server. ``then`` scripts the next requests; when the script is used up, ``play`` answers.

    Without a script a request picks its play by model name (``plays.BY_NAME``), else gets ``play``.
    Use as an async context manager; ``url`` is its base address without a path.
    """

    def __init__(self, play: Play | None = None, *, tls: ssl.SSLContext | None = None, recording: bool = True) -> None:
        self.play: Play = play if play is not None else Chat(Plain(), Stream())
        self.by_path: dict[str, Play] = {"models": Plain(MODELS), "embeddings": Plain(EMBEDDINGS)}
        self.greeting = b""
        """Bytes sent to each new connection before it asks: what is no HTTP server."""
        self.recording = recording
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self.open: set[Connection] = set()
        self.opened = 0
        self.served = 0
        self.arrived = asyncio.Event()
        """Set when a request is in; clear it yourself to wait for the next."""
        self._script: deque[Play] = deque()
        self._tls = tls
        self._tasks: set[asyncio.Future[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def under_way(self) -> int:
        """Plays that have not ended: answers somebody may be waiting for."""
        return len(self._tasks)

    def then(self, *plays: Play) -> None:
        """Add plays for the next requests, in order of arrival."""
        self._script.extend(plays)

    def play_for(self, request: Request) -> Play:
        """The play that answers this request."""
        if self._script:
            play = self._script.popleft()
        else:
            play = self.by_path.get(request.target.partition("?")[0].rpartition("/")[2]) or self._named(request)
        return play.choose(request) if isinstance(play, Chat) else play

    def _named(self, request: Request) -> Play:
        """The play the request names as its model."""
        name = _MODEL.search(request.body)
        return BY_NAME.get(name[1].decode(), self.play) if name else self.play

    def run(self, work: Awaitable[None]) -> asyncio.Future[None]:
        """The one tracked runner: plays live as long as their connection, or the server."""
        task = asyncio.ensure_future(work)  # noqa: TID251 (held in _tasks until done)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def start(self, host: str = "127.0.0.1", port: int = 0, *, backlog: int = 4096) -> None:
        """Listen; port 0 takes a free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), host, port, ssl=self._tls, backlog=backlog)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, drop all connections, end all plays."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.open):
            connection.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


async def _serve(options: argparse.Namespace, ready: Callable[[str], object]) -> None:
    stream = Stream(options.events, options.gap_ms / 1000, size=options.event_bytes)
    server = FakeUpstream(Chat(Plain(), stream), recording=False)
    await server.start(options.host, options.port)
    ready(f"fake upstream on http://{options.host}:{server.port}/v1\n")
    await asyncio.Event().wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a program until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m torana.testing.fake_upstream", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free port and prints it")
    parser.add_argument("--events", type=int, default=100, help="content events of a stream")
    parser.add_argument("--gap-ms", type=float, default=0.0, help="pause between events")
    parser.add_argument("--event-bytes", type=int, default=6, help="characters of content per event")
    options = parser.parse_args(arguments)

    def ready(line: str) -> None:
        sys.stdout.write(line)
        sys.stdout.flush()

    try:
        asyncio.run(_serve(options, ready))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
