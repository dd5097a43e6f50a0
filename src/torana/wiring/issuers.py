"""Issuers of tokens as the process has them: verified by what the settings say, their keys kept fresh.

It reads no token. What verifies is loaded when the first issuer is configured, for it brings a library that others need
not pay for. Called by ``build`` for every Snapshot, and by ``serve``.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol

from torana.core.clock import Clock
from torana.core.ids import id_maker
from torana.core.secret import Secret
from torana.core.snapshot import IssuerEntry, Snapshot
from torana.core.tokens import CONSOLE_ISSUER, Revoked, Token
from torana.line.bearers import Bearers
from torana.ports.tokens import Mint, Tokens
from torana.upstream.seam import Upstream
from torana.wiring import find
from torana.wiring.own_issuer import OWN_ISSUER
from torana.wiring.settings import Settings
from torana.wiring.settings_issuers import tenant_of
from torana.wiring.settings_people import JwtIssuer

LOOK_EVERY_S = 5.0
"""How often it is asked whose keys are due."""
CONSOLE_ALGORITHM = "HS256"
ANY_MODEL = ("*",)
"""People who signed in may use what their policies leave them."""


def console_secret(own_secret: Secret) -> Secret:
    """What signs console tokens: drawn from the one secret, and none that signs tokens of ``auth.jwt``."""
    return Secret(hmac.digest(own_secret.reveal().encode(), b"console tokens", "sha256").hex())


class Log(Protocol):
    """Structured lines."""

    def warning(self, event: str, **fields: object) -> object: ...


class Spec(NamedTuple):
    """What decides how tokens of one issuer are verified; equal for two settings that say the same."""

    issuer: str
    algorithm: str
    secret: Secret | None
    jwks_url: str
    network: str
    audience: str | None
    skew_s: float


class OnDemand:
    """Verifies tokens by what is opened with the first of them. Implements ``ports.tokens.Tokens``."""

    def __init__(self, opened: Callable[[], Tokens]) -> None:
        self._open = opened
        self._opened: Tokens | None = None
        self._opening = asyncio.Lock()

    @property
    def epoch(self) -> int:
        """That of what is opened."""
        return 0 if self._opened is None else self._opened.epoch

    async def verify(self, digest: bytes, text: str) -> Token:
        """The token."""
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncio.to_thread(self._open)
        return await self._opened.verify(digest, text)


class Issuers:
    """One per process. Sources of keys outlive a change of the settings that does not touch them."""

    def __init__(self, own_secret: Secret, log: Log) -> None:
        self._own_secret = own_secret
        self._console = Spec(CONSOLE_ISSUER, CONSOLE_ALGORITHM, console_secret(own_secret), "", "", None, 0.0)
        self._log = log
        self._specs: tuple[Spec, ...] = ()
        self._verifier: Tokens | None = None
        self._sources: dict[Spec, Any] = {}
        self.revoked = Revoked()

    def bearers(self, settings: Settings, snapshot: Snapshot, upstream: Upstream, clock: Clock) -> Bearers:
        """Who bears tokens in this Snapshot: of the configured issuers, and people who signed in here."""
        specs = (*(self._spec(one) for one in settings.auth.jwt), self._console)
        if self._verifier is None or specs != self._specs:
            opened = partial(self._opened, specs, upstream, clock)
            self._verifier = opened() if settings.auth.jwt else OnDemand(opened)
            self._specs = specs
        return Bearers(snapshot, self._verifier, self.revoked)

    def mint(self, settings: Settings, clock: Clock) -> Mint | None:
        """What signs our own tokens; None when they do not count."""
        for one in settings.auth.jwt:
            if one.issuer == OWN_ISSUER:
                spec = self._spec(one)
                key = find.tool("tokens.signatures").shared_key(self._own_secret.reveal(), spec.algorithm)
                life_s = one.expiration_hours * 3600
                minter: Mint = find.tool("tokens.minting").Minter(
                    one.issuer, key, life_s, one.audience, clock, id_maker("tok_", clock.now)
                )
                return minter
        return None

    def console_mint(self, life_s: float, clock: Clock) -> Mint:
        """What signs the tokens of people who signed in here, each of ``life_s`` seconds."""
        key = find.tool("tokens.signatures").shared_key(console_secret(self._own_secret).reveal(), CONSOLE_ALGORITHM)
        minter: Mint = find.tool("tokens.minting").Minter(
            CONSOLE_ISSUER, key, life_s, None, clock, id_maker("tok_", clock.now)
        )
        return minter

    async def keep_fresh(self) -> None:
        """Read keys by URL when they are due, until cancelled."""
        try:
            while True:
                for spec in self._specs:
                    source = self._sources.get(spec)
                    if spec.secret is None and source is not None:
                        await source.refresh()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for spec, source in list(self._sources.items()):
                if spec.secret is None:
                    await source.aclose()

    def state(self) -> str:
        """How the issuers with keys by URL are, the worst of them: ``ok``, ``last known``, ``unavailable``; empty: none."""
        states = set()
        for spec, source in list(self._sources.items()):
            if spec.secret is None:
                states.add("ok" if source.fault is None else "last known" if source.read_once else "unavailable")
        return next((one for one in ("unavailable", "last known", "ok") if one in states), "")

    def _spec(self, one: JwtIssuer) -> Spec:
        secret = self._own_secret if one.issuer == OWN_ISSUER else one.secret
        algorithm = one.algorithm or ("HS256" if secret else "RS256")
        return Spec(one.issuer, algorithm, secret, one.jwks_url or "", one.network, one.audience, one.clock_skew_s)

    def _opened(self, specs: tuple[Spec, ...], upstream: Upstream, clock: Clock) -> Tokens:
        verifier = find.tool("tokens.verifier")
        self._sources = {spec: self._source(spec, upstream, clock) for spec in specs}
        opened: Tokens = verifier.Verifier(
            [verifier.Issuer(one.issuer, one.algorithm, self._sources[one], one.audience, one.skew_s) for one in specs],
            clock,
        )
        return opened

    def _source(self, spec: Spec, upstream: Upstream, clock: Clock) -> Any:
        """Its keys; those that were read before when the same place is meant."""
        if spec.secret is not None:
            key = find.tool("tokens.signatures").shared_key(spec.secret.reveal(), spec.algorithm)
            return find.tool("tokens.key_source").FixedKeys(key)
        for known, source in self._sources.items():
            if known._replace(audience=None, skew_s=0.0) == spec._replace(audience=None, skew_s=0.0):
                return source
        source = find.tool("tokens.key_source")
        place = source.Place(spec.issuer, spec.jwks_url, spec.algorithm, spec.network)
        return source.FetchedKeys(place, upstream, clock, self._log)


def issuer_entries(settings: Settings) -> dict[str, IssuerEntry]:
    """The issuers as the line knows them, by name."""
    found = {
        one.issuer: IssuerEntry(
            one.issuer,
            tenant_of(one, settings),
            one.models,
            one.permissions,
            dict(one.claims),
            one.issuer == OWN_ISSUER,
        )
        for one in settings.auth.jwt
    }
    return {**found, CONSOLE_ISSUER: IssuerEntry(CONSOLE_ISSUER, "", ANY_MODEL, own=True)}
