"""Keeps an access token that a provider wants instead of a key: fetched once for all who wait, renewed before it ends.

It decides on no credential and stores nothing. Used by the modules of ``providers``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from torana.core.faults import ConnectFailed, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.upstream.seam import Incoming, Outgoing, Upstream

RENEW_S = 300.0
"""How long before its end a token is renewed; a short-lived one at half its life."""
QUIET_S = 5.0
"""How long a failure stands for all who ask."""
DEADLINES = Deadlines(5.0, 10.0, 10.0, 15.0)
MAX_ANSWER_BYTES = 256 * 1024
_REFUSED = frozenset({400, 401, 403})
"""By which an identity provider says that the credential is at fault (RFC 6749, section 5.2)."""


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: float | str = 300


_decode = msgspec.json.Decoder(_Answer).decode


Form = tuple[tuple[str, Secret], ...]


class Grant(NamedTuple):
    """A token request (RFC 6749, section 4): its address and form, or what makes the form of each. Never printed."""

    url: str
    form: Form | Callable[[], Form]
    network: str = ""


class Tokens:
    """The token of one credential. ``now`` gives seconds that never go back."""

    __slots__ = ("_failure", "_grant", "_lock", "_now", "_quiet_until", "_renew_at", "_token", "_upstream")

    def __init__(
        self,
        grant: Grant,
        upstream: Upstream,
        now: Callable[[], float] = lambda: asyncio.get_running_loop().time(),
    ) -> None:
        self._grant = grant
        self._upstream = upstream
        self._now = now
        self._lock = asyncio.Lock()
        self._token: Secret | None = None
        self._renew_at = float("-inf")
        self._failure: int | None = None
        """Status of the last failure; 0: no answer that could be read."""
        self._quiet_until = float("-inf")

    async def current(self) -> Secret:
        """A token that is good for a while. Raises StatusFault 401 when the credential is refused, else ConnectFailed.

        Of those who wait together one fetches; when it is cancelled the next one does.
        """
        if self._token is not None and self._now() < self._renew_at:
            return self._token
        async with self._lock:
            now = self._now()
            if self._token is not None and now < self._renew_at:
                return self._token
            if self._failure is not None and now < self._quiet_until:
                raise _fault(self._failure)
            return await self._fetched()

    def forget(self, token: Secret) -> None:
        """The provider refused this token: the next one who asks gets another."""
        if self._token is token:
            self._token = None

    async def _fetched(self) -> Secret:
        self._failure = None
        try:
            incoming = await self._upstream.send(self._outgoing())
            if incoming.status != 200:
                raise await self._failed(incoming)
            answer = _decode(await incoming.read())
            life_s = float(answer.expires_in)
            usable = answer.access_token.isascii() and answer.access_token.isprintable() and life_s > 0
            if not usable or not answer.access_token.strip():
                raise self._noted(0)
        except StatusFault:
            raise
        except (UpstreamFault, ValueError):  # ValueError: an answer that is none
            raise self._noted(0) from None
        self._token = Secret(answer.access_token)
        self._renew_at = self._now() + life_s - min(RENEW_S, life_s / 2)
        return self._token

    async def _failed(self, incoming: Incoming) -> UpstreamFault:
        await incoming.aclose()
        return self._noted(incoming.status)

    def _noted(self, status: int) -> UpstreamFault:
        self._failure = status
        self._quiet_until = self._now() + QUIET_S
        return _fault(status)

    def _outgoing(self) -> Outgoing:
        pairs = self._grant.form() if callable(self._grant.form) else self._grant.form
        form = urlencode([(name, value.reveal()) for name, value in pairs]).encode()
        headers = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
        return Outgoing("POST", self._grant.url, headers, form, DEADLINES, MAX_ANSWER_BYTES, self._grant.network)


def _fault(status: int) -> UpstreamFault:
    """The fault for no token. The identity provider's words stay here: they name the tenant and the application."""
    if status in _REFUSED:
        return StatusFault(401, b"")
    return ConnectFailed("no access token could be had" + (f": its provider answered {status}" if status else ""))
