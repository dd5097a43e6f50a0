"""The HTTP server around the edge's application: uvicorn, told how to listen, drain and stop.

It decides nothing about requests. Run by ``serve``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator

import msgspec
import uvicorn

from torana.edge.house import Asgi, House
from torana.edge.sweep import leave
from torana.wiring.http1 import Http1
from torana.wiring.settings_server import Server as ServerSettings

BACKLOG = 2048
KEEP_ALIVE_S = 75
LAST_WORDS_S = 5
"""Seconds that cut streams get to send their last event."""


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
            http=Http1,
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


async def serve_until_cancelled(app: Asgi, settings: ServerSettings, port: int) -> None:
    """A second, small server on a port of its own. Raises OSError when the port is taken."""
    server = server_for(app, msgspec.structs.replace(settings, port=port, drain_s=0.1))
    try:
        await server.serve()
    except SystemExit as refused:
        # uvicorn leaves the process when it cannot listen; the port of the metrics is not worth that.
        raise OSError(f"cannot listen on {settings.host}:{port}") from refused


def sockets_of(descriptor: int | None) -> list[socket.socket] | None:
    """A listening socket that was handed down, as the server takes it; None: it listens by itself."""
    return None if descriptor is None else [socket.socket(fileno=os.dup(descriptor))]


def stop_with(parent: int) -> None:
    """Stop, as by SIGTERM, when the other end of this pipe is closed: the parent is gone."""
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(parent)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(parent, gone)


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
        self._house.rooms.shadows.pool.close()
        self._server.should_exit = True
        self._cut = loop.call_later(self._house.bounds.drain_s, self.cut)

    def cut(self) -> None:
        """End every request that still runs, each with a last word to its caller."""
        for task, trail in list(self._house.running.items()):
            leave(task, trail, "shutdown")
