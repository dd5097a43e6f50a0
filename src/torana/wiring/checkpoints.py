"""Signs where the chains of the audit trail end, once a minute, and deletes what has outlived its time.

It appends nothing. Run by ``serve``; what is held back by a legal hold stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any

import msgspec

from torana.core.chain import Checkpoint, entries_of, head_of
from torana.core.clock import Clock
from torana.stores import sql
from torana.stores.sql import audit_chain
from torana.stores.sql.connections import Connection
from torana.stores.sql.holds import held
from torana.stores.sql.own_times import OwnTimes, own_times
from torana.wiring import find, paths
from torana.wiring.settings import Settings

EVERY_S = 60.0
DAY_S = 86_400.0


class Checkpoints:
    """Of one process. Several may sign: the first word on a link stands."""

    def __init__(self, settings: Callable[[], Settings], seed: bytes, clock: Clock, log: Any) -> None:
        """``seed``: of the key that signs."""
        self._settings = settings
        self._seed = seed
        self._clock = clock
        self._log = log
        self._signed: dict[tuple[str, str], int] = {}

    async def keep(self) -> None:
        """Sign and trim until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                await asyncio.to_thread(self.look)
        finally:
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Once. Blocking; a database that is away is said and asked again later."""
        try:
            signed = self._look()
        except sql.faults(ValueError) as fault:
            self._log.warning("audit.not_signed", error=f"{type(fault).__name__}: {fault}"[:200])
            return
        for one in signed:
            self._log.info(
                "audit.checkpoint", tenant=one.tenant, chain=one.chain, entries=one.entries, digest=one.digest.hex(),
                key_id=one.key_id, signature=one.signature.hex(), trimmed=one.trimmed,
            )  # fmt: skip

    def _look(self) -> list[Checkpoint]:
        url = paths.database_url(self._settings())
        if not sql.check(url):
            return []
        with closing(sql.connect(url)) as connection, connection:
            signed = self.sign(connection)
        with closing(sql.connect(url)) as connection, connection:
            return signed + self.trim(connection)

    def sign(self, connection: Connection) -> list[Checkpoint]:
        """A checkpoint for each chain that grew since the last one."""
        signer = find.tool("wiring.audit_proof").Signer(self._seed)
        made = []
        for tenant, chain, head in audit_chain.heads(connection):
            if head.number and self._signed.get((tenant, chain)) != head.number:
                made.append(signer.signed(tenant, chain, head, self._clock.now()))
                audit_chain.sign(connection, made[-1], signer.public)
                self._signed[tenant, chain] = head.number
        return made

    def trim(self, connection: Connection) -> list[Checkpoint]:
        """Delete links whose time is over, each chain's new beginning signed; not of tenants with a legal hold.

        A tenant's own time takes the place of the settings'.
        """
        audit = self._settings().audit
        kept = {audit_chain.ADMIN: audit.trail_days, audit_chain.REQUESTS: audit.trail_requests_days}
        signer = find.tool("wiring.audit_proof").Signer(self._seed)
        holding, own = held(connection), own_times(connection)
        made = []
        for tenant, chain, _ in audit_chain.heads(connection):
            days = own.get(tenant, OwnTimes()).audit or kept[chain]
            before = self._clock.now() - days * DAY_S
            link = None if tenant in holding else audit_chain.trimmable(connection, tenant, chain, before)
            if link is None:
                continue
            made.append(signer.signed(tenant, chain, head_of(link), self._clock.now(), trimmed=True))
            audit_chain.sign(connection, made[-1], signer.public)
            if chain == audit_chain.ADMIN:
                forget_rows(connection, tenant, link.number)
            audit_chain.cut(connection, tenant, chain, link.number)
        return made


def forget_rows(connection: Connection, tenant: str, through: int) -> None:
    """Delete the rows of the entries of these links: those, and no others, whatever clocks said."""
    for link in audit_chain.links(connection, tenant, audit_chain.ADMIN):
        if link.number > through:
            return
        for entry in entries_of(link):
            gone = (tenant, str(msgspec.json.decode(entry)["id"]))
            connection.execute("DELETE FROM audit_entries WHERE tenant = ? AND id = ?", gone)
