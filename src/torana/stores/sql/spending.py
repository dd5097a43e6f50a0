"""Sums what was spent in a stretch of time from the usage tables, exact to the second: for budgets that forgot.

Whole days and hours come from the roll-ups, the rest of an hour from single rows. Where rows are gone by their retention,
the whole hour or day counts: never too little. Called with a connection of ``connections``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from torana.core.calendar import day_of, hour_of
from torana.stores.sql.connections import Connection
from torana.stores.sql.tenants_with_rows import tenants_of
from torana.stores.sql.usage_queries import texts_of

COLUMNS = {
    "tenant": "tenant",
    "department": "department",
    "team": "team",
    "user": "user_id",
    "key": "key_id",
    "model": "model",
}
"""By what spending can be split → its column."""


class Spell(NamedTuple):
    """A stretch of time, epoch seconds, ``until`` excluded; and whose days and hours the roll-ups have."""

    since: int
    until: int | None
    """None: up to the newest."""
    zone: ZoneInfo | None = None


def spent(
    connection: Connection, spell: Spell, by: Sequence[str], currency: str, where: Mapping[str, str]
) -> list[tuple[dict[str, str], int]]:
    """What was spent, for each combination of ``by`` (keys of COLUMNS): their names, nano-units of the currency.

    Amounts of other currencies do not count. ``where``: scope → name that the requests must have. Raises KeyError for what
    is no scope, what the driver raises.
    """
    columns = tuple(COLUMNS[name] for name in by)
    filters = tuple(COLUMNS[name] for name in where)
    values: list[Any] = [currency, *where.values()]
    parts = _pieces(spell.since, spell.zone, 1)
    if spell.until is not None:
        parts += _pieces(spell.until, spell.zone, -1)
    query = _summing(columns, filters, tuple((part.table, part.sign) for part in parts))
    asked = [value for part in parts for value in (*values, *part.bounds)]
    found = connection.execute(query, asked).fetchall()
    texts = texts_of(connection, {number for row in found for number in row[:-1]})
    named = [({name: texts[number] for name, number in zip(by, row, strict=False)}, int(row[-1])) for row in found]
    return [(names, nano) for names, nano in named if nano > 0]


def positions(connection: Connection) -> dict[str, int]:
    """Up to where each spool is in the tables."""
    return {
        spool: int(at) for spool, at in connection.execute("SELECT spool, position FROM spool_positions").fetchall()
    }


class _Piece(NamedTuple):
    table: str
    sign: int
    bounds: tuple[int, ...]


def _pieces(since: int, zone: ZoneInfo | None, sign: int) -> list[_Piece]:
    """All from ``since`` on: all days from its day on, less its day's hours before its hour, less its hour's rows before it."""
    hour = hour_of(since, zone)
    day = day_of(hour, zone)
    pieces = [_Piece("usage_daily", sign, (day,))]
    if day < hour:
        pieces.append(_Piece("usage_hourly", -sign, (day, hour)))
    if hour < since:
        pieces.append(_Piece("usage_facts", -sign, (hour * 1000, since * 1000)))
    return pieces


# The tenants first: rows are found by tenant and time.
_WITHIN = {
    "usage_daily": f"tenant IN ({tenants_of('usage_daily_by_team')}) AND day >= ?",
    "usage_hourly": f"tenant IN ({tenants_of('usage_hourly_by_team')}) AND hour >= ? AND hour < ?",
    "usage_facts": f"tenant IN ({tenants_of('usage_hourly_by_team')}) AND at_ms >= ? AND at_ms < ?",
}


@cache
def _summing(columns: tuple[str, ...], filters: tuple[str, ...], parts: tuple[tuple[str, int], ...]) -> str:
    named = "(SELECT id FROM names WHERE text = ?)"
    conditions = [f"{column} = {named}" for column in ("currency", *filters)]
    listed = ", ".join(columns)
    selects = [
        f"SELECT {listed}, {'' if sign > 0 else '-'}cost_nano AS nano FROM {table} "  # noqa: S608 - our own names
        f"WHERE {' AND '.join((*conditions, _WITHIN[table]))}"
        for table, sign in parts
    ]
    inner = " UNION ALL ".join(selects)
    return f"SELECT {listed}, CAST(SUM(nano) AS BIGINT) FROM ({inner}) AS parts GROUP BY {listed}"  # noqa: S608
