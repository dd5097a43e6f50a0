"""The rows of the roll-ups as they are, page by page, and sums of single requests by the provider's own model names.

It shows no tenant the rows of another. Called with a connection of ``connections``.
"""

from __future__ import annotations

from collections.abc import Sequence

from torana.ports.database import Connection
from torana.ports.usage import Upstream, Used, Window
from torana.stores.sql.usage_queries import DIMENSIONS, LARGEST_PAGE, texts_of

KEY = ("department", "team", "user_id", "key_id", "model", "provider", "currency")
COUNTED = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_nano")
ALSO = ("errors", "reasoning_tokens", "saved_nano")
"""Of the roll-ups only: bills of providers know nothing of them."""

_NAME = "(SELECT id FROM names WHERE text = ?)"


def used(
    connection: Connection, window: Window, after: tuple[int, ...] | None, limit: int
) -> tuple[list[Used], tuple[int, ...] | None]:
    """A page of what was used, by hour or day and everything else, and where the next one goes on."""
    if window.nobody:
        return [], None
    table, since = ("usage_daily", "day") if window.grain == "day" else ("usage_hourly", "hour")
    key = f"{since}, {', '.join(KEY)}"
    filters = "".join(f" AND {DIMENSIONS[name]} = {_NAME}" for name in window.where)
    values: list[object] = [window.tenant, window.since, window.until, *window.where.values()]
    if after is not None:
        filters += f" AND ({key}) > ({', '.join('?' * (len(KEY) + 1))})"
        values += after
    rows = connection.execute(
        f"SELECT {key}, {', '.join((*COUNTED, *ALSO))} FROM {table} "  # noqa: S608 - our own names
        f"WHERE tenant = {_NAME} AND {since} >= ? AND {since} < ?{filters} ORDER BY {key} LIMIT {limit + 1}",
        values,
    ).fetchall()
    page, more = rows[:limit], len(rows) > limit
    texts = texts_of(connection, {number for row in page for number in row[1:8]})
    found = [Used._make((int(row[0]), *(texts[number] for number in row[1:8]), *map(int, row[8:]))) for row in page]
    return found, tuple(int(number) for number in page[-1][:8]) if more else None


def by_upstream(connection: Connection, window: Window) -> list[Upstream]:
    """What single requests come to by provider and the provider's own name of the model."""
    filters = "".join(f" AND {DIMENSIONS[name]} = {_NAME}" for name in window.where)
    sums = ", ".join(f"CAST(SUM({column}) AS BIGINT)" for column in COUNTED[1:])
    rows = connection.execute(
        f"SELECT provider, upstream_model, currency, COUNT(*), {sums} FROM usage_facts "  # noqa: S608 - our own names
        f"WHERE tenant = {_NAME} AND at_ms >= ? AND at_ms < ?{filters} GROUP BY provider, upstream_model, currency",
        [window.tenant, window.since * 1000, window.until * 1000, *window.where.values()],
    ).fetchall()
    texts = texts_of(connection, {number for row in rows for number in row[:3]})
    return [Upstream._make((*(texts[number] for number in row[:3]), *map(int, row[3:]))) for row in rows]


def tried_again(connection: Connection, rows: Sequence[tuple[str, int]]) -> set[str]:
    """Of requests (receipt id, epoch milliseconds), those that took more than one try."""
    found: set[str] = set()
    for start in range(0, len(rows), LARGEST_PAGE // 2):
        part = rows[start : start + LARGEST_PAGE // 2]
        times = [at_ms for _, at_ms in part]
        marks = ", ".join("?" * len(part))
        found.update(
            row[0]
            for row in connection.execute(
                "SELECT receipt_id FROM usage_details WHERE at_ms BETWEEN ? AND ? "  # noqa: S608 - question marks
                f"AND receipt_id IN ({marks}) AND attempts LIKE ?",
                (min(times), max(times), *(receipt_id for receipt_id, _ in part), "%},{%"),
            ).fetchall()
        )
    return found
