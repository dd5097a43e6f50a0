"""What re-rating past usage came to, by day and whose it was: kept beside the record, billed once.

Usage itself is never changed. Called in the transactions of re-rating and of invoices.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from torana.control.billing.bill import Adjustment
from torana.ports.database import Connection


class Group(NamedTuple):
    """Whose usage of what, on which day."""

    day: int
    department: str
    team: str
    user: str
    key: str
    model: str
    provider: str
    currency: str


class Rerated(NamedTuple):
    """What the usage of a group was recorded at, and what it comes to now."""

    group: Group
    requests: int
    recorded_nano: int
    rated_nano: int
    difference_nano: int
    """What this adds to the record and to earlier adjustments."""


_COLUMNS = "day, department, team, user_id, key_id, model, provider, currency"


def lock(connection: Connection, tenant: str) -> None:
    """From here to the end of the transaction nobody else makes adjustments of the tenant, bills them or opens them again.

    A row of numbers of its own is the lock: what one reads and then marks is the same, however many do so at once.
    """
    connection.execute(
        "INSERT INTO billing_numbers (tenant, kind, fiscal_year, last) VALUES (?, 'rerate', '', 1) "
        "ON CONFLICT (tenant, kind, fiscal_year) DO UPDATE SET last = billing_numbers.last + 1",
        (tenant,),
    )


def earlier(connection: Connection, tenant: str, since: int, until: int) -> dict[Group, int]:
    """What earlier adjustments of these days come to, nano-units."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, CAST(SUM(difference_nano) AS BIGINT) FROM billing_adjustments "  # noqa: S608
        f"WHERE tenant = ? AND day >= ? AND day < ? GROUP BY {_COLUMNS}",
        (tenant, since, until),
    ).fetchall()
    return {Group(*row[:-1]): int(row[-1]) for row in rows}


def keep(connection: Connection, tenant: str, rerate: str, rows: Iterable[Rerated]) -> None:
    """Keep adjustments that nobody has billed yet."""
    for number, one in enumerate(rows):
        values: list[Any] = [tenant, f"{rerate}-{number:06d}", rerate, *one.group, *one[1:], ""]
        connection.execute(
            f"INSERT INTO billing_adjustments (tenant, id, rerate, {_COLUMNS}, requests, recorded_nano, rated_nano, "  # noqa: S608
            f"difference_nano, invoice) VALUES ({', '.join('?' * len(values))})",
            values,
        )


def still_open(connection: Connection, tenant: str, until: int) -> list[Adjustment]:
    """What was not billed yet, of days before ``until``."""
    rows = connection.execute(
        "SELECT day, currency, CAST(SUM(difference_nano) AS BIGINT) FROM billing_adjustments "
        "WHERE tenant = ? AND invoice = '' AND day < ? GROUP BY day, currency ORDER BY day, currency",
        (tenant, until),
    ).fetchall()
    return [Adjustment(int(day), currency, int(nano)) for day, currency, nano in rows]


def bill(connection: Connection, tenant: str, until: int, invoice: str) -> None:
    """Note that an invoice has them."""
    connection.execute(
        "UPDATE billing_adjustments SET invoice = ? WHERE tenant = ? AND invoice = '' AND day < ?",
        (invoice, tenant, until),
    )


def reopen(connection: Connection, tenant: str, invoice: str) -> None:
    """Note that the invoice which had them was credited in full."""
    lock(connection, tenant)
    connection.execute(
        "UPDATE billing_adjustments SET invoice = '' WHERE tenant = ? AND invoice = ?", (tenant, invoice)
    )


def listed(
    connection: Connection, tenant: str, rerate: str, after: str, limit: int
) -> list[tuple[str, str, Rerated, str]]:
    """Adjustments by id: id, re-rating, what it is, by which invoice it was billed."""
    rows = connection.execute(
        f"SELECT id, rerate, {_COLUMNS}, requests, recorded_nano, rated_nano, difference_nano, invoice "  # noqa: S608
        "FROM billing_adjustments WHERE tenant = ? AND (? = '' OR rerate = ?) AND id > ? ORDER BY id LIMIT ?",
        (tenant, rerate, rerate, after, limit),
    ).fetchall()
    return [(row[0], row[1], Rerated(Group(*row[2:10]), *map(int, row[10:14])), row[14]) for row in rows]
