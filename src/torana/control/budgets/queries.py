"""SQL of past spending by day, for trying a budget on it.

It writes nothing. Called through ``Database``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torana.ports.database import Connection

COLUMNS: Mapping[str, str] = {
    "tenant": "tenant", "department": "department", "team": "team", "user": "user_id", "key": "key_id", "model": "model",
}  # fmt: skip
MOST_ROWS = 200_000
MOST_PEOPLE = 2_000


class SpentThen(NamedTuple):
    """What somebody spent on one day."""

    subject: str
    day: int
    """Epoch second of its local midnight."""
    cost_nano: int


def people_of(
    connection: Connection, tenant: str, where: Mapping[str, str], since: float
) -> list[tuple[str, str, str]]:
    """Department, team and user of everybody who is known here, or used something since then: their tokens may be of others.

    ``where``: what they must have.
    """
    known = "SELECT department, team, id FROM users WHERE tenant = ? AND kind = 'person'"
    used = (
        "SELECT DISTINCT department.text, team.text, who.text FROM usage_daily AS own "
        "JOIN names AS department ON department.id = own.department JOIN names AS team ON team.id = own.team "
        "JOIN names AS who ON who.id = own.user_id "
        "WHERE own.tenant = (SELECT id FROM names WHERE text = ?) AND own.day >= ? LIMIT ?"
    )
    rows = [*connection.execute(known, (tenant,)).fetchall()]
    rows += connection.execute(used, (tenant, int(since), MOST_PEOPLE)).fetchall()
    found = dict.fromkeys((department, team, user) for department, team, user in rows if user)
    places = {"department": 0, "team": 1, "user": 2}
    return [one for one in found if all(one[places[name]] == value for name, value in where.items())]


def spent_by_day(
    connection: Connection, tenant: str, scope: str, where: Mapping[str, str], recorded: tuple[str, float]
) -> Sequence[SpentThen]:
    """The tenant's spending by day and by subject of the scope. ``recorded``: in which currency, and since which epoch second.

    ``where``: scopes and the values that they must have.
    """
    subject = COLUMNS[scope]
    sql = (
        f"SELECT subject.text, own.day, SUM(own.cost_nano) FROM usage_daily AS own "  # noqa: S608 - our own names
        f"JOIN names AS subject ON subject.id = own.{subject} "
        "WHERE own.tenant = (SELECT id FROM names WHERE text = ?) AND own.day >= ? "
        "AND own.currency = (SELECT id FROM names WHERE text = ?)"
    )
    currency, since = recorded
    values: list[object] = [tenant, int(since), currency]
    for name, value in where.items():
        sql += f" AND own.{COLUMNS[name]} = (SELECT id FROM names WHERE text = ?)"  # noqa: S608 - our own names
        values.append(value)
    sql += f" GROUP BY subject.text, own.day ORDER BY own.day, subject.text LIMIT {MOST_ROWS}"
    rows = connection.execute(sql, values).fetchall()
    return [SpentThen(row[0], int(row[1]), int(row[2])) for row in rows if row[0]]
