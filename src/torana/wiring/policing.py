"""Stored policies: followed in the database that replicas share, judged before they are written, and published.

It combines none (``core/policies.py`` does). Run by ``serve``; the admin routes write through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.ports.database import Connection
from torana.ports.policies import ANY_VERSION, Outdated, PolicyStore, StoredPolicy
from torana.stores import sql
from torana.wiring import paths
from torana.wiring.database import has_schema, open_policies
from torana.wiring.following import Following, Shelf
from torana.wiring.live import Live
from torana.wiring.policy_overlay import field_of
from torana.wiring.problems import ConfigError

FILE_NAME = "policies.snapshot"
FIRST_LOOK_S = 5.0
"""How long a start waits for the database."""
MOST_PROBLEMS = 20
AWAY = "Policies cannot be written or read now: their database is away. Try again."


def last_known(data_dir: Path) -> Sequence[StoredPolicy]:
    """The policies as the database had them last; none when there is no readable file."""
    return Shelf(data_dir / FILE_NAME, StoredPolicy).last_known()


class Policing:
    """The stored policies of one installation."""

    def __init__(self, open_store: Callable[[], PolicyStore], data_dir: Path, live: Live, clock: Clock) -> None:
        """``open_store`` runs in a thread."""
        self._open_store = open_store
        self._live = live
        self._clock = clock
        self._following = Following(open_store, Shelf(data_dir / FILE_NAME, StoredPolicy), live.take_policies)

    async def before_serving(self, there: Callable[[], bool]) -> None:
        """Read them once, where there are any, so that not even the first request goes by an older one.

        A database that is away is no reason not to serve: the last known policies do.
        """
        try:
            async with asyncio.timeout(FIRST_LOOK_S):
                if await asyncio.to_thread(there):
                    await self._following.look()
        except sql.faults(TimeoutError):
            return

    async def follow(self) -> None:
        """Follow them until cancelled."""
        await self._following.follow()

    def close(self) -> None:
        """Give up connections."""
        self._following.close()

    @property
    def stored(self) -> Sequence[StoredPolicy]:
        """The newest version of each, as this process has them."""
        return self._live.policies

    async def write(self, row: StoredPolicy, beside: Callable[[Connection], None] | None = None) -> StoredPolicy:
        """Keep the next version of a policy; this process goes by it at once, the others within a second.

        ``beside``: done in the same transaction, in a thread.

        ``row.version``: the version that it replaces, or ANY_VERSION; ``written_at`` is not looked at. Raises
        GatewayError REQUEST_INVALID with every problem, CONFLICT when another version is there, OVERLOADED.
        """
        try:
            await self._following.look()
            there = next((one.version for one in self.stored if one.name == row.name), 0)
            before = there if row.version == ANY_VERSION else row.version
            row = row._replace(version=before + 1, written_at=self._clock.now())
            await asyncio.to_thread(self.judge, row)
            await asyncio.to_thread(self._keep, row, beside)
            await self._following.look()
        except ConfigError as refused:
            raise refusal(refused) from None
        except Outdated as late:
            message = (
                f"The policy {row.name} is at version {late.version} now, not at {row.version - 1}. Read it again."
            )
            raise GatewayError("CONFLICT", message, details={"version": late.version}) from None
        except sql.faults():
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from None
        return row

    def judge(self, row: StoredPolicy) -> None:
        """Raise ConfigError if the policy could not be taken beside the others."""
        self._live.laid([one for one in self.stored if one.name != row.name] + [row])

    async def history(self, name: str, most: int) -> Sequence[StoredPolicy]:
        """The versions of a policy, newest first. Raises GatewayError OVERLOADED."""
        try:
            return await asyncio.to_thread(self._history, name, most)
        except sql.faults():
            raise GatewayError("OVERLOADED", AWAY, retry_after_s=2) from None

    def _keep(self, row: StoredPolicy, beside: Callable[[Connection], None] | None) -> None:
        store = self._open_store()
        try:
            store.write(row, beside)
        finally:
            store.close()

    def _history(self, name: str, most: int) -> Sequence[StoredPolicy]:
        store = self._open_store()
        try:
            return store.history(name, most)
        finally:
            store.close()


def refusal(refused: ConfigError) -> GatewayError:
    """What is told of a policy that cannot be taken: every problem with its field."""
    problems: list[Mapping[str, Any]] = [
        {"field": field_of(one), "message": one.message, "suggestion": one.suggestion} for one in refused.problems
    ]
    first = refused.problems[0]
    message = f"{field_of(first)}: {first.message}" if field_of(first) else first.message
    return GatewayError(
        "REQUEST_INVALID", message, param=field_of(first) or None, details={"problems": problems[:MOST_PROBLEMS]}
    )


async def policing_of(live: Live, clock: Clock) -> Policing:
    """The policies of the installation, read once when they can be."""
    url = paths.database_url(live.settings)
    made = Policing(lambda: open_policies(url), paths.data_dir(live.settings), live, clock)
    await made.before_serving(lambda: has_schema(url))
    return made
