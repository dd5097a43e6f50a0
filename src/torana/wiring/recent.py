"""The last requests that a caller may see, from the database: their own, or all of the tenant's for those who audit it.

It shows no text of a request. Given to the edge by ``serve``; it reads in worker threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import closing

from torana.core.errors import GatewayError
from torana.core.money import decimal_text
from torana.core.tickets import Caller
from torana.line.health import moment
from torana.ports.usage import Row, Window
from torana.stores import sql
from torana.stores.sql.usage_queries import requests
from torana.wiring.own_usage import AT_ONCE, RETRY_S, Mine

FOREVER_S = 1 << 33
AUDITORS = frozenset({"audit.read", "role:admin", "role:auditor", "role:operator"})
"""Permissions of keys that show all requests of their tenant."""
TOLD = (
    "department", "team", "key_id", "model", "provider", "dialect", "operation", "status", "ending", "error_code", "cache",
    "policy", "input_tokens", "output_tokens", "currency", "duration_ms",
)  # fmt: skip


class RecentRequests:
    """Answers one caller at a time of many."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, caller: Caller, limit: int) -> Sequence[Mapping[str, object]]:
        """The newest first. Raises GatewayError OVERLOADED when the database is away."""
        own = Mine(caller.tenant, caller.user, caller.key_id).where
        where = {} if AUDITORS & caller.key.permissions else own
        window = Window(caller.tenant, 0, FOREVER_S, "day", where)
        async with self._free:
            try:
                return await asyncio.to_thread(read, self._url, window, limit)
            except sql.faults(ValueError) as fault:
                message = "Requests cannot be read at the moment. Try again."
                raise GatewayError("OVERLOADED", message, retry_after_s=RETRY_S) from fault


def read(url: str, window: Window, limit: int) -> list[Mapping[str, object]]:
    """The requests of the window. Blocking; raises what the database raises."""
    if not sql.check(url):
        return []
    with closing(sql.connect(url)) as connection:
        connection.at_one_moment()
        rows, _ = requests(connection, window, None, limit)
        connection.rollback()
    return [told(row) for row in rows]


def told(row: Row) -> Mapping[str, object]:
    """A row for people."""
    return {
        "request_id": row["request_id"],
        "at": moment(row["at_ms"] / 1000),
        "user": row["user_id"],
        "stream": bool(row["stream"]),
        "cost": decimal_text(row["cost_nano"]),
        **{name: row[name] for name in TOLD},
    }
