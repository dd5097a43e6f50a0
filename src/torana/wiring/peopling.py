"""The stored tree of tenants, followed and published; and what the control plane is given for people.

It judges nobody. Run by ``serve``; the admin routes ask it to catch up with what they wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torana.control.people_desk import Manners, PeopleDesk, Place
from torana.core.keys import digester
from torana.core.snapshot import KeyEntry
from torana.ports.tree import TreeRow, TreeRows
from torana.stores import sql
from torana.wiring import paths
from torana.wiring.compile import key_entry
from torana.wiring.database import has_schema, open_tree
from torana.wiring.following import Following, Shelf
from torana.wiring.letters import post_by
from torana.wiring.live import Live
from torana.wiring.problems import ConfigError
from torana.wiring.revoking import Revoking
from torana.wiring.settings_owned import written as written_name
from torana.wiring.settings_people import Tenant
from torana.wiring.settings_people_checks import tree_of
from torana.wiring.stored_keys import Follower
from torana.wiring.tree_overlay import without

FILE_NAME = "tree.snapshot"
FIRST_LOOK_S = 5.0
"""How long a start waits for the database."""
HOUR_S = 3600.0


def last_known(data_dir: Path) -> Sequence[TreeRow]:
    """The tree as the database had it last; nothing when there is no readable file."""
    return Shelf(data_dir / FILE_NAME, TreeRow).last_known()


class Means(NamedTuple):
    """What it needs of the process."""

    hash_key: bytes
    dev: bool
    log: Any


class Peopling:
    """The tree of one installation, and the lists that change with people."""

    def __init__(
        self, open_rows: Callable[[], TreeRows], live: Live, others: tuple[Follower, Revoking], means: Means
    ) -> None:
        """``open_rows`` runs in a thread; ``others``: the keys and the revoked tokens, which people change too."""
        self._live = live
        self._keys, self._revoking = others
        self._means = means
        data_dir = paths.data_dir(live.settings)
        self._following = Following(open_rows, Shelf(data_dir / FILE_NAME, TreeRow), live.take_tree)

    async def before_serving(self, there: Callable[[], bool]) -> None:
        """Read it once, where there is one, so that not even the first request is refused for an unknown tenant."""
        try:
            async with asyncio.timeout(FIRST_LOOK_S):
                if await asyncio.to_thread(there):
                    await self._following.look()
        except sql.faults(TimeoutError):
            return

    async def follow(self) -> None:
        """Follow it until cancelled."""
        await self._following.follow()

    async def catch_up(self) -> None:
        """Go by what was just written. The database was there a moment ago; should it be away now, ``follow`` will."""
        try:
            await self._following.look()
            await self._keys.look()
            await self._revoking.look()
        except sql.faults():
            return

    async def named_by(self, tenant: str, kind: str, group: str) -> tuple[str, ...]:
        """What of the configuration in force names a department or a team; of a tenant (no kind), what others wrote."""
        live = self._live
        policies, objects = live.policies, live.objects
        if not kind:
            policies = [one for one in policies if one.tenant != tenant]
            objects = [one for one in objects if one.tenant != tenant]
        tree = without(live.tree, tenant, kind, group)
        try:
            await asyncio.to_thread(live.laid, policies, None, tree, objects)
        except ConfigError as refused:
            return tuple(dict.fromkeys(written_name(one.file, tenant) for one in refused.problems))
        return ()

    @property
    def desk(self) -> PeopleDesk:
        """What the control plane is given."""
        return PeopleDesk(
            manners=self._manners,
            places=self._places,
            file_keys=self._file_keys,
            digest=digester(self._means.hash_key),
            catch_up=self.catch_up,
            named_by=self.named_by,
            post=post_by(lambda: self._live.settings.auth.mail, self._means.dev, self._means.log),
        )

    def _file_keys(self) -> Mapping[bytes, KeyEntry]:
        settings = self._live.settings
        teams = {tenant: dict(rows) for tenant, rows in tree_of(settings).teams.items()}
        return dict(key_entry(one, self._means.hash_key, teams) for one in settings.keys)

    def _manners(self) -> Manners:
        settings = self._live.settings
        return Manners(
            settings.auth.registration,
            settings.auth.session_hours * HOUR_S,
            settings.server.behind_proxy or settings.server.tls is not None,
            self._means.dev,
            settings.currency,
            settings.time_zone,
        )

    def _places(self) -> Mapping[str, Place]:
        written = {one.id: one for one in self._live.loaded.settings.tenants}
        return {one.id: place(one, written.get(one.id)) for one in self._live.settings.tenants}


def place(now: Tenant, written: Tenant | None) -> Place:
    """A tenant in force. ``written``: as the configuration has it."""
    own = written or Tenant(id=now.id)
    return Place(
        tenant=now.id,
        name=now.name,
        suspended=now.status == "suspended",
        departments={one.id: one.name for one in now.departments},
        teams={team: one.id for one in now.departments for team in one.teams} | dict.fromkeys(now.teams, ""),
        in_file=written is not None,
        file_departments=frozenset(one.id for one in own.departments),
        file_teams=frozenset({*own.teams, *(team for one in own.departments for team in one.teams)}),
    )


async def peopling_of(live: Live, others: tuple[Follower, Revoking], means: Means) -> Peopling:
    """The tree of the installation, read once when it can be."""
    url = paths.database_url(live.settings)
    made = Peopling(lambda: open_tree(url), live, others, means)
    await made.before_serving(lambda: has_schema(url))
    return made
