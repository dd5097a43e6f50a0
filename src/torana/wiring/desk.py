"""Where files and batches are looked up and watched: the store behind it, and the work in the background.

It decides nothing about requests. Built by ``serve``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from torana.core.clock import Clock
from torana.core.ids import id_maker
from torana.dialects.batch_lines import usage_of
from torana.edge.house import House
from torana.line.batches import Batches
from torana.line.kept import Desk
from torana.line.owners import Owners
from torana.stores.sql.kept import SqlShelf
from torana.wiring.database import prepare


def open_desk(url: str, process: str, clock: Clock) -> Desk:
    """The desk of a process. ``process``: its name, the same after a restart. Asks the database nothing yet."""
    owners = Owners(SqlShelf(url, prepare))
    return Desk(owners, Batches(owners, clock, id_maker("", clock.now), usage_of, process))


def watching(house: House) -> Callable[[], Awaitable[None]]:
    """The work of watching open batches; none where the house has no desk."""

    async def watch() -> None:
        if house.desk is not None:
            await house.desk.batches.run(lambda: house.rooms)

    return watch
