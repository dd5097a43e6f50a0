"""HTTP and sockets for threads: one kept connection, a deadline for every step, public addresses only unless said.

It retries nothing but a kept connection that turns out to be closed, follows no redirect and reads no environment. Opened
by ``wiring`` for places outside that records go to.
"""

from __future__ import annotations

import gzip
import http.client
import socket
import ssl
from collections.abc import Sequence
from typing import Literal, NamedTuple

from torana.ports.sink import Answered, Rejected, Unreachable
from torana.upstream import target
from torana.upstream.answers import retry_after_s
from torana.upstream.networks import NetworkProfile
from torana.upstream.public import NotPublic, is_public
from torana.upstream.tunnel import parse_proxy

MOST_ANSWER_BYTES = 4 * 1024 * 1024
NOT_PUBLIC = "the host has an address that is not public: set allow_private: true if that is meant"
SQUEEZE = 3
"""The level of gzip: a quarter of the time of the default, for a tenth more bytes."""
NEVER = frozenset({400, 413, 422})
"""Statuses that say that something is wrong with what was sent. Others, 401 and 404 too, end when somebody mends something."""
CLOSED = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class Way(NamedTuple):
    """How far sides are reached."""

    network: NetworkProfile = NetworkProfile()
    allow_private: bool = False
    timeout_s: float = 10.0
    """For the connection, and for each wait for bytes."""


def dial(way: Way, host: str, port: int, transport: Literal["tcp", "tls", "udp"]) -> socket.socket:
    """A connected socket. Every address of the host is judged, and one that was judged is connected to.

    Raises NotPublic, OSError.
    """
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    found = socket.getaddrinfo(host, port, type=kind)
    if not way.allow_private and not all(is_public(str(one[4][0])) for one in found):
        raise NotPublic(NOT_PUBLIC)
    fault: OSError = OSError("the host has no address")
    for family, _, protocol, _, address in found:
        one = socket.socket(family, kind, protocol)
        one.settimeout(way.timeout_s)
        try:
            one.connect(address)
            if transport == "udp":
                return one
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return way.network.tls().wrap_socket(one, server_hostname=host) if transport == "tls" else one
        except OSError as failed:
            one.close()
            fault = failed
    raise fault


def judged(answer: Answered) -> Answered:
    """The answer, when its status says that it was taken. Raises Rejected, Unreachable with the pause it asks for."""
    if 200 <= answer.status < 300:
        return answer
    words = answer.body[:200].decode("utf-8", "replace").strip()
    why = f"it answered {answer.status}" + (f": {words}" if words else "")
    if answer.status in NEVER:
        raise Rejected(why)
    raise Unreachable(why, retry_after_s(answer.headers.get) or 0.0)


class Poster:
    """Implements ``ports.sink.Post``. Not for two threads at once."""

    def __init__(self, way: Way) -> None:
        """Raises ValueError for a proxy that is not plain HTTP."""
        self._way = way
        self._proxy = parse_proxy(way.network.proxy) if way.network.proxy else None
        self._connection: http.client.HTTPConnection | None = None
        self._place: tuple[bool, str, int] | None = None
        self._context: ssl.SSLContext | None = None

    def __call__(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, /, *, compressed: bool = False
    ) -> Answered:
        """See ``ports.sink.Post``."""
        place = target.parse(url)
        target.check_headers(headers)
        said = dict(headers)
        if compressed:
            body = gzip.compress(body, SQUEEZE, mtime=0)
            said["content-encoding"] = "gzip"
        path = place.prefix.split(" ", 2)[1]
        kept = self._connection is not None and self._place == (place.tls, place.host, place.port)
        try:
            return self._once(place, path, said, body)
        except CLOSED:
            if not kept:
                raise
            return self._once(place, path, said, body)  # it rested too long; what is sent twice carries its id

    def close(self) -> None:
        """See ``ports.sink.Post``."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _once(self, place: target.Target, path: str, headers: dict[str, str], body: bytes) -> Answered:
        done = False
        try:
            connection = self._opened(place)
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            read = answer.read(MOST_ANSWER_BYTES + 1)
            if len(read) > MOST_ANSWER_BYTES:
                raise OSError("the answer is too long")
            done = not answer.will_close
            return Answered(answer.status, {name.lower(): value for name, value in answer.getheaders()}, read)
        except CLOSED:
            raise
        except http.client.HTTPException as fault:
            raise OSError(f"the answer is no HTTP: {type(fault).__name__}") from fault
        finally:
            if not done:
                self.close()

    def _opened(self, place: target.Target) -> http.client.HTTPConnection:
        where = (place.tls, place.host, place.port)
        if self._connection is None or self._place != where:
            self.close()
            connection = http.client.HTTPConnection(place.host, place.port, timeout=self._way.timeout_s)
            connection.auto_open = 0  # it would connect without a look at the address
            connection.sock = self._socket(place)
            self._connection, self._place = connection, where
        return self._connection

    def _socket(self, place: target.Target) -> socket.socket:
        if self._proxy is None:
            return dial(self._way, place.host, place.port, "tls" if place.tls else "tcp")
        proxy = self._proxy
        tunnel = http.client.HTTPConnection(proxy.host, proxy.port, timeout=self._way.timeout_s)
        # What the proxy connects to is its own to judge, as for providers.
        tunnel.set_tunnel(
            place.host, place.port, {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
        )
        tunnel.connect()
        bare: socket.socket = tunnel.sock
        return self._way.network.tls().wrap_socket(bare, server_hostname=place.host) if place.tls else bare
