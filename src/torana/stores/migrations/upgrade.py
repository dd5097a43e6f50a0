"""Moves a database from one revision of its schema to another, one process at a time, in one transaction.

It loads SQLAlchemy and Alembic, so ``wiring`` imports it only when ``stores.sql.revision`` is not the one wanted.
"""

from __future__ import annotations

import fcntl
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from torana.stores.migrations.schema import metadata

HERE = Path(__file__).parent
ALONE = 7_166_480
"""The advisory lock of whoever changes the schema."""
PARTITION = re.compile(r"^usage_(facts|details)_\d{8}")


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to ``revision``; makes the file and its folder when missing.

    Waits for another process that does the same. Raises what the database raises; each step is one transaction.
    """
    with _alone(url), _connection(url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to ``revision`` (``base``: to nothing). Rows of what goes are lost."""
    with _alone(url), _connection(url) as connection:
        command.downgrade(_config(connection), revision)


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    return [step.revision for step in ScriptDirectory.from_config(_config(None)).walk_revisions()][::-1]


def newest() -> str:
    """The newest revision there is."""
    (head,) = ScriptDirectory.from_config(_config(None)).get_heads()
    return head


def drift(url: str) -> list[object]:
    """What differs between the database and ``schema``; empty when they agree."""
    with _connection(url) as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        return list(compare_metadata(context, metadata))


def _is_ours(_: object, name: str | None, kind: str, reflected: bool, against: object) -> bool:
    """Not the partitions of PostgreSQL, which come and go, nor the one index that SQLite cannot have like it."""
    return not PARTITION.search(name or "") and not (kind == "index" and name == "usage_facts_receipt")


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(_driver_url(url), poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        # The driver begins no transaction before DDL by itself: a start that is killed would leave half a schema.
        event.listen(engine, "connect", _by_hand)
        event.listen(engine, "begin", _begin)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Held until the transaction ends: two processes that start together do not both make the tables.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ALONE})")
        yield connection


def _driver_url(url: str) -> URL:
    """With the driver that the rest of the code uses. Raises ValueError for a URL that cannot be read."""
    made = make_url(url)
    return made.set(drivername="postgresql+psycopg") if made.drivername in {"postgresql", "postgres"} else made


def _by_hand(driver: sqlite3.Connection, _: object) -> None:
    driver.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _alone(url: str) -> Iterator[None]:
    """A lock beside the SQLite file, so that two starting processes do not both make the tables."""
    made = make_url(url)
    if not made.drivername.startswith("sqlite"):
        yield
        return
    if not made.database:
        raise ValueError("the database URL names no file")
    path = Path(made.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
