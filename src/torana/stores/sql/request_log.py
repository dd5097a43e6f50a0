"""Single requests of usage for people who look for some: filters, times, findings; never more than so many rows at once.

It shows no tenant the rows of another: every question names one. Called with a connection of ``connections``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from torana.core.histogram import NEARNESS, STANDING_MS
from torana.ports.database import Connection
from torana.ports.usage import Place, Times, Window
from torana.stores.sql.sums import COUNTS, WIDTH
from torana.stores.sql.usage_queries import DIMENSIONS, LARGEST_PAGE, NAMED, PLAIN, requests, texts_of

LOOKED_AT = 20_000
"""Rows that one question reads at the most: what is rare is found page by page, and no page takes long."""
TEXTS = ("ending", "error_code", "cache", "dialect", "operation", "policy")
"""Columns that can be asked for by their text, besides dimensions."""
NUMBERS = ("status", "stream", "priced")

COUNTED: Mapping[frozenset[str], Mapping[str, str]] = {
    frozenset({"model", "provider"}): {"hour": "latency_hourly", "day": "latency_daily"},
    frozenset({"department", "team"}): {"day": "team_latency_daily"},
}
"""Dimensions by which times are counted → grain → the table."""

_NAME = "(SELECT id FROM names WHERE text = ?)"


def sought(
    connection: Connection,
    window: Window,
    asked: Mapping[str, Any],
    after: Place | None,
    limit: int,
    looked_at: int = LOOKED_AT,
) -> tuple[list[dict[str, Any]], Place | None]:
    """A page of the requests that are all that ``asked`` says (TEXTS, NUMBERS → value), the newest first.

    A page may be short, even empty, though there is a Place to go on from. Raises KeyError for what cannot be asked for.
    """
    if window.nobody or (not asked and not window.where.keys() - {"user"}):
        return requests(connection, window, after, limit)
    limit = max(1, min(limit, LARGEST_PAGE))
    # By time alone: with the id beside it PostgreSQL sorts all of the tenant's rows.
    rest, values = _newest(window, after, "at_ms", f" LIMIT 1 OFFSET {looked_at - 1}")
    end = connection.execute(rest, values).fetchone()
    last = None if end is None else int(end[0])
    found = _fitting(connection, window, asked, (after, last, limit))
    page = found[:limit]
    if len(found) > limit:
        return page, Place(page[-1]["at_ms"], page[-1]["receipt_id"])
    # All of that millisecond were looked at.
    return page, None if last is None else Place(last, "")


def _fitting(
    connection: Connection, window: Window, asked: Mapping[str, Any], stretch: tuple[Place | None, int | None, int]
) -> list[dict[str, Any]]:
    """The requests after a place and not before a millisecond that are what is asked, one more than the limit."""
    after, last, limit = stretch
    columns = (*PLAIN, *NAMED)
    conditions, more = _asked(window, asked)
    # One lower bound only: of two SQLite takes the first, and would look at everything.
    since_ms = window.since * 1000 if last is None else last
    part = f", receipt_id DESC LIMIT {limit + 1}"
    source, values = _newest(window, after, ", ".join(columns), part, (conditions, since_ms))
    found = [dict(zip(columns, row, strict=True)) for row in connection.execute(source, [*values, *more]).fetchall()]
    texts = texts_of(connection, {row[column] for row in found for column in NAMED})
    for row in found:
        row.update({column: texts[row[column]] for column in NAMED})
    return found


def latencies(connection: Connection, window: Window, most: int = LOOKED_AT) -> Times:
    """Times of all completed requests of the window from their counts; of somebody's or of what is not counted so, of the
    completed ones among the newest ``most`` rows.
    """
    if window.nobody:
        return Times({}, {}, True)
    for by, tables in COUNTED.items():
        if window.where.keys() <= by and window.grain in tables:
            return _counted(connection, window, tables[window.grain])
    source, values = _newest(window, None, ", ".join((*_TIMES, *_OTHERS)), f" LIMIT {most}")
    conditions, more = _asked(window, {"ending": "completed"})
    rows = connection.execute(
        "SELECT duration_ms, CASE WHEN stream = 1 THEN first_chunk_ms ELSE 0 END, "  # noqa: S608 - our own names
        f"CASE WHEN {conditions} THEN 1 ELSE 0 END FROM ({source}) AS newest",
        [*more, *values],
    ).fetchall()
    fitting = [row for row in rows if row[2]]
    began = Counter(row[1] for row in fitting if row[1])
    return Times(Counter(row[0] for row in fitting), began, len(rows) < most)


def _counted(connection: Connection, window: Window, table: str) -> Times:
    filters = "".join(f" AND {DIMENSIONS[name]} = {_NAME}" for name in window.where)
    sums = ", ".join(f"CAST(SUM({count}) AS BIGINT)" for count in COUNTS)
    rows = connection.execute(
        f"SELECT first_chunk, part, {sums} FROM {table} "  # noqa: S608 - our own names
        f"WHERE tenant = {_NAME} AND {window.grain} >= ? AND {window.grain} < ?{filters} GROUP BY first_chunk, part",
        [window.tenant, window.since, window.until, *window.where.values()],
    ).fetchall()
    times: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for first_chunk, part, *counts in rows:
        standing = STANDING_MS[part * WIDTH : (part + 1) * WIDTH]
        times[first_chunk].update({ms: int(count) for ms, count in zip(standing, counts, strict=False) if count})
    return Times(*times, True, NEARNESS)


def findings_of(connection: Connection, window: Window, most: int = LARGEST_PAGE) -> tuple[dict[str, int], bool]:
    """How often each kind was found in the newest ``most`` requests with findings; whether these are all of the window."""
    if window.nobody:
        return {}, True
    filters = [f" AND f.{DIMENSIONS[name]} = {_NAME}" for name in window.where]
    rows = connection.execute(
        "SELECT d.findings FROM usage_details AS d "  # noqa: S608 - our own names
        "JOIN usage_facts AS f ON f.receipt_id = d.receipt_id AND f.at_ms = d.at_ms "
        f"WHERE d.findings <> '[]' AND d.at_ms >= ? AND d.at_ms < ? AND f.tenant = {_NAME}{''.join(filters)} "
        "ORDER BY d.at_ms DESC LIMIT ?",
        [window.since * 1000, window.until * 1000, window.tenant, *window.where.values(), most],
    ).fetchall()
    kinds = Counter(str(one.get("kind", "")) for (findings,) in rows for one in json.loads(findings))
    return dict(kinds.most_common()), len(rows) < most


def active_users(connection: Connection, window: Window) -> int:
    """How many people asked something in the days that begin within the window."""
    if window.nobody:
        return 0
    table, since = ("usage_daily", "day") if window.grain == "day" else ("usage_hourly", "hour")
    filters = [f" AND {DIMENSIONS[name]} = {_NAME}" for name in window.where]
    row = connection.execute(
        # Not COUNT(DISTINCT …), for which PostgreSQL sorts all rows.
        f"SELECT COUNT(*) FROM (SELECT DISTINCT user_id FROM {table} WHERE tenant = {_NAME} AND {since} >= ? AND {since} < ? "  # noqa: S608
        f"AND user_id <> (SELECT id FROM names WHERE text = ''){''.join(filters)}) AS known",
        [window.tenant, window.since, window.until, *window.where.values()],
    ).fetchone()
    return int(row[0])


_TIMES = ("at_ms", "duration_ms", "first_chunk_ms", "stream", "ending")
_OTHERS = tuple(column for name, column in DIMENSIONS.items() if name != "user")


def _newest(
    window: Window, after: Place | None, columns: str, part: str, further: tuple[str, int] | None = None
) -> tuple[str, list[Any]]:
    """The newest rows of the tenant, or of one user of it, along an index; the values of its question marks.

    ``further``: conditions, whose values follow these, and the epoch millisecond from which on, instead of the window's.
    """
    more, since_ms = further or ("1 = 1", window.since * 1000)
    last_ms = window.until * 1000 - 1 if after is None else min(window.until * 1000 - 1, after.at_ms)
    conditions = f"tenant = {_NAME} AND at_ms >= ? AND at_ms <= ?"
    values: list[Any] = [window.tenant, since_ms, last_ms]
    if "user" in window.where:
        conditions += f" AND user_id = {_NAME}"
        values.append(window.where["user"])
    if after is not None:
        conditions += " AND (at_ms + 0, receipt_id) < (?, ?)"
        values += [after.at_ms, after.receipt_id]
    return f"SELECT {columns} FROM usage_facts WHERE {conditions} AND {more} ORDER BY at_ms DESC{part}", values  # noqa: S608 - our own names


def _asked(window: Window, asked: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Conditions on the rows of ``_newest``, and their values."""
    conditions, values = ["1 = 1"], []
    for name, value in window.where.items():
        if name != "user":
            conditions.append(f"{DIMENSIONS[name]} = {_NAME}")
            values.append(value)
    for name, value in asked.items():
        if name not in TEXTS and name not in NUMBERS:
            raise KeyError(name)
        conditions.append(f"{name} = {_NAME}" if name in TEXTS else f"{name} = ?")
        values.append(value)
    return " AND ".join(conditions), values
