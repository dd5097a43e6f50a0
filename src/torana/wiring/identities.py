"""Identity providers as this process reaches them, and the seal of their secrets: what the control plane is given.

Loaded with the first sign-in of that kind, for it brings a library that others need not pay for. Built by ``process``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torana.control.sso.queries import about, resealed, with_secrets
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.ports.database import Connection
from torana.ports.identity import Answered, Client, Identities, IdentityDesk, Metadata
from torana.upstream.seam import Upstream
from torana.wiring import find
from torana.wiring.live import Live
from torana.wiring.sealing import Sealer, Unsealable


class OnDemand:
    """Implements ``ports.identity.Identities`` by what is opened when it is first needed."""

    def __init__(self, live: Live, upstream: Upstream, clock: Clock, log: Any) -> None:
        self._live = live
        self._upstream = upstream
        self._clock = clock
        self._log = log
        self._opened: Identities | None = None

    async def discover(self, issuer: str, fresh: bool = False) -> Metadata:
        """See ``ports.identity``."""
        return await self._providers().discover(issuer, fresh)

    async def claims(self, client: Client, answered: Answered) -> Mapping[str, Any]:
        """See ``ports.identity``."""
        return await self._providers().claims(client, answered)

    def _providers(self) -> Identities:
        if self._opened is None:
            module = find.tool("tokens.openid")
            self._opened = module.OpenId(module.Way(self._client, self._private), self._clock, self._log)
        return self._opened

    def _private(self) -> bool:
        return self._live.settings.server.tenant_private_urls

    def _client(self) -> Upstream:
        """Administrators of tenants write the addresses: public ones only, unless the operator allows others."""
        return self._upstream if self._private() else self._live.strangers.client()


def identities_of(live: Live, upstream: Upstream, clock: Clock, log: Any) -> IdentityDesk:
    """The desk of one process."""
    return IdentityDesk(
        providers=OnDemand(live, upstream, clock, log),
        seal=lambda text, about: sealer_of(live).seal(text, about),
        open=lambda sealed, about: opened(sealer_of(live), sealed, about),
        public_url=lambda: live.settings.auth.mail.public_url,
    )


def sealer_of(live: Live) -> Sealer:
    """What seals stored secrets here."""
    if live.laying is None:
        raise GatewayError("OVERLOADED", "This process keeps no secrets.")
    return live.laying.secrets.sealer


def opened(sealer: Sealer, sealed: str, about: str) -> str:
    """The secret. Raises GatewayError UPSTREAM_UNAVAILABLE, for which the operator has a remedy."""
    try:
        return sealer.open(sealed, about)
    except Unsealable as fault:
        message = f"The secret of the identity provider cannot be opened: {fault}."
        raise GatewayError("UPSTREAM_UNAVAILABLE", message) from None


def reseal_providers(connection: Connection, old: Sealer, new: Sealer) -> int:
    """Seal the secret of every identity provider with another key; how many there are. Raises Unsealable."""
    rows = with_secrets(connection)
    for row in rows:
        resealed(connection, row, new.seal(old.open(row.secret, about(row)), about(row)))
    return len(rows)
