"""Looking up what tokens stand for: written down first, in the database that replicas share, and only then told.

Who may is decided by the control plane. Implements ``control.revealer.Revealer``; built by ``process``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torana.control.revealer import Wanted
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.ids import id_maker
from torana.core.tickets import Caller
from torana.line.vault import conversation_key
from torana.ports.vault import Reveal, Reveals, Vault
from torana.stores import sql
from torana.wiring import paths
from torana.wiring.database import open_reveals
from torana.wiring.live import Live

AWAY = "Who looks up what tokens stand for cannot be written down or read now: the database is away. Nothing was told."
NO_VAULT = "The values behind tokens cannot be read now. Try again."


class Revealing:
    """Of one process."""

    def __init__(self, open_list: Callable[[], Reveals], vault: Vault | None, clock: Clock, log: Any) -> None:
        """``open_list`` runs in a thread."""
        self._open_list = open_list
        self._vault = vault
        self._clock = clock
        self._log = log
        self._new_id = id_maker("", clock.now)

    async def reveal(self, caller: Caller, wanted: Wanted) -> Mapping[str, str]:
        """Token → value, for those that are known. That somebody looked is kept in any case, before anything is told."""
        place = conversation_key(caller.tenant, wanted.conversation, wanted.user, wanted.key)
        try:
            known = await self._vault.recall(place) if self._vault is not None else {}
        except OSError as fault:
            raise GatewayError("OVERLOADED", NO_VAULT, retry_after_s=1) from fault
        found = {token: known[token] for token in wanted.tokens if token in known}
        by = f"{caller.key_id} {caller.user or ''}".strip()
        at, told = self._clock.now(), tuple(found)
        row = Reveal(self._new_id(), caller.tenant, at, by, wanted.place, tuple(wanted.tokens), told, wanted.reason)
        try:
            await asyncio.to_thread(self._add, row)
        except sql.faults():
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from None
        self._log.info(
            "tokens.revealed", reveal_id=row.reveal_id, tenant=row.tenant, by=by, asked=len(row.tokens), told=len(told)
        )
        return found

    async def revealed(self, tenant: str, most: int, before: str) -> Sequence[Reveal]:
        """Who looked, newest first."""
        try:
            return await asyncio.to_thread(self._newest, tenant, most, before)
        except sql.faults():
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from None

    def _add(self, row: Reveal) -> None:
        rows = self._open_list()
        try:
            rows.add(row)
        finally:
            rows.close()

    def _newest(self, tenant: str, most: int, before: str) -> Sequence[Reveal]:
        rows = self._open_list()
        try:
            return rows.newest(tenant, most, before)
        finally:
            rows.close()


def revealing_of(live: Live, vault: Vault | None, clock: Clock, log: Any) -> Revealing:
    """That of the installation."""
    url = paths.database_url(live.settings)
    return Revealing(lambda: open_reveals(url), vault, clock, log)
