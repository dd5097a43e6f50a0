"""How long usage, and rows of stored responses, are kept: makes the coming days' partitions, drops what is too old, without bringing a row into Python.

It decides no length of time (the settings do). Called from time to time in a thread by ``wiring``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from torana.core.clock import Clock
from torana.core.kept import RESPONSE
from torana.stores.sql.connections import Connection
from torana.stores.sql.holds import held_numbers
from torana.stores.sql.own_times import OwnTimes, Shorter, own_times
from torana.stores.sql.tenants_with_rows import tenants_of

DAY_S = 86_400
AHEAD_DAYS = 3
PARTITIONED = ("usage_facts", "usage_details")
HOURLY = ("usage_hourly", "usage_hourly_by_team", "usage_hourly_by_model", "latency_hourly")
DAILY = ("usage_daily", "usage_daily_by_team", "latency_daily", "team_latency_daily")
SAVED = "cache_savings"
"""Sums by days too, counted from the epoch, of tenants by their names."""
RESPONSES_DAYS = 31
"""Providers keep a response 30 days (https://platform.openai.com/docs/guides/conversation-state): then its row means nothing."""
SESSIONS_DAYS = 30
REVOKED_DAYS = 1
"""So long a session that is over is kept: what it did is in the audit trail."""
AT_ONCE = 2000
"""Rows of SQLite deleted in one transaction: it keeps other writers waiting for some milliseconds."""
DROPPED_AT_ONCE = 32
"""Partitions dropped in one transaction: each takes locks, and their number has a limit."""
LOCK_WAIT = "2s"
"""Dropping waits for those who read the table, and those who write wait for it: not longer than this."""


class Keep(NamedTuple):
    """Days that each class of usage is kept."""

    rows_days: int = 30
    hourly_days: int = 400
    daily_days: int = 3653
    shorter: Sequence[Shorter] = ()
    """What policies say of rows. A tenant's own time takes the place of ``rows_days``."""


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
        rows = 0
        holding = held_numbers(connection)
        if self._by_day:
            with connection:
                connection.make_days(range(now // DAY_S, now // DAY_S + AHEAD_DAYS + 1))
        own = _numbered(connection, own_times(connection))
        days = {one: own.get(one, OwnTimes()).requests or self._keep.rows_days for one in _tenants(connection)}
        longest = max([self._keep.rows_days, *days.values()])
        partitions = 0
        if not holding:
            # Days, and details without a row, are of all tenants together: they stay until the last hold has ended.
            if self._by_day:
                partitions = sum(_drop_days(connection, table, _ms(now, longest)) for table in PARTITIONED)
            else:
                rows += _delete_details(connection, _ms(now, longest))
        for tenant in days.keys() - holding:
            if not self._by_day or holding or days[tenant] < longest:
                rows += _delete(connection, {"tenant": tenant}, _ms(now, days[tenant]), whole=self._by_day)
            rows += self._sweep_by_policy(connection, tenant, days[tenant], now)
            findings = own.get(tenant, OwnTimes()).findings
            if findings is not None and findings < days[tenant]:
                rows += _forget_findings(connection, tenant, _ms(now, findings))
        roll_ups = [(table, "hour", self._keep.hourly_days) for table in HOURLY]
        roll_ups += [(table, "day", self._keep.daily_days) for table in DAILY]
        spared = f" AND tenant NOT IN ({', '.join(map(str, sorted(holding)))})" if holding else ""
        for table, since, kept_days in roll_ups:
            with connection:
                old = f"tenant IN ({tenants_of(table)}) AND {since} < ?"
                too_old = f"DELETE FROM {table} WHERE {old}{spared}"  # noqa: S608 - our own names, and numbers
                deleted = connection.execute(too_old, (now - kept_days * DAY_S,))
                rows += deleted.rowcount
        rows += _forget_saved(connection, now // DAY_S - self._keep.daily_days)
        rows += _forget_sessions(connection, now - SESSIONS_DAYS * DAY_S)
        rows += _forget_revoked(connection, now - REVOKED_DAYS * DAY_S)
        rows += _forget_responses(connection, now - RESPONSES_DAYS * DAY_S)
        return Swept(partitions, rows)

    def _sweep_by_policy(self, connection: Connection, tenant: int, days: int, now: int) -> int:
        """Delete its rows that policies keep for a shorter time than the tenant does; how many."""
        rows = 0
        for one in self._keep.shorter:
            where = _numbers(connection, one.where)
            if one.days < days and where is not None and where.get("tenant", tenant) == tenant:
                rows += _delete(connection, {**where, "tenant": tenant}, _ms(now, one.days), whole=self._by_day)
        return rows


def _ms(now: int, days: int) -> int:
    """What is older than so many days has begun before this, in milliseconds."""
    return (now - days * DAY_S) * 1000


def _numbers(connection: Connection, where: Mapping[str, str]) -> dict[str, int] | None:
    """The same by the numbers that rows have; None when no row can have one of the names."""
    found = {}
    for column, name in where.items():
        row = connection.execute("SELECT id FROM names WHERE text = ?", (name,)).fetchone()
        if row is None:
            return None
        found[column] = int(row[0])
    return found


def _numbered(connection: Connection, own: Mapping[str, OwnTimes]) -> dict[int, OwnTimes]:
    """The same by the numbers of the tenants that rows name."""
    numbers = {tenant: _numbers(connection, {"tenant": tenant}) for tenant in own}
    return {found["tenant"]: own[tenant] for tenant, found in numbers.items() if found is not None}


def _drop_days(connection: Connection, table: str, too_old_ms: int) -> int:
    """Drop the partitions whose last row is too old: the work of a moment, however many rows they hold."""
    found = connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(? AS text)::regclass ORDER BY 1",
        (table,),
    )
    due = [
        name for (name,) in found.fetchall() if (ends := _ends(table, name)) is not None and ends * 1000 <= too_old_ms
    ]
    for start in range(0, len(due), DROPPED_AT_ONCE):
        some = due[start : start + DROPPED_AT_ONCE]
        with connection:
            connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            connection.execute(f"DROP TABLE {', '.join(some)}")
    return len(due)


def _ends(table: str, name: str) -> float | None:
    """The epoch second after the day of a partition; None when it is of no day."""
    day = re.fullmatch(rf"{table}_(\d{{8}})", name)
    return None if day is None else datetime.strptime(day[1], "%Y%m%d").replace(tzinfo=UTC).timestamp() + DAY_S


def _tenants(connection: Connection) -> list[int]:
    """The tenants that have rows: asked in one statement, for to plan one over all days takes longer than to answer it."""
    return [int(row[0]) for row in connection.execute(tenants_of("usage_facts")).fetchall()]


def _forget_saved(connection: Connection, before_day: int) -> int:
    """Delete what the cache saved before that day, but of tenants with a hold."""
    spared = "SELECT tenant FROM legal_holds WHERE ended_at IS NULL"
    too_old = f"DELETE FROM {SAVED} WHERE day < ? AND tenant NOT IN ({spared})"  # noqa: S608 - our own names
    with connection:
        gone: int = connection.execute(too_old, (before_day,)).rowcount
    return gone


def _forget_sessions(connection: Connection, before: int) -> int:
    """Delete sessions that ended or expired before that, and by which provider they began."""
    over = "expires_at < ? OR ended_at < ?"
    with connection:
        began = f"DELETE FROM sso_sessions WHERE session IN (SELECT id FROM sessions WHERE {over})"  # noqa: S608
        connection.execute(began, (before, before))
        gone: int = connection.execute(f"DELETE FROM sessions WHERE {over}", (before, before)).rowcount  # noqa: S608
    return gone


def _forget_revoked(connection: Connection, before: int) -> int:
    """Delete revocations of tokens that expired before that: each session that ends leaves one, and processes keep them all."""
    with connection:
        gone: int = connection.execute("DELETE FROM revoked_tokens WHERE expires_at < ?", (before,)).rowcount
    return gone


def _forget_responses(connection: Connection, before: int) -> int:
    """Delete the rows of responses that their providers have deleted, a piece at a time."""
    piece = (
        "DELETE FROM kept_things WHERE (tenant, kind, id) IN "  # noqa: S608 - our own names
        f"(SELECT tenant, kind, id FROM kept_things WHERE kind = '{RESPONSE}' AND created_at < ? LIMIT {AT_ONCE})"
    )
    return _by_pieces(connection, piece, (before,))


def _delete(connection: Connection, where: Mapping[str, int], too_old_ms: int, *, whole: bool) -> int:
    """Delete old rows with their details; how many. ``whole``: at once, for no writer waits (PostgreSQL), else by pieces."""
    whose = " AND ".join(f"{column} = ?" for column in where)
    old = f"FROM usage_facts WHERE {whose} AND at_ms < ?"
    piece = "" if whole else f" ORDER BY at_ms, receipt_id LIMIT {AT_ONCE}"
    values = (*where.values(), too_old_ms)
    pairs = f"SELECT receipt_id, at_ms {old}{piece}"
    details = f"DELETE FROM usage_details WHERE at_ms < ? AND (receipt_id, at_ms) IN ({pairs})"  # noqa: S608 - our own names
    facts = f"DELETE FROM usage_facts WHERE rowid IN (SELECT rowid {old}{piece})"  # noqa: S608
    if whole:
        facts = f"DELETE {old}"
    deleted = 0
    while True:
        with connection:
            said: int = connection.execute(details, (too_old_ms, *values)).rowcount
            gone: int = connection.execute(facts, values).rowcount
        deleted += said + gone
        if whole or gone < AT_ONCE:
            return deleted


def _delete_details(connection: Connection, too_old_ms: int) -> int:
    """Delete SQLite's old details whose rows are gone already."""
    return _by_pieces(
        connection,
        "DELETE FROM usage_details WHERE rowid IN (SELECT d.rowid FROM usage_details d WHERE at_ms < ? AND NOT EXISTS "
        "(SELECT 1 FROM usage_facts f WHERE f.receipt_id = d.receipt_id) LIMIT ?)",
        (too_old_ms, AT_ONCE),
    )


def _forget_findings(connection: Connection, tenant: int, too_old_ms: int) -> int:
    """Take what was found out of a tenant's old rows; of how many."""
    return _by_pieces(
        connection,
        "UPDATE usage_details SET findings = '[]' WHERE (receipt_id, at_ms) IN "
        "(SELECT d.receipt_id, d.at_ms FROM usage_details d JOIN usage_facts f "
        "ON f.receipt_id = d.receipt_id AND f.at_ms = d.at_ms "
        "WHERE d.findings <> '[]' AND d.at_ms < ? AND f.tenant = ? AND f.at_ms < ? LIMIT ?)",
        (too_old_ms, tenant, too_old_ms, AT_ONCE),
    )


def _by_pieces(connection: Connection, piece: str, values: tuple[int, ...]) -> int:
    """Change AT_ONCE rows at a time, until there are none; how many."""
    changed, count = 0, AT_ONCE
    while count == AT_ONCE:
        with connection:
            count = connection.execute(piece, values).rowcount
        changed += count
    return changed
