"""Where the keys of an issuer come from: the configuration, or a URL that is read each hour and for unknown keys.

It judges no token. The last good set serves while the URL cannot be read. Used by ``verifier``; the hourly reading is
run by ``wiring``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import msgspec

from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault
from torana.core.snapshot import Deadlines
from torana.tokens.key_sets import KeySet, read_key_set
from torana.tokens.signatures import VerifyKey
from torana.upstream.seam import Outgoing, Upstream

REFRESH_S = 3600.0
AFTER_FAULT_S = 60.0
"""How soon a reading that failed is tried again in the background."""
ASK_AGAIN_S = 5.0
"""Tokens with unknown keys lead to one reading in so many seconds at most."""
DEADLINES = Deadlines(5.0, 10.0, 10.0, 15.0)
MAX_ANSWER_BYTES = 256 * 1024
HEADERS = (("accept", "application/json"),)
DISCOVERY = "/.well-known/openid-configuration"


class Log(Protocol):
    """Structured lines."""

    def warning(self, event: str, **fields: object) -> object: ...


class KeySource(Protocol):
    """The keys of one issuer."""

    @property
    def changes(self) -> int:
        """How often they have changed."""
        ...

    async def keys(self, kid: str) -> Sequence[VerifyKey]:
        """The keys of that name; none when there is none. Raises GatewayError when nobody knows."""
        ...


class FixedKeys(NamedTuple):
    """A shared secret."""

    key: VerifyKey
    changes: int = 0

    async def keys(self, kid: str) -> Sequence[VerifyKey]:
        """The one there is, whatever it is called."""
        return (self.key,)


class Place(NamedTuple):
    """Where an issuer publishes its keys, and for which algorithm they are wanted."""

    issuer: str
    url: str
    """Empty: found by discovery (OpenID Connect Discovery 1.0, section 4)."""
    algorithm: str
    network: str = ""


class _Discovered(msgspec.Struct):
    issuer: str
    jwks_uri: str


class FetchedKeys:
    """Keys by URL. One reading at a time, for all who wait, whoever of them hangs up."""

    def __init__(self, place: Place, upstream: Upstream, clock: Clock, log: Log) -> None:
        self._place = place
        self._upstream = upstream
        self._clock = clock
        self._log = log
        self._set: KeySet | None = None
        self._reading: asyncio.Task[None] | None = None
        self._quiet_until = float("-inf")
        self._due_at = float("-inf")
        self.changes = 0
        self.fault: str | None = "not read yet"
        """Why the latest reading failed; None: it did not."""

    @property
    def read_once(self) -> bool:
        """Whether there is a set."""
        return self._set is not None

    async def keys(self, kid: str) -> Sequence[VerifyKey]:
        """The keys of that name, after another reading when there are none. Raises GatewayError UPSTREAM_UNAVAILABLE."""
        found = self._set.fitting(kid) if self._set is not None else ()
        if not found:
            await self._ask_again()
            if self._set is None:
                raise GatewayError(
                    "UPSTREAM_UNAVAILABLE",
                    "The keys of the token's issuer cannot be read now. Try again.",
                    retry_after_s=max(1.0, self._quiet_until - self._clock.monotonic()),
                )
            found = self._set.fitting(kid)
        return found

    async def refresh(self) -> None:
        """Read when it is time to; for the background."""
        if self._clock.monotonic() >= self._due_at:
            await self._ask_again()

    async def aclose(self) -> None:
        """Give a reading up."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _ask_again(self) -> None:
        if self._reading is None:
            if self._clock.monotonic() < self._quiet_until:
                return
            # The one tracked runner of this module: whoever asked first may hang up, the others wait on.
            self._reading = asyncio.create_task(self._read())  # noqa: TID251
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        try:
            fresh = await self._fetched()
        except (UpstreamFault, ValueError) as fault:
            self.fault = str(fault) or type(fault).__name__
            self._due_at = self._clock.monotonic() + AFTER_FAULT_S
            self._log.warning(
                "issuer.keys_not_read",
                issuer=self._place.issuer,
                error=self.fault[:300],
                last_good_serves=self.read_once,
            )
        else:
            self.fault = None
            self._due_at = self._clock.monotonic() + REFRESH_S
            if not fresh.keys:
                self._log.warning("issuer.no_key_fits", issuer=self._place.issuer, algorithm=self._place.algorithm)
            if self._set is None or self._set.prints != fresh.prints:
                self._set = fresh
                self.changes += 1
        finally:
            self._quiet_until = self._clock.monotonic() + ASK_AGAIN_S
            self._reading = None

    async def _fetched(self) -> KeySet:
        url = self._place.url or await self._discovered()
        return read_key_set(await self._got(url), self._place.algorithm)

    async def _discovered(self) -> str:
        """The ``jwks_uri`` of the issuer's own document, which must be of this very issuer and no less protected."""
        body = await self._got(self._place.issuer.rstrip("/") + DISCOVERY)
        try:
            found = msgspec.json.decode(body, type=_Discovered)
        except msgspec.MsgspecError as fault:
            raise ValueError("no discovery document") from fault
        if found.issuer != self._place.issuer:
            raise ValueError("the discovery document is another issuer's")
        allowed = ("https",) if self._place.issuer.startswith("https:") else ("https", "http")
        if urlsplit(found.jwks_uri).scheme not in allowed:
            raise ValueError("its jwks_uri is no https URL")
        return found.jwks_uri

    async def _got(self, url: str) -> bytes:
        outgoing = Outgoing("GET", url, HEADERS, b"", DEADLINES, MAX_ANSWER_BYTES, self._place.network)
        incoming = await self._upstream.send(outgoing)
        if incoming.status != 200:
            await incoming.aclose()
            raise ValueError(f"it answered {incoming.status}")
        return await incoming.read()
