"""Who looked up what tokens stand for, in the database: plain SQL that SQLite and PostgreSQL both take.

It makes no tables (``stores/migrations`` does), and is given no values. Called by ``wiring`` from worker threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from torana.ports.vault import Reveal
from torana.stores.sql.one_connection import OneConnection

_LIST = "id, tenant, revealed_at, revealed_by, conversation, tokens, told, reason"
_INSERT = f"INSERT INTO reveals ({_LIST}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own column names
_NEWEST = f"SELECT {_LIST} FROM reveals WHERE tenant = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?"  # noqa: S608


class SqlReveals:
    """Implements ``ports.vault.Reveals``, for any thread."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises ValueError for a URL of another database."""
        self._one = OneConnection(url)

    def add(self, row: Reveal) -> None:
        """Write one down."""
        written = row._replace(tokens=_json(row.tokens), told=_json(row.told))  # type: ignore[arg-type]
        with self._one.lent() as connection:
            connection.execute(_INSERT, tuple(written))

    def newest(self, tenant: str, most: int, before: str = "") -> Sequence[Reveal]:
        """Those of a tenant, newest first. ``before``: the id that the page before ended with."""
        with self._one.lent() as connection:
            rows = connection.execute(_NEWEST, (tenant, before, before, most)).fetchall()
        return [_read(row) for row in rows]

    def close(self) -> None:
        """Give up the kept connection; a later call opens another."""
        self._one.close()


def _json(tokens: Sequence[str]) -> str:
    return msgspec.json.encode(tokens).decode()


def _read(row: Sequence[Any]) -> Reveal:
    reveal_id, tenant, at, by, conversation, tokens, told, reason = row
    known = msgspec.json.decode(told, type=tuple[str, ...])
    return Reveal(
        reveal_id, tenant, at, by, conversation, msgspec.json.decode(tokens, type=tuple[str, ...]), known, reason
    )
