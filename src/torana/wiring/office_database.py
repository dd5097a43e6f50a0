"""The database as the control plane has it: each piece of work in a worker thread, on a connection of its own.

It knows no table. Implements ``ports.database.Database``; built by ``process``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Concatenate

from torana.core.errors import GatewayError
from torana.ports.database import Connection, Found, Values
from torana.stores import sql
from torana.stores.sql.several_connections import SeveralConnections
from torana.wiring.database import prepare
from torana.wiring.short_turns import ShortTurns

AT_ONCE = 4
"""Pieces of work at the same time; others wait. Apart from the threads of the data plane."""
AWAY = "The database is away. Nothing was changed. Try again."
UNFIT = "A value cannot be kept: a text with the character NUL, or a number out of bounds. Send another."


class OfficeDatabase:
    """Of one process."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet."""
        self._url = url
        self._several = SeveralConnections(url)
        self._threads = ShortTurns(AT_ONCE, thread_name_prefix="office")
        self._ready = False

    async def read(
        self, work: Callable[Concatenate[Connection, Values], Found], *values: Values.args, **named: Values.kwargs
    ) -> Found:
        """What ``work`` finds. Raises GatewayError OVERLOADED when the database is away."""

        def run() -> Found:
            self._prepare()
            with self._several.reading() as connection:
                return work(connection, *values, **named)

        return await self._run(run)

    async def write(
        self, work: Callable[Concatenate[Connection, Values], Found], *values: Values.args, **named: Values.kwargs
    ) -> Found:
        """What ``work`` gives, in one transaction. Raises GatewayError OVERLOADED when the database is away."""

        def run() -> Found:
            self._prepare()
            with self._several.writing() as connection:
                return work(connection, *values, **named)

        return await self._run(run)

    def close(self) -> None:
        """Give up threads and connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._several.close()

    async def _run(self, run: Callable[[], Found]) -> Found:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, run)
        except sql.misfits() as fault:
            raise GatewayError("REQUEST_INVALID", UNFIT) from fault
        except sql.faults() as fault:
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from fault

    def _prepare(self) -> None:
        if not self._ready:
            prepare(self._url)
            self._ready = True
