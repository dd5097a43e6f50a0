"""Reads usage for people: sums over time and by whom from the roll-ups, single requests page by page from the rows.

It shows no tenant the rows of another: every question names one. Called with a connection of ``connections``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from zlib import crc32

from torana.ports.database import Connection
from torana.ports.usage import Line as Line  # noqa: PLC0414 - handed on, as the rest
from torana.ports.usage import Order
from torana.ports.usage import Place as Place  # noqa: PLC0414
from torana.ports.usage import Sums as Sums  # noqa: PLC0414
from torana.ports.usage import Window as Window  # noqa: PLC0414

DIMENSIONS = {
    "department": "department",
    "team": "team",
    "user": "user_id",
    "key": "key_id",
    "model": "model",
    "provider": "provider",
}
"""What usage can be split and filtered by → its column."""
ROLL_UPS = {"hour": "usage_hourly", "day": "usage_daily"}
BY_TEAM = {"hour": "usage_hourly_by_team", "day": "usage_daily_by_team"}
"""The same without users and keys: much fewer rows."""
BY_MODEL = {"hour": "usage_hourly_by_model", "day": "usage_daily_by_team"}
"""And without teams. Those of a day are few enough with them."""
SUMS = Sums._fields
NAMED = (
    "department",
    "team",
    "user_id",
    "key_id",
    "model",
    "provider",
    "currency",
    "dialect",
    "operation",
    "upstream_model",
    "ending",
    "error_code",
    "finish",
    "cache",
    "policy",
    "address",
    "price",
)
PLAIN = (
    "at_ms",
    "receipt_id",
    "request_id",
    "stream",
    "status",
    "usage_estimated",
    "priced",
    "cost_nano",
    "held_nano",
    "saved_nano",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "duration_ms",
    "first_chunk_ms",
    "upstream_ms",
    "overhead_us",
    "request_bytes",
    "response_bytes",
    "snapshot",
)
LARGEST_PAGE = 1000
OURS_WITHIN_MS = 60_000
"""How far the time in a request id of ours may be from the time of the request (as the sink has it)."""

_ORDERS: dict[str, str] = {
    "cost": "SUM(cost_nano)",
    "requests": "SUM(requests)",
    "errors": "SUM(errors)",
    "tokens": "SUM(input_tokens + output_tokens)",
    "latency": "SUM(duration_ms) * 1.0 / SUM(requests)",
}


def totals(connection: Connection, window: Window) -> list[Line]:
    """The window's sums, a line for each currency."""
    return _lines(connection, window, ("0", "NULL"), "ORDER BY 3")


def series(
    connection: Connection, window: Window, by: str | None = None, among: Sequence[str] | None = None
) -> list[Line]:
    """Sums for each hour or day that has any, in order; with ``by``, for each of its names, or for those ``among`` them.

    Raises KeyError for what is no dimension.
    """
    name = DIMENSIONS[by] if by else "NULL"
    ending = "ORDER BY 1, 3, 2" if by else "ORDER BY 1, 3"
    return _lines(connection, window, (window.grain, name), ending, among=among)


def top(connection: Connection, window: Window, by: str, order: Order = "cost", limit: int = 10) -> list[Line]:
    """The names of a dimension with the most.

    Raises KeyError for what is no dimension or no order, ValueError for a limit below 1.
    """
    if limit < 1:
        raise ValueError("a limit is at least 1")
    limit = min(limit, LARGEST_PAGE)
    # First by the one sum that decides, then all sums of the few: half the time where there are many people.
    most = f"ORDER BY {_ORDERS[order]} DESC, 1 LIMIT {limit}"
    ending = f"ORDER BY {_ORDERS[order]} DESC, 2 LIMIT {limit}"
    return _lines(connection, window, ("0", DIMENSIONS[by]), ending, most)


def leading(connection: Connection, window: Window, by: str, limit: int = 10) -> tuple[list[Line], int]:
    """``top`` by cost, and how many names have anything, the empty one not counted: both from one walk through the sums.

    Raises KeyError for what is no dimension, ValueError for a limit below 1.
    """
    if limit < 1:
        raise ValueError("a limit is at least 1")
    limit = min(limit, LARGEST_PAGE)
    if window.nobody:
        return [], 0
    name = DIMENSIONS[by]
    filters, values = _filters(window.where)
    whose = " AND ".join((_TENANT, f"{window.grain} >= ?", f"{window.grain} < ?", *filters))
    found = connection.execute(
        f"WITH costs AS (SELECT {name} AS name, currency, SUM(cost_nano) AS nano FROM {_table(window, name)} "  # noqa: S608 - our own names
        f"WHERE {whose} GROUP BY {name}, currency) SELECT (SELECT text FROM names WHERE id = name), "
        "(SELECT COUNT(*) FROM (SELECT DISTINCT name FROM costs WHERE name <> (SELECT id FROM names WHERE text = '')) AS known) "
        f"FROM costs ORDER BY nano DESC, name LIMIT {limit}",
        (window.tenant, window.since, window.until, *values),
    ).fetchall()
    ending = f"ORDER BY {_ORDERS['cost']} DESC, 2 LIMIT {limit}"
    lines = _lines(connection, window, ("0", name), ending, among=sorted({row[0] for row in found}))
    return lines, int(found[0][1]) if found else 0


def requests(
    connection: Connection, window: Window, after: Place | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], Place | None]:
    """A page of single requests, the newest first, and where the next one goes on; None: there is none.

    Every page costs the same, however far down it is. Keys are the columns of the row.
    """
    if window.nobody:
        return [], None
    limit = max(1, min(limit, LARGEST_PAGE))
    filters, values = _filters(window.where)
    until_ms = window.until * 1000
    # One upper bound only: of two SQLite takes the first, and would walk through all pages before this one.
    last_ms = until_ms - 1 if after is None else min(until_ms - 1, after.at_ms)
    conditions = ["at_ms >= ?", "at_ms <= ?", *filters]
    values = [window.tenant, window.since * 1000, last_ms, *values]
    if after is not None:
        conditions += ["(at_ms + 0, receipt_id) < (?, ?)"]
        values += [after.at_ms, after.receipt_id]
    found = _rows(connection, conditions, values, f"ORDER BY at_ms DESC, receipt_id DESC LIMIT {limit + 1}")
    page = found[:limit]
    more = len(found) > limit
    return page, Place(page[-1]["at_ms"], page[-1]["receipt_id"]) if more else None


def request(connection: Connection, tenant: str, request_id: str) -> list[dict[str, Any]]:
    """The rows of one request id, with ``attempts``, ``dropped``, ``verdicts`` and ``findings`` where there are any.

    Usually one row; a caller may use its own id again.
    """
    try:
        made_ms = int(request_id[-28:-16], 16)
    except ValueError:
        made_ms = 0
    hashed = ["request_hash = ?", "request_hash <> 0", "request_id = ?"]
    found = _rows(connection, hashed, [tenant, crc32(request_id.encode()) or 1, request_id], "LIMIT 100")
    if not found and made_ms:
        within = [made_ms - OURS_WITHIN_MS, made_ms + OURS_WITHIN_MS]
        found = _rows(
            connection, ["at_ms BETWEEN ? AND ?", "request_id = ?"], [tenant, *within, request_id], "LIMIT 100"
        )
    asked = "SELECT attempts, dropped, verdicts, findings FROM usage_details WHERE receipt_id = ? AND at_ms = ?"
    for row in found:
        details = connection.execute(asked, (row["receipt_id"], row["at_ms"])).fetchone()
        for number, name in enumerate(("attempts", "dropped", "verdicts", "findings")):
            row[name] = json.loads(details[number]) if details else []
    return found


def _lines(
    connection: Connection,
    window: Window,
    columns: tuple[str, str],
    ending: str,
    most: str | None = None,
    among: Sequence[str] | None = None,
) -> list[Line]:
    if window.nobody or (among is not None and not among):
        return []
    filters, values = _filters(window.where)
    if among is not None:
        marks = ", ".join("?" * len(among))
        filters.append(f"{columns[1]} IN (SELECT id FROM names WHERE text IN ({marks}))")  # noqa: S608 - question marks
        values += among
    query = _summing(_table(window, columns[1]), window.grain, columns, tuple(filters), ending, most)
    asked = (window.tenant, window.since, window.until, *values)
    found = connection.execute(query, asked if most is None else asked * 2).fetchall()
    texts = texts_of(connection, {number for row in found for number in row[1:3] if number is not None})
    return [Line(int(row[0]), texts.get(row[1], ""), texts.get(row[2], ""), Sums(*map(int, row[3:]))) for row in found]


def _table(window: Window, name: str) -> str:
    """Where the sums are: with users and keys, or with teams, only for a question that has to do with them."""
    by_whom = {name, *(DIMENSIONS[one] for one in window.where)} & {"user_id", "key_id", "team", "department"}
    if by_whom & {"user_id", "key_id"}:
        return ROLL_UPS[window.grain]
    return BY_TEAM[window.grain] if by_whom else BY_MODEL[window.grain]


@cache
def _summing(
    table: str, since: str, columns: tuple[str, str], filters: tuple[str, ...], ending: str, most: str | None
) -> str:
    """``most``: only names that are among the first in this order."""
    at, name = columns
    sums = ", ".join(f"CAST(SUM({column}) AS BIGINT)" for column in SUMS)
    groups = ", ".join(column for column in (at, name, "currency") if column not in {"0", "NULL"})
    source = f"{table} WHERE {' AND '.join((_TENANT, f'{since} >= ?', f'{since} < ?', *filters))}"
    if most is not None:
        among = f"SELECT {name}, currency FROM {source} GROUP BY {name}, currency {most}"  # noqa: S608 - our own names
        source = f"{source} AND {name} IN (SELECT {name} FROM ({among}) AS most)"  # noqa: S608
    return f"SELECT {at}, {name}, currency, {sums} FROM {source} GROUP BY {groups} {ending}"  # noqa: S608


def _filters(where: Mapping[str, str]) -> tuple[list[str], list[Any]]:
    named = "= (SELECT id FROM names WHERE text = ?)"
    return [f"{DIMENSIONS[name]} {named}" for name in where], list(where.values())


def _rows(connection: Connection, conditions: list[str], values: list[Any], ending: str) -> list[dict[str, Any]]:
    columns = (*PLAIN, *NAMED)
    told = " AND ".join((_TENANT, *conditions))
    query = f"SELECT {', '.join(columns)} FROM usage_facts WHERE {told} {ending}"  # noqa: S608 - our own names
    found = [dict(zip(columns, row, strict=True)) for row in connection.execute(query, values).fetchall()]
    texts = texts_of(connection, {row[column] for row in found for column in NAMED})
    for row in found:
        row.update({column: texts[row[column]] for column in NAMED})
    return found


def texts_of(connection: Connection, numbers: set[int]) -> dict[int, str]:
    """The names with these numbers."""
    found: dict[int, str] = {}
    wanted = sorted(numbers)
    for start in range(0, len(wanted), LARGEST_PAGE // 2):
        part = wanted[start : start + LARGEST_PAGE // 2]
        marks = ", ".join("?" * len(part))
        found.update(connection.execute(f"SELECT id, text FROM names WHERE id IN ({marks})", part).fetchall())  # noqa: S608
    return found


_TENANT = "tenant = (SELECT id FROM names WHERE text = ?)"
