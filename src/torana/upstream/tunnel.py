"""A connection through an HTTP proxy: CONNECT, then TLS inside it when the target wants it (RFC 9110, 9.3.6).

It does not choose the proxy, and speaks to proxies over plain TCP only. Used by ``pool``.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_MAX_HEAD_BYTES = 16 * 1024


class Proxy(NamedTuple):
    """An HTTP proxy. ``authorization`` is the value of Proxy-Authorization, or empty."""

    host: str
    port: int
    authorization: str = ""

    def __repr__(self) -> str:
        return f"<Proxy {self.host}:{self.port}>"


def parse_proxy(url: str) -> Proxy:
    """Take ``http://[name:password@]host[:port]`` apart. Raises ValueError for other schemes."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("a proxy is given as http://host:port")
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
    return Proxy(parts.hostname, parts.port or 80, authorization)


class _Opening(asyncio.Protocol):
    """Reads the proxy's answer to CONNECT."""

    def __init__(self, answered: asyncio.Future[bytes]) -> None:
        self._answered = answered
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if b"\r\n\r\n" in self._buffer or len(self._buffer) > _MAX_HEAD_BYTES:
            self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionResetError("the proxy closed the connection"))

    def _end(self, error: Exception | None) -> None:
        if self._answered.done():
            return
        if error is not None:
            self._answered.set_exception(error)
        else:
            self._answered.set_result(self._buffer)


async def tunnel(
    loop: asyncio.AbstractEventLoop,
    protocol: asyncio.Protocol,
    proxy: Proxy,
    target: tuple[str, int],
    tls: ssl.SSLContext | None,
) -> None:
    """Connect ``protocol`` to ``target`` through ``proxy``. Raises OSError; closes what it opened when it fails."""
    answered: asyncio.Future[bytes] = loop.create_future()
    transport, _ = await loop.create_connection(lambda: _Opening(answered), proxy.host, proxy.port)
    try:
        host, port = target
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if proxy.authorization:
            lines.append(f"Proxy-Authorization: {proxy.authorization}")
        transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        head, _, rest = (await answered).partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1:2]
        # A successful CONNECT has no body; bytes before ours would be the proxy's invention.
        if rest or not status or not (len(status[0]) == 3 and status[0].startswith(b"2")):
            raise ConnectionRefusedError(f"the proxy refused the tunnel: {head[:60]!r}")
        inner: asyncio.BaseTransport | None = transport
        if tls is not None:
            inner = await loop.start_tls(transport, protocol, tls, server_hostname=host)
        else:
            transport.set_protocol(protocol)
        if inner is None:
            raise ConnectionResetError("the connection closed during the TLS handshake")
    except BaseException:
        transport.abort()
        raise
    protocol.connection_made(inner)
