"""Reads the audit trail for people, and makes a person in it anonymous. Every question names one tenant.

It appends nothing. Work for ``ports.database.Database``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from torana.control.objects.queries import FOLLOWED
from torana.core.errors import GatewayError
from torana.ports.database import Connection, grow

COLUMNS = (
    "id", "at", "kind", "action", "outcome", "actor", "actor_name", "actor_role", "target", "address", "request_id",
    "details",
)  # fmt: skip
_LIST = ", ".join(COLUMNS)
FILTERS = ("kind", "action", "outcome", "actor", "target")
SECURITY = ("security", "sign_in", "guardrail")
PERSONS = "audit_persons"
"""What grows when somebody is erased, or a hold begins: they take turns."""
_HOLD = "id, reason, begun_at, begun_by, ended_at, ended_by"


class Wanted(NamedTuple):
    """Which entries: of a tenant, from ``since`` until ``until`` (epoch seconds), with these values."""

    tenant: str
    since: float
    until: float
    where: dict[str, str]
    kinds: tuple[str, ...] = ()
    denied: bool = False
    """Those too, of whatever kind, that were denied or failed."""


def page(connection: Connection, wanted: Wanted, before: str, limit: int) -> list[dict[str, Any]]:
    """Entries, newest first, older than the id ``before``."""
    said, values = _conditions(wanted)
    if before:
        said, values = f"{said} AND id < ?", [*values, before]
    asked = f"SELECT {_LIST} FROM audit_entries WHERE {said} ORDER BY id DESC LIMIT ?"  # noqa: S608 - our own column names
    return [_row(row) for row in connection.execute(asked, (*values, limit)).fetchall()]


def piece(connection: Connection, wanted: Wanted, after: str, limit: int) -> list[dict[str, Any]]:
    """Entries, oldest first, newer than the id ``after``."""
    said, values = _conditions(wanted)
    asked = f"SELECT {_LIST} FROM audit_entries WHERE {said} AND id > ? ORDER BY id LIMIT ?"  # noqa: S608
    return [_row(row) for row in connection.execute(asked, (*values, after, limit)).fetchall()]


def counted(connection: Connection, wanted: Wanted) -> list[tuple[str, str, str, int]]:
    """How many there are by kind, action and outcome."""
    said, values = _conditions(wanted)
    asked = (
        f"SELECT kind, action, outcome, COUNT(*) FROM audit_entries WHERE {said} "  # noqa: S608
        "GROUP BY kind, action, outcome ORDER BY COUNT(*) DESC, kind, action, outcome"
    )
    return [
        (kind, action, outcome, int(count))
        for kind, action, outcome, count in connection.execute(asked, values).fetchall()
    ]


def begin_hold(connection: Connection, tenant: str, hold: Sequence[Any]) -> None:
    """Begin a legal hold: its id, reason, time and who. Who is erased at this moment waits, or is waited for."""
    grow(connection, PERSONS)
    connection.execute(
        "INSERT INTO legal_holds (id, tenant, reason, begun_by, ended_by, begun_at) VALUES (?, ?, ?, ?, '', ?)",
        (hold[0], tenant, hold[1], hold[3], hold[2]),
    )


def end_hold(connection: Connection, tenant: str, hold_id: str, at: float, by: str) -> bool:
    """End it; False when there is none that lasts."""
    ended = "UPDATE legal_holds SET ended_at = ?, ended_by = ? WHERE tenant = ? AND id = ? AND ended_at IS NULL"
    return bool(connection.execute(ended, (at, by, tenant, hold_id)).rowcount)


def holds(connection: Connection, tenant: str) -> list[tuple[Any, ...]]:
    """The tenant's holds, newest first."""
    asked = f"SELECT {_HOLD} FROM legal_holds WHERE tenant = ? ORDER BY begun_at DESC, id"  # noqa: S608
    return list(connection.execute(asked, (tenant,)).fetchall())


def erase(connection: Connection, tenant: str, user: str, pseudonym: str) -> tuple[int, int]:
    """Make a person anonymous: the key of what was sealed is gone, their name in rows replaced. Entries and rows changed.

    Raises GatewayError CONFLICT while a legal hold lasts.
    """
    grow(
        connection, PERSONS
    )  # before the look, that no hold begins behind it; whoever remembers the pseudonym forgets it
    if any(row[4] is None for row in holds(connection, tenant)):
        raise GatewayError("CONFLICT", "A legal hold lasts: nobody can be erased until it is ended.")
    label = f"user:{user}"
    connection.execute("DELETE FROM audit_persons WHERE tenant = ? AND person = ?", (tenant, label))
    entries = connection.execute(
        "UPDATE audit_entries SET actor = ?, actor_name = '', address = '', details = '{}' WHERE tenant = ? AND actor = ?",
        (pseudonym, tenant, label),
    ).rowcount
    _forget_names(connection, tenant, label)
    # By its name what was rated again finds the rows that it adds to.
    connection.execute(
        "UPDATE billing_adjustments SET user_id = ? WHERE tenant = ? AND user_id = ?", (pseudonym, tenant, user)
    )
    return int(entries), _rename(connection, tenant, user, pseudonym)


def _forget_names(connection: Connection, tenant: str, label: str) -> None:
    """Names and addresses that stand beside the person's id elsewhere: who wrote an object, who asked for an approval."""
    written = connection.execute(
        "UPDATE config_objects SET written_by = ? WHERE tenant IN ('', ?) AND SUBSTR(written_by, 1, ?) = ?",
        (label, tenant, len(label) + 1, f"{label} "),
    ).rowcount
    if written:
        grow(connection, FOLLOWED)  # gateways that have read them read them again
    for who in ("asked", "decided"):
        connection.execute(
            f"UPDATE approvals SET {who}_name = '' WHERE tenant = ? AND {who}_by = ?",  # noqa: S608 - one of two words
            (tenant, label),
        )


def _rename(connection: Connection, tenant: str, user: str, pseudonym: str) -> int:
    numbers = "SELECT id FROM names WHERE text = ?"
    whose = connection.execute(numbers, (tenant,)).fetchone()
    who = connection.execute(numbers, (user,)).fetchone()
    if whose is None or who is None:
        return 0
    connection.execute("INSERT INTO names (text) VALUES (?) ON CONFLICT (text) DO NOTHING", (pseudonym,))
    instead = connection.execute(numbers, (pseudonym,)).fetchone()[0]
    nobody = connection.execute(numbers, ("",)).fetchone()
    changed = connection.execute(
        "UPDATE usage_facts SET user_id = ?, address = ? WHERE tenant = ? AND user_id = ?",
        (instead, nobody[0] if nobody else instead, whose[0], who[0]),
    ).rowcount
    for table in ("usage_hourly", "usage_daily"):
        connection.execute(
            f"UPDATE {table} SET user_id = ? WHERE tenant = ? AND user_id = ?",  # noqa: S608 - our own table names
            (instead, whose[0], who[0]),
        )
    return int(changed)


def _conditions(wanted: Wanted) -> tuple[str, list[Any]]:
    said = ["tenant = ?", "at >= ?", "at < ?"]
    values: list[Any] = [wanted.tenant, wanted.since, wanted.until]
    for name in FILTERS:
        if wanted.where.get(name):
            said.append(f"{name} = ?")
            values.append(wanted.where[name])
    if wanted.kinds:
        kinds = f"kind IN ({', '.join('?' * len(wanted.kinds))})"
        said.append(f"({kinds} OR outcome <> 'ok')" if wanted.denied else kinds)
        values += wanted.kinds
    return " AND ".join(said), values


def _row(row: Sequence[Any]) -> dict[str, Any]:
    found = dict(zip(COLUMNS, row, strict=True))
    found["details"] = json.loads(found["details"] or "{}")
    return found
