"""Moves everything from a SQLite database to an empty PostgreSQL: all tables in one transaction, or nothing.

It changes nothing in the source, and keeps nobody from writing there: whoever calls sees to that. Called by ``torana migrate``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from sqlalchemy import Table

from torana.stores.migrations.schema import metadata
from torana.stores.migrations.upgrade import upgrade
from torana.stores.sql import Connection, check, connect, is_postgres

AT_ONCE = 5000
"""Rows read and written together."""
DAYS_AT_ONCE = 30
"""Partitions made in one transaction: each takes several places in the server's table of locks."""
DAY_MS = 86_400_000
BY_DAY = ("usage_facts", "usage_details")
MADE_WITH_THE_SCHEMA = ("names",)
"""A new database has the empty name."""

Tell = Callable[[str, int], None]


class NotMoved(ValueError):
    """The databases are not as they must be, or what arrived is not what left. Nothing was kept."""


def move(source: str, target: str, tell: Tell, spools: Mapping[str, str]) -> None:
    """Copy every row of the database ``source`` to ``target``, whose tables are made when it has none.

    ``tell``: given each table and its rows, once they are compared. ``spools``: name of a spool → its name from now on.
    Raises NotMoved, WrongSchema, what the drivers raise; then the target has tables without rows at the most.
    """
    if is_postgres(source) or not is_postgres(target):
        raise NotMoved("rows are moved from SQLite to PostgreSQL (postgresql://user@host/name), not any other way")
    if not check(source):
        raise NotMoved("there is no database to move: it has no tables yet")
    if not check(target):
        upgrade(target)
    with closing(connect(source)) as old, closing(connect(target)) as new:
        old.at_one_moment()
        _make_days(old, new)
        with new:
            _take(new)
            counts = [(table.name, _copied(old, new, table)) for table in metadata.sorted_tables]
            for before, after in spools.items():
                new.execute("UPDATE spool_positions SET spool = ? WHERE spool = ?", (after, before))
            new.execute("SELECT setval(pg_get_serial_sequence('names', 'id'), MAX(id)) FROM names HAVING MAX(id) > 0")
        for name, count in counts:
            tell(name, count)
        # The planner knows nothing of the rows yet, and its first look by itself may be a minute away.
        new.execute("ANALYZE")
        new.commit()


def _take(new: Connection) -> None:
    """Lock the target against other writers and see that it is empty."""
    tables = metadata.sorted_tables
    new.execute(f"LOCK TABLE {', '.join(table.name for table in tables)} IN EXCLUSIVE MODE")
    for table in tables:
        if table.name not in MADE_WITH_THE_SCHEMA and new.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone():  # noqa: S608
            raise NotMoved(f"the target has rows already, in {table.name}: rows are moved to an empty database only")
    for name in MADE_WITH_THE_SCHEMA:
        new.execute(f"DELETE FROM {name}")  # noqa: S608


def _make_days(old: Connection, new: Connection) -> None:
    found = {
        int(row[0])
        for table in BY_DAY
        for row in old.execute(f"SELECT DISTINCT at_ms / {DAY_MS} FROM {table}")  # noqa: S608
    }
    for days in _some_at_once(sorted(found)):
        with new:
            new.make_days(days)


def _some_at_once(days: list[int]) -> Iterator[list[int]]:
    """DAYS_AT_ONCE of them at a time."""
    return (days[start : start + DAYS_AT_ONCE] for start in range(0, len(days), DAYS_AT_ONCE))


def _copied(old: Connection, new: Connection, table: Table) -> int:
    """Copy one table and compare what is there then; how many rows."""
    names = tuple(column.name for column in table.columns)
    rows = old.execute(f"SELECT {', '.join(names)} FROM {table.name}")  # noqa: S608
    while part := rows.fetchmany(AT_ONCE):
        new.insert_columns(table.name, names, list(zip(*part, strict=True)))
    left, arrived = (_sums(connection, table) for connection in (old, new))
    if left != arrived:
        raise NotMoved(f"{table.name}: {left} left and {arrived} arrived (rows, and the sum of their costs)")
    return left[0]


def _sums(connection: Connection, table: Table) -> tuple[int, int]:
    money = "COALESCE(SUM(cost_nano), 0)" if "cost_nano" in table.columns else "0"
    count, sum_ = connection.execute(f"SELECT COUNT(*), {money} FROM {table.name}").fetchone()  # noqa: S608
    return int(count), int(sum_)
