"""The list of revoked tokens, followed in the database that replicas share, and added to.

It judges no token. Run by ``serve`` where issuers are configured; the admin route and the CLI add to the list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.core.tokens import Revocation
from torana.ports.tokens import Revocations
from torana.stores import sql
from torana.wiring import paths
from torana.wiring.database import has_schema, open_revocations
from torana.wiring.following import Following, Shelf
from torana.wiring.issuers import Issuers
from torana.wiring.live import Live

FILE_NAME = "revoked.snapshot"
FIRST_LOOK_S = 5.0
"""How long a start waits for the database."""


class Revoking:
    """The list of one installation."""

    def __init__(self, open_list: Callable[[], Revocations], data_dir: Path, issuers: Issuers, clock: Clock) -> None:
        """``open_list`` runs in a thread."""
        self.issuers = issuers
        self._open_list = open_list
        self._clock = clock
        shelf = Shelf(data_dir / FILE_NAME, Revocation)
        if rows := shelf.last_known():
            issuers.revoked.take(rows)
        self._following = Following(open_list, shelf, self._take)

    async def before_serving(self, there: Callable[[], bool]) -> None:
        """Read the list once, where there is one, so that not even the first request has a revoked token.

        A database that is away is no reason not to serve: the last known list does.
        """
        try:
            async with asyncio.timeout(FIRST_LOOK_S):
                if await asyncio.to_thread(there):
                    await self._following.look()
        except sql.faults(TimeoutError):
            return

    async def follow(self) -> None:
        """Follow the list until cancelled."""
        await self._following.follow()

    async def look(self) -> None:
        """Go by what was just written. Raises what the database raises."""
        await self._following.look()

    def close(self) -> None:
        """Give up connections."""
        self._following.close()

    async def revoke_for(self, caller: Caller, row: Revocation) -> None:
        """Add to the list; this process knows at once, the others within a second. Raises GatewayError OVERLOADED."""
        by = f"{caller.key_id} {caller.user}".strip()
        try:
            await asyncio.to_thread(self._add, row, by, self._clock.now())
            await self._following.look()
        except sql.faults():
            message = "The list of revoked tokens cannot be written now: its database is away. Try again."
            raise GatewayError("OVERLOADED", message, retry_after_s=2) from None

    def _add(self, row: Revocation, by: str, at: float) -> None:
        rows = self._open_list()
        try:
            rows.add(row, by, at)
        finally:
            rows.close()

    async def _take(self, rows: Sequence[Revocation]) -> None:
        self.issuers.revoked.take(rows)


async def revoking_of(live: Live, clock: Clock, issuers: Issuers) -> Revoking:
    """The list of the installation, read once when it can be."""
    url = paths.database_url(live.settings)
    made = Revoking(lambda: open_revocations(url), paths.data_dir(live.settings), issuers, clock)
    await made.before_serving(lambda: has_schema(url))
    return made
