"""The chains of the audit trail in the database: plain SQL that SQLite and PostgreSQL both take.

It signs nothing and knows no entry's meaning (``core/chain.py`` has the arithmetic). Called within transactions of the
control plane and of the database sink, and by whoever verifies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torana.core.chain import Checkpoint, Head, Link, head_of, linked
from torana.ports.database import Connection

ADMIN, REQUESTS = "admin", "requests"
CHAINS = (ADMIN, REQUESTS)
AT_ONCE = 200
"""Links that are read at a time."""

_FIRST_HEAD = (
    "INSERT INTO audit_heads (tenant, chain, number, entries, digest) VALUES (?, ?, 0, 0, ?) ON CONFLICT DO NOTHING"
)
_LOCK = "UPDATE audit_heads SET number = number WHERE tenant = ? AND chain = ?"
_HEAD = "SELECT number, entries, digest FROM audit_heads WHERE tenant = ? AND chain = ?"
_MOVE = "UPDATE audit_heads SET number = ?, entries = ?, digest = ? WHERE tenant = ? AND chain = ?"
_LINK = "tenant, chain, number, first, count, at, body, marks, before, digest"
_ADD = f"INSERT INTO audit_links ({_LINK}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own column names
_LINKS = f"SELECT {_LINK} FROM audit_links WHERE tenant = ? AND chain = ? AND number > ? ORDER BY number LIMIT ?"  # noqa: S608
_HEADS = "SELECT tenant, chain, number, entries, digest FROM audit_heads ORDER BY tenant, chain"
_POINT = "tenant, chain, number, entries, digest, at, key_id, signature, trimmed"
_POINTS = f"SELECT {_POINT} FROM audit_checkpoints WHERE tenant = ? AND chain = ? ORDER BY number"  # noqa: S608
_SIGN = (
    f"INSERT INTO audit_checkpoints ({_POINT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
    "ON CONFLICT (tenant, chain, number) DO UPDATE SET trimmed = excluded.trimmed, at = excluded.at, "
    "key_id = excluded.key_id, signature = excluded.signature WHERE excluded.trimmed = 1"
)
_KEY = "INSERT INTO audit_keys (key_id, public, first_used_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_KEYS = "SELECT key_id, public FROM audit_keys"
_OLD = "SELECT MAX(number) FROM audit_links WHERE tenant = ? AND chain = ? AND at < ?"
_AT = f"SELECT {_LINK} FROM audit_links WHERE tenant = ? AND chain = ? AND number = ?"  # noqa: S608
_CUT = "DELETE FROM audit_links WHERE tenant = ? AND chain = ? AND number <= ?"
_CUT_POINTS = "DELETE FROM audit_checkpoints WHERE tenant = ? AND chain = ? AND number < ?"


def append(connection: Connection, tenant: str, chain: str, entries: Sequence[bytes], at: float) -> Link:
    """Add a link. The chain's row is locked until the transaction ends: whoever appends to several takes them in order."""
    connection.execute(_FIRST_HEAD, (tenant, chain, Head().digest))
    connection.execute(_LOCK, (tenant, chain))
    number, count, digest = connection.execute(_HEAD, (tenant, chain)).fetchone()
    link = linked(tenant, chain, Head(number, count, bytes(digest)), entries, at)
    connection.execute(_ADD, tuple(link))
    head = head_of(link)
    connection.execute(_MOVE, (head.number, head.entries, head.digest, tenant, chain))
    return link


def heads(connection: Connection) -> list[tuple[str, str, Head]]:
    """Where each chain ends, by tenant and chain."""
    rows = connection.execute(_HEADS).fetchall()
    return [(tenant, chain, Head(number, entries, bytes(digest))) for tenant, chain, number, entries, digest in rows]


def links(connection: Connection, tenant: str, chain: str, after: int = 0) -> Iterator[Link]:
    """The links of a chain behind ``after``, in order, read some at a time."""
    while True:
        rows = connection.execute(_LINKS, (tenant, chain, after, AT_ONCE)).fetchall()
        for row in rows:
            yield _link(row)
        if len(rows) < AT_ONCE:
            return
        after = int(rows[-1][2])


def checkpoints(connection: Connection, tenant: str, chain: str) -> list[Checkpoint]:
    """What was signed about a chain, oldest first."""
    rows = connection.execute(_POINTS, (tenant, chain)).fetchall()
    return [_checkpoint(row) for row in rows]


def keys(connection: Connection) -> dict[str, bytes]:
    """The public keys of those who signed, by their ids."""
    return {key_id: bytes(public) for key_id, public in connection.execute(_KEYS).fetchall()}


def sign(connection: Connection, checkpoint: Checkpoint, public: bytes) -> None:
    """Keep a checkpoint, and the key that it is verified with."""
    connection.execute(_KEY, (checkpoint.key_id, public, checkpoint.at))
    connection.execute(_SIGN, (*checkpoint[:-1], int(checkpoint.trimmed)))


def trimmable(connection: Connection, tenant: str, chain: str, before: float) -> Link | None:
    """The last link of a chain that is older; None when there is none, or it is the chain's end."""
    found = connection.execute(_OLD, (tenant, chain, before)).fetchone()[0]
    if found is None:
        return None
    head = connection.execute(_HEAD, (tenant, chain)).fetchone()
    if head is not None and int(head[0]) == int(found):
        found = int(found) - 1  # the end stays, so that a chain is never without a link to prove it
    row = connection.execute(_AT, (tenant, chain, found)).fetchone()
    return _link(row) if row is not None else None


def cut(connection: Connection, tenant: str, chain: str, through: int) -> int:
    """Delete the links up to and with ``through``, and what was signed before it; how many links there were."""
    connection.execute(_CUT_POINTS, (tenant, chain, through))
    deleted: int = connection.execute(_CUT, (tenant, chain, through)).rowcount
    return deleted


def _link(row: Sequence[Any]) -> Link:
    tenant, chain, number, first, count, at, body, marks, before, digest = row
    return Link(tenant, chain, number, first, count, at, bytes(body), bytes(marks), bytes(before), bytes(digest))


def _checkpoint(row: Sequence[Any]) -> Checkpoint:
    tenant, chain, number, entries, digest, at, key_id, signature, trimmed = row
    return Checkpoint(tenant, chain, number, entries, bytes(digest), at, key_id, bytes(signature), bool(trimmed))
