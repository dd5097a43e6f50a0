"""Stored objects: followed in the database that replicas share, kept on disk for a start without it.

It judges none (``object_overlay`` does) and writes none. Run by ``serve``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from torana.ports.objects import ObjectRows, StoredObject
from torana.stores import sql
from torana.wiring import paths
from torana.wiring.available import Available
from torana.wiring.database import has_schema, open_objects
from torana.wiring.environment import read_environment
from torana.wiring.following import Following, Shelf
from torana.wiring.live import Live
from torana.wiring.object_overlay import Means
from torana.wiring.object_secrets import Secrets
from torana.wiring.policing import FIRST_LOOK_S
from torana.wiring.sealing import Sealer, sealer_of
from torana.wiring.secret_stores import resolver
from torana.wiring.settings import Settings, plugin_settings

FILE_NAME = "objects.snapshot"
"""Its secrets are sealed as in the database."""


def last_objects(data_dir: Path) -> Sequence[StoredObject]:
    """The objects as the database had them last; none when there is no readable file."""
    return Shelf(data_dir / FILE_NAME, StoredObject).last_known()


def newest_objects(settings: Settings) -> Sequence[StoredObject] | None:
    """The objects as the database has them; None when it cannot be asked."""
    url = paths.database_url(settings)
    try:
        if not has_schema(url):
            return None
        with closing(open_objects(url)) as rows:
            return rows.load()
    except sql.faults(ValueError):
        return None


class Objecting:
    """The stored objects of one installation."""

    def __init__(self, open_rows: Callable[[], ObjectRows], data_dir: Path, live: Live) -> None:
        """``open_rows`` runs in a thread."""
        self.live = live
        self._following = Following(open_rows, Shelf(data_dir / FILE_NAME, StoredObject), live.take_objects)

    async def before_serving(self, there: Callable[[], bool]) -> None:
        """Read them once, where there are any, so that not even the first request goes by older ones.

        A database that is away is no reason not to serve: the last known objects do.
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

    async def look(self) -> None:
        """Take what is new now. Raises what the database raises, ConfigError for what does not fit."""
        await self._following.look()


async def objecting_of(live: Live) -> Objecting:
    """The stored objects, read once when they can be."""
    url = paths.database_url(live.settings)
    made = Objecting(lambda: open_objects(url), paths.data_dir(live.settings), live)
    await made.before_serving(lambda: has_schema(url))
    return made


def sealer_for(settings: Settings, environ: Mapping[str, str], log: Any) -> Sealer:
    """What seals stored secrets here."""
    folder = paths.secrets_dir(settings)
    return sealer_of(folder, environ, lambda one: log.warning("secrets.warning", problem=str(one)))


def laying_of(available: Available, sealer: Sealer, environ: Mapping[str, str]) -> Means:
    """What stored objects are laid over the file's settings with."""
    secrets = Secrets(sealer, partial(plugin_settings, available))
    return Means(available, secrets, lambda: read_environment(Path.cwd()), resolver(environ))
