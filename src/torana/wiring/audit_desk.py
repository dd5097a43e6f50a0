"""Proves the audit trail for the admin routes: implements ``control.audit.prover.Prover``.

What is read is of one moment. Built by ``process``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

import msgspec

from torana.control.audit.prover import Proof
from torana.core.chain import entries_of
from torana.core.errors import GatewayError
from torana.stores import sql
from torana.stores.sql import audit_chain, persons
from torana.wiring import find
from torana.wiring.audit_sources import DatabaseSource, RowsLook, exported

AWAY = "The audit trail cannot be read now: its database is away. Try again."
PIECE = 64
"""Lines that are read at a time."""


class AuditDesk:
    """Of one process; one proof at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._one = asyncio.Lock()

    async def verify(self, tenant: str | None) -> list[Proof]:
        """The verdict on a tenant's chains, the rows that people see among them."""
        async with self._one:
            try:
                return await asyncio.to_thread(self._verify, tenant)
            except sql.faults() as fault:
                raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from fault

    def _verify(self, tenant: str | None) -> list[Proof]:
        if not sql.check(self._url):
            return []
        verify = find.tool("wiring.audit_proof").verify
        with closing(sql.connect(self._url)) as connection:
            connection.at_one_moment()
            verdicts = verify(DatabaseSource(connection, tenant), None, RowsLook(connection))
            connection.rollback()
        return [
            Proof(
                one.tenant, one.chain, one.whole, one.entries, one.links, one.checkpoints, one.trimmed,
                one.broken.entry if one.broken else None, one.broken.what if one.broken else "",
            )
            for one in verdicts
        ]  # fmt: skip

    async def exported(self, tenant: str) -> AsyncIterator[bytes]:
        """The lines, some at a time."""
        try:
            connection = await asyncio.to_thread(sql.connect, self._url)
        except sql.faults() as fault:
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from fault
        try:
            connection.at_one_moment()
            lines = exported(DatabaseSource(connection, tenant))
            while piece := await asyncio.to_thread(_some, lines):
                yield piece
        finally:
            await asyncio.to_thread(connection.close)

    async def requests(self, tenant: str, since: float, until: float) -> AsyncIterator[list[dict[str, Any]]]:
        """The entries of requests, oldest first, a few links at a time."""
        try:
            connection = await asyncio.to_thread(sql.connect, self._url)
        except sql.faults() as fault:
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from fault
        try:
            connection.at_one_moment()
            people = await asyncio.to_thread(persons.behind, connection, tenant)
            # A link is written after its requests came: an older one has none of that time.
            links = (one for one in audit_chain.links(connection, tenant, audit_chain.REQUESTS) if one.at >= since)
            while some := await asyncio.to_thread(list, islice(links, PIECE)):
                entries = (msgspec.json.decode(entry) for one in some for entry in entries_of(one))
                rows = [find.tool("wiring.audit_requests").shown(entry, people) for entry in entries]
                yield [row for row in rows if since <= row["at"] < until]
        finally:
            await asyncio.to_thread(connection.close)


def _some(lines: Iterator[bytes]) -> bytes:
    return b"".join(islice(lines, PIECE))
