"""The way out to addresses that tenants write: the one HTTP client, for public addresses only, made when it is first needed.

It judges no URL; the client judges the address it connects to. One per process, part of ``build.Parts``.
"""

from __future__ import annotations

from torana.upstream.direct_client import DirectUpstream
from torana.upstream.networks import PoolLimits
from torana.upstream.seam import Upstream


class Strangers:
    """Gives the client."""

    def __init__(self) -> None:
        self._client: Upstream | None = None

    def client(self) -> Upstream:
        """The client, the same each time."""
        if self._client is None:
            self._client = DirectUpstream(limits=PoolLimits(public_only=True))
        return self._client

    async def aclose(self) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
