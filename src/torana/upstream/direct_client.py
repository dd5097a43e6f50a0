"""The seam's lean client: HTTP/1.1 on asyncio protocols and httptools, strict framing, no repeats.

It follows no redirect, keeps no cookie and reads no environment. Built by ``wiring``.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping

from torana.core.faults import ConnectFailed, ConnectTimeout, TotalTimeout
from torana.core.trace import HANDED_ON
from torana.upstream import target
from torana.upstream.incoming import Answer
from torana.upstream.networks import NetworkProfile, PoolLimits, profiles
from torana.upstream.pool import Place, Pool
from torana.upstream.seam import Outgoing
from torana.upstream.tunnel import Proxy, parse_proxy

_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
_MAX_TARGETS = 4096


class DirectUpstream:
    """Implements ``upstream.seam.Upstream``. ``networks`` maps profile names to profiles; "" is direct.

    A profile's proxy is spoken to in plain HTTP and asked for a tunnel, for http targets too.
    Raises ValueError for a proxy of another kind.
    """

    def __init__(
        self, networks: Mapping[str, NetworkProfile] | None = None, *, limits: PoolLimits | None = None
    ) -> None:
        self._profiles = profiles(networks)
        self._proxies: dict[str, Proxy | None] = {
            name: parse_proxy(profile.proxy) if profile.proxy else None for name, profile in self._profiles.items()
        }
        self._limits = limits or PoolLimits()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._pools: dict[tuple[bool, str, int, str], Pool] = {}
        self._targets: dict[tuple[str, str], tuple[target.Target, Pool]] = {}
        self._openings: dict[tuple[str, str, int], tuple[object, bytes]] = {}
        """Heads by the identity of their headers, which are kept alive here so that no other tuple gets it."""
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, outgoing: Outgoing) -> Answer:
        """See ``Upstream.send``. Raises KeyError for a network nobody configured, ValueError for a bad header."""
        if outgoing.method not in _METHODS:
            raise ValueError(f"no such method: {outgoing.method[:20]!r}")
        place, pool = self._targets.get((outgoing.url, outgoing.network)) or self._learn(outgoing)
        wire = self._opening(outgoing, place) + HANDED_ON.get() + target.ending(outgoing.method, len(outgoing.body))
        loop = self._loop  # of the first pool, and of all: asking each time costs a system call (getpid)
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        deadlines = outgoing.deadlines
        total_at = loop.time() + deadlines.total_s
        connection = pool.take()
        if connection is None:
            try:
                connection = await pool.open(min(deadlines.connect_s, deadlines.total_s))
            except ConnectTimeout as error:
                if deadlines.total_s < deadlines.connect_s:
                    raise TotalTimeout(sent=False) from error
                raise
        answer = Answer(loop, outgoing.method, deadlines, total_at, outgoing.max_answer_bytes)
        connection.start(answer, wire, outgoing.body)
        await answer.head()
        return answer

    async def aclose(self) -> None:
        """Close all connections, those of running answers too. Idempotent."""
        self._closed = True
        pools, self._pools = list(self._pools.values()), {}
        self._targets.clear()
        for pool in pools:
            pool.close()

    def _opening(self, outgoing: Outgoing, place: target.Target) -> bytes:
        """The opening of the head. Providers send the same tuple of headers again and again: it is judged once."""
        headers = outgoing.headers
        key = (outgoing.url, outgoing.method, id(headers))
        known = self._openings.get(key)
        if known is not None and known[0] is headers:
            return known[1]
        wire = target.opening(outgoing.method, place, headers)
        if isinstance(headers, tuple):
            if len(self._openings) >= _MAX_TARGETS:
                self._openings.clear()
            self._openings[key] = (headers, wire)
        return wire

    def _learn(self, outgoing: Outgoing) -> tuple[target.Target, Pool]:
        """Take a URL apart and find its pool, once: providers use few."""
        if self._closed:
            raise ConnectFailed("the client is closed")
        network = outgoing.network
        proxy = self._proxies[network]
        place = target.parse(outgoing.url)
        key = (place.tls, place.host, place.port, network)
        pool = self._pools.get(key)
        if pool is None:
            context = self._context(network) if place.tls else None
            pool = Pool(asyncio.get_running_loop(), Place(place.host, place.port, context, proxy), self._limits)
            self._pools[key] = pool
        if len(self._targets) >= _MAX_TARGETS:
            self._targets.clear()
        self._targets[(outgoing.url, network)] = (place, pool)
        return place, pool

    def _context(self, network: str) -> ssl.SSLContext:
        context = self._contexts.get(network)
        if context is None:
            context = self._contexts[network] = self._profiles[network].tls()
        return context
