"""The connections to one place: opened, lent, kept idle, counted.

It knows no HTTP beyond a proxy's CONNECT, and no deadline but the one for connecting.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque

from torana.core.faults import ConnectFailed, ConnectTimeout
from torana.upstream.connection import Connection
from torana.upstream.networks import PoolLimits
from torana.upstream.public import public_address
from torana.upstream.tunnel import Proxy, tunnel


class Place:
    """Where connections of a pool lead: host, port, TLS, and the proxy on the way."""

    __slots__ = ("host", "port", "proxy", "tls")

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, proxy: Proxy | None) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        self.proxy = proxy


class Pool:
    """Connections to one place. Idle ones are lent newest first, so that a quiet pool shrinks."""

    def __init__(self, loop: asyncio.AbstractEventLoop, place: Place, limits: PoolLimits) -> None:
        self._loop = loop
        self._place = place
        self._limits = limits
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._opening = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def take(self) -> Connection | None:
        """An idle connection that is alive, if there is one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.alive:
                return connection
            connection.abort()
        return None

    async def open(self, connect_s: float) -> Connection:
        """A connection within ``connect_s``: a new one, or one freed while waiting for a place.

        Raises ConnectTimeout, ConnectFailed. Cancelling leaves nothing open.
        """
        try:
            async with asyncio.timeout(connect_s):
                limit = self._limits.per_host
                while limit and len(self._all) + self._opening >= limit:
                    await self._turn()
                    if (connection := self.take()) is not None:
                        return connection
                return await self._connect()
        except TimeoutError as error:
            raise ConnectTimeout from error
        except (OSError, EOFError) as error:
            raise ConnectFailed(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Close every connection, lent ones too."""
        self._closed = True
        for connection in list(self._all):
            connection.fail_closed()
        self._idle.clear()
        for waiter in self._waiting:
            waiter.cancel()

    async def _connect(self) -> Connection:
        place = self._place
        connection = Connection(self._loop, self._released)
        self._opening += 1
        try:
            if place.proxy is not None:
                await tunnel(self._loop, connection, place.proxy, (place.host, place.port), place.tls)
            else:
                public = self._limits.public_only
                await self._loop.create_connection(
                    lambda: connection,
                    await public_address(self._loop, place.host, place.port) if public else place.host,
                    place.port,
                    ssl=place.tls,
                    server_hostname=place.host if place.tls is not None else None,
                )
        except BaseException:
            connection.abort()
            self._opening -= 1
            self._wake()
            raise
        self._opening -= 1
        self._all.add(connection)
        if self._closed or not connection.open:
            self._all.discard(connection)
            connection.abort()
            raise ConnectFailed("the connection closed as soon as it was open")
        return connection

    async def _turn(self) -> None:
        """Wait until a connection is idle or gone."""
        waiter = self._loop.create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._wake()  # our turn came as we left: pass it on
            raise
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _released(self, connection: Connection, alive: bool) -> None:
        if alive and not self._closed and len(self._idle) < self._limits.idle_per_host:
            self._idle.append(connection)
            connection.rest(self._loop.time() + self._limits.keep_alive_s)
        else:
            if alive:
                connection.abort()
            self._all.discard(connection)
            if not alive and connection in self._idle:
                self._idle.remove(connection)
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
