"""How long usage, and rows of stored responses, are kept: makes the coming days' partitions, drops what is too old, without bringing a row into Python.

It decides no length of time (the settings do). Called from time to time in a thread by ``wiring``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from torana.core.clock import Clock
from torana.core.kept import RESPONSE
from torana.stores.sql.connections import Connection
from torana.stores.sql.holds import held_numbers

DAY_S = 86_400
AHEAD_DAYS = 3
PARTITIONED = ("usage_facts", "usage_details")
HOURLY = ("usage_hourly", "usage_hourly_by_team")
DAILY = ("usage_daily", "usage_daily_by_team")
RESPONSES_DAYS = 31
"""Providers keep a response 30 days (https://platform.openai.com/docs/guides/conversation-state): then its row means nothing."""
AT_ONCE = 2000
"""Rows of SQLite deleted in one transaction: it keeps other writers waiting for some milliseconds."""
LOCK_WAIT = "2s"
"""Dropping waits for those who read the table, and those who write wait for it: not longer than this."""


class Keep(NamedTuple):
    """Days that each class of usage is kept."""

    rows_days: int = 30
    hourly_days: int = 400
    daily_days: int = 3653


class Swept(NamedTuple):
    """What one sweep did."""

    partitions: int = 0
    """Dropped ones."""
    rows: int = 0
    """Deleted rows, of roll-ups and of SQLite's tables."""


class Retention:
    """Keeps one database within its times."""

    def __init__(self, connect: Callable[[], Connection], keep: Keep, clock: Clock, *, by_day: bool) -> None:
        """``by_day``: rows lie in partitions (PostgreSQL)."""
        self._connect = connect
        self._keep = keep
        self._clock = clock
        self._by_day = by_day

    def sweep(self) -> Swept:
        """Make and drop what is due. Raises what the driver raises; a later sweep goes on from there."""
        connection = self._connect()
        try:
            return self._sweep(connection)
        finally:
            connection.close()

    def _sweep(self, connection: Connection) -> Swept:
        now = int(self._clock.now())
        too_old_ms = (now - self._keep.rows_days * DAY_S) * 1000
        partitions = rows = 0
        holding = held_numbers(connection)
        if self._by_day:
            with connection:
                connection.make_days(range(now // DAY_S, now // DAY_S + AHEAD_DAYS + 1))
        if holding:
            # Days and details are of all tenants together: they stay until the last hold has ended.
            others = [one for one in _tenants(connection) if one not in holding]
            if not self._by_day:
                rows += _delete(connection, "usage_facts", too_old_ms, others)
        elif self._by_day:
            partitions = sum(_drop_days(connection, table, too_old_ms) for table in PARTITIONED)
        else:
            rows += _delete(connection, "usage_facts", too_old_ms, _tenants(connection))
            rows += _delete(connection, "usage_details", too_old_ms, None)
        roll_ups = [(table, "hour", self._keep.hourly_days) for table in HOURLY]
        roll_ups += [(table, "day", self._keep.daily_days) for table in DAILY]
        spared = f" AND tenant NOT IN ({', '.join(map(str, sorted(holding)))})" if holding else ""
        for table, since, kept_days in roll_ups:
            with connection:
                too_old = f"DELETE FROM {table} WHERE {since} < ?{spared}"  # noqa: S608 - our own names, and numbers
                deleted = connection.execute(too_old, (now - kept_days * DAY_S,))
                rows += deleted.rowcount
        rows += _forget_responses(connection, now - RESPONSES_DAYS * DAY_S)
        return Swept(partitions, rows)


def _drop_days(connection: Connection, table: str, too_old_ms: int) -> int:
    """Drop the partitions whose last row is too old: the work of a moment, however many rows they hold."""
    found = connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(? AS text)::regclass ORDER BY 1",
        (table,),
    )
    dropped = 0
    for (name,) in found.fetchall():
        day = re.fullmatch(rf"{table}_(\d{{8}})", name)
        if day is None:
            continue
        ends = datetime.strptime(day[1], "%Y%m%d").replace(tzinfo=UTC).timestamp() + DAY_S
        if ends * 1000 <= too_old_ms:
            with connection:
                connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
                connection.execute(f"DROP TABLE {name}")
            dropped += 1
    return dropped


def _tenants(connection: Connection) -> list[int]:
    """The tenants that have rows, one step along the index each."""
    found: list[int] = []
    last = 0
    while True:
        row = connection.execute("SELECT MIN(tenant) FROM usage_facts WHERE tenant > ?", (last,)).fetchone()
        if row is None or row[0] is None:
            return found
        last = int(row[0])
        found.append(last)


def _forget_responses(connection: Connection, before: int) -> int:
    """Delete the rows of responses that their providers have deleted, a piece at a time."""
    piece = (
        "DELETE FROM kept_things WHERE (tenant, kind, id) IN "  # noqa: S608 - our own names
        f"(SELECT tenant, kind, id FROM kept_things WHERE kind = '{RESPONSE}' AND created_at < ? LIMIT {AT_ONCE})"
    )
    deleted, count = 0, AT_ONCE
    while count == AT_ONCE:
        with connection:
            count = connection.execute(piece, (before,)).rowcount
        deleted += count
    return deleted


def _delete(connection: Connection, table: str, too_old_ms: int, tenants: list[int] | None) -> int:
    """Delete old rows of SQLite's table, a piece at a time."""
    deleted = 0
    for tenant in tenants if tenants is not None else [0]:
        whose, values = ("tenant = ? AND ", (tenant,)) if tenants is not None else ("", ())
        piece = (
            f"DELETE FROM {table} WHERE rowid IN "  # noqa: S608 - our own names
            f"(SELECT rowid FROM {table} WHERE {whose}at_ms < ? LIMIT {AT_ONCE})"
        )
        count = AT_ONCE
        while count == AT_ONCE:
            with connection:
                count = connection.execute(piece, (*values, too_old_ms)).rowcount
            deleted += count
    return deleted
