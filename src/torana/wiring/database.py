"""The installation's database: brought to the schema of this code, then opened for keys and records.

It imports the heavy schema tools only when there is something to migrate. Called from worker threads by ``serve``'s
parts, and by the CLI.
"""

from __future__ import annotations

from torana.core.clock import Clock
from torana.ports.sink import Sink
from torana.ports.store import Keys
from torana.stores import sql
from torana.wiring import find


def prepare(url: str) -> None:
    """Bring the schema to this code's revision. Raises what the database raises."""
    if sql.revision(url) != sql.REVISION:
        find.tool("stores.migrations.upgrade").upgrade(url)


def open_keys(url: str, clock: Clock) -> Keys:
    """The virtual keys of the database."""
    prepare(url)
    return sql.open(sql.Settings(url=url), clock)


def open_sink(url: str, time_zone: str) -> Sink:
    """The sink that writes usage rows and roll-ups; its days are those of ``time_zone``."""
    prepare(url)
    module = find.module("sinks", "database")
    sink: Sink = module.open(module.Settings(url=url, time_zone=time_zone), sql.connect)
    return sink
