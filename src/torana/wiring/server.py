"""The HTTP server around the edge's application: uvicorn, told how to listen, drain and stop.

It decides nothing about requests. Run by ``serve``.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from torana.edge.house import Asgi, House
from torana.edge.sweep import leave
from torana.wiring.settings_server import Server as ServerSettings

BACKLOG = 2048
KEEP_ALIVE_S = 75
LAST_WORDS_S = 5
"""Seconds that cut streams get to send their last event."""


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


class OneWriteProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol, each of its answers begun by one write."""

    def on_headers_complete(self) -> None:
        """A request's head is in: its cycle, made by uvicorn, gets a transport of its own."""
        before: Any = self.cycle
        super().on_headers_complete()
        cycle: Any = self.cycle
        if cycle is not before:
            cycle.transport = transport = OneWrite(self.transport, cycle.on_response)
            cycle.on_response = transport.finished


class QuietServer(uvicorn.Server):
    """uvicorn without its own signal handlers: it would raise the signal again after a clean stop, and exit by it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours."""
        yield


def server_for(app: Asgi, settings: ServerSettings) -> QuietServer:
    """A server ready to run on the settings' address. Raises OSError from ``serve`` when it cannot listen."""
    tls = settings.tls
    return QuietServer(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=OneWriteProtocol,
            loop="none",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=int(settings.drain_s) + LAST_WORDS_S,
            ssl_certfile=tls.cert if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
    )


class Stopper:
    """Stops the server on SIGTERM and SIGINT: refuse new work, let streams finish, cut what is left."""

    __slots__ = ("_cut", "_house", "_server")

    def __init__(self, server: uvicorn.Server, house: House) -> None:
        self._server = server
        self._house = house
        self._cut: asyncio.TimerHandle | None = None

    def install(self, reload: Callable[[], None]) -> None:
        """Take the signals of this process. SIGHUP reads the configuration again."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGINT, self.stop)
        loop.add_signal_handler(signal.SIGHUP, reload)

    def stop(self) -> None:
        """Begin to drain; asked twice, cut at once."""
        loop = asyncio.get_running_loop()
        if self._house.draining:
            self.cut()
            return
        self._house.draining = True
        self._server.should_exit = True
        self._cut = loop.call_later(self._house.bounds.drain_s, self.cut)

    def cut(self) -> None:
        """End every request that still runs, each with a last word to its caller."""
        for task, trail in list(self._house.running.items()):
            leave(task, trail, "shutdown")

