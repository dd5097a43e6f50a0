"""The seam's client on aiohttp: one session per network profile, our own deadlines.

It follows no redirect, keeps no cookie, reads no environment and repeats nothing. Built by ``wiring``.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ClientRequest, ClientResponse
from multidict import CIMultiDict
from yarl import URL

from torana.core.faults import (
    AnswerMalformed,
    AnswerTooLarge,
    ConnectFailed,
    ConnectionBroken,
    ConnectTimeout,
    FirstTokenTimeout,
    IdleTimeout,
    TotalTimeout,
    UpstreamFault,
)
from torana.core.snapshot import Deadlines
from torana.upstream.encoding import Inflater, inflater
from torana.upstream.networks import NetworkProfile, PoolLimits, profiles
from torana.upstream.seam import Outgoing
from torana.upstream.target import check_headers, parse

_SKIPPED = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")
_IDENTITY = ("accept-encoding", "identity")
_MAX_HEADER_BYTES = 64 * 1024


class _Leg:
    """One send on its way: which deadline runs now, and whether bytes may have left."""

    __slots__ = ("connection", "deadlines", "sent", "timer", "total_at")

    def __init__(self, deadlines: Deadlines, total_at: float) -> None:
        self.deadlines = deadlines
        self.total_at = total_at
        self.timer = asyncio.timeout_at(total_at)
        self.sent = False
        self.connection: Any = None

    def connected(self, connection: Any, now: float) -> None:
        """A connection is ours; the request is about to be written to it."""
        if self.sent:
            # aiohttp repeats an idempotent request when a pooled connection dies under it; we never do.
            raise ConnectionBroken("the connection died after the request may have been sent")
        self.sent = True
        self.connection = connection
        self.timer.reschedule(min(now + self.deadlines.first_token_s, self.total_at))

    def timed_out(self) -> UpstreamFault:
        """The fault of the deadline that struck: the one that was set, for a clock may strike a tick early."""
        if self.timer.when() == self.total_at:
            return TotalTimeout(sent=self.sent)
        return FirstTokenTimeout()


_LEG: contextvars.ContextVar[_Leg] = contextvars.ContextVar("leg")


class _Request(ClientRequest):
    """aiohttp's request, telling the leg when its connection is there."""

    async def send(self, conn: Any) -> ClientResponse:
        _LEG.get().connected(conn, self.loop.time())
        return await super().send(conn)


class AiohttpUpstream:
    """Implements ``upstream.seam.Upstream``. ``networks`` maps profile names to profiles; "" is direct."""

    def __init__(
        self, networks: Mapping[str, NetworkProfile] | None = None, *, limits: PoolLimits | None = None
    ) -> None:
        self._profiles = profiles(networks)
        self._limits = limits or PoolLimits()
        if self._limits.public_only:
            raise ValueError("this client cannot tell public addresses from others")
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._urls: dict[str, URL] = {}
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}

    async def send(self, outgoing: Outgoing) -> AiohttpAnswer:
        """See ``Upstream.send``. Raises KeyError for a network nobody configured, ValueError for a bad header."""
        session = self._sessions.get(outgoing.network) or self._open(outgoing.network)
        loop = asyncio.get_running_loop()
        deadlines = outgoing.deadlines
        leg = _Leg(deadlines, loop.time() + deadlines.total_s)
        token = _LEG.set(leg)
        try:
            async with leg.timer:
                response = await session.request(
                    outgoing.method,
                    self._url(outgoing.url),
                    headers=_headers(outgoing),
                    data=outgoing.body or None,
                    allow_redirects=False,
                    timeout=self._timeout(deadlines.connect_s),
                    proxy=self._profiles[outgoing.network].proxy,
                )
        except TimeoutError as error:
            # aiohttp's own time-out is the one for connecting; ours covers the other two.
            ours = leg.timer.expired()
            raise (leg.timed_out() if ours else ConnectTimeout()) from error
        except aiohttp.ClientResponseError as error:
            if leg.sent:
                raise AnswerMalformed("the answer is not HTTP") from error
            raise ConnectFailed("the proxy refused the connection") from error
        except (aiohttp.ClientError, OSError) as error:
            if leg.sent:
                raise ConnectionBroken(type(error).__name__) from error
            raise ConnectFailed(type(error).__name__) from error
        finally:
            _LEG.reset(token)
        try:
            return AiohttpAnswer(response, outgoing, leg)
        except UpstreamFault:
            response.close()
            raise

    async def aclose(self) -> None:
        """Close all sessions. Idempotent."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    def _open(self, network: str) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=self._profiles[network].tls(),
            limit=0,
            limit_per_host=self._limits.per_host,
            keepalive_timeout=self._limits.keep_alive_s,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_SKIPPED,
            auto_decompress=False,
            trust_env=False,
            request_class=_Request,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
        )
        self._sessions[network] = session
        return session

    def _url(self, url: str) -> URL:
        """The URL as it is written, parsed once: providers use few."""
        parsed = self._urls.get(url)
        if parsed is None:
            if len(self._urls) > 4096:
                self._urls.clear()
            parse(url)
            parsed = self._urls[url] = URL(url, encoded=True)
        return parsed

    def _timeout(self, connect_s: float) -> aiohttp.ClientTimeout:
        timeout = self._timeouts.get(connect_s)
        if timeout is None:
            timeout = aiohttp.ClientTimeout(total=None, connect=connect_s, ceil_threshold=float("inf"))
            self._timeouts[connect_s] = timeout
        return timeout


def _headers(outgoing: Outgoing) -> CIMultiDict[str]:
    named = check_headers(outgoing.headers)
    headers = CIMultiDict(outgoing.headers)
    if not named:
        headers.add(*_IDENTITY)
    return headers


class AiohttpAnswer:
    """Implements ``upstream.seam.Incoming``."""

    __slots__ = ("_done", "_expired", "_inflater", "_left", "_response", "_total", "status")

    def __init__(self, response: ClientResponse, outgoing: Outgoing, leg: _Leg) -> None:
        self.status = response.status
        self._response = response
        self._left = outgoing.max_answer_bytes
        self._inflater: Inflater | None = inflater(response.headers.get("content-encoding"), self._left)
        self._done = False
        self._expired = False
        self._total: asyncio.TimerHandle | None = None
        if (response.content_length or 0) > self._left:
            raise AnswerTooLarge
        if not response.closed:
            # Only an answer still under way needs clocks.
            loop = asyncio.get_running_loop()
            self._total = loop.call_at(leg.total_at, self._expire)
            protocol = leg.connection.protocol
            if protocol is not None:
                protocol.read_timeout = outgoing.deadlines.idle_s
                protocol.start_timeout()

    def header(self, name: str) -> str | None:
        """See ``Incoming.header``."""
        return self._response.headers.get(name)

    def chosen(self, names: Mapping[bytes, str]) -> tuple[tuple[str, str], ...]:
        """See ``Incoming.chosen``."""
        found: dict[bytes, bytes] = {}
        for key, value in self._response.raw_headers:
            found.setdefault(key.lower(), value)
        return tuple([(names[key], value.decode("latin-1")) for key, value in found.items() if key in names])

    async def read(self) -> bytes:
        """See ``Incoming.read``."""
        pieces = [piece async for piece in self.pieces()]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def pieces(self) -> AsyncIterator[bytes]:
        """See ``Incoming.pieces``."""
        return self

    def __aiter__(self) -> AiohttpAnswer:
        return self

    async def __anext__(self) -> bytes:
        if self._done:
            raise StopAsyncIteration
        try:
            while piece := await self._response.content.readany():
                self._left -= len(piece)
                if self._left < 0:
                    raise AnswerTooLarge
                if self._inflater is not None:
                    piece = self._inflater.feed(piece)
                if piece:
                    return piece
            if self._inflater is not None:
                self._inflater.finish()
        except BaseException as error:
            self._close()
            fault = self._fault(error)
            if fault is error:
                raise
            raise fault from error
        self._end()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """See ``Incoming.aclose``."""
        self._close()

    def _fault(self, error: BaseException) -> BaseException:
        if self._expired:
            return TotalTimeout()
        if isinstance(error, TimeoutError):
            return IdleTimeout()
        # RuntimeError is what aiohttp's reader raises when the session was closed under it.
        if isinstance(error, aiohttp.ClientError | OSError | aiohttp.http.HttpProcessingError | RuntimeError):
            return ConnectionBroken(type(error).__name__)
        return error

    def _expire(self) -> None:
        self._expired = True
        self._response.close()

    def _end(self) -> None:
        self._done = True
        if self._total is not None:
            self._total.cancel()
            self._total = None

    def _close(self) -> None:
        self._end()
        # Does nothing to the connection when the body was read to its end: it is back in the pool.
        self._response.close()
