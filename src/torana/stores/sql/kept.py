"""Whose the kept things are, in the database: plain SQL that SQLite and PostgreSQL both take.

It makes no tables (``stores/migrations`` does) and judges nobody. Called through ``ports.kept`` from worker threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from torana.core.kept import MAKING, OPEN, SETTLED, Kept, Lines, Page
from torana.ports.kept import ShelfAway
from torana.stores.sql.connections import Connection, faults
from torana.stores.sql.one_connection import OneConnection


class SqlShelf:
    """Implements ``ports.kept.Shelf``, for any thread."""

    def __init__(self, url: str, prepare: Callable[[str], None] | None = None) -> None:
        """``prepare``: sees to the schema before the first question. Raises ValueError for a URL of another database."""
        self._url = url
        self._prepare = prepare
        self._one = OneConnection(url)

    def put(self, kept: Kept) -> None:
        """Write the row; one of the same tenant, kind and id is replaced, but for who watches it."""
        with self._asked() as connection:
            connection.execute(_PUT, (*_values(kept), kept.created_at))

    def claim(self, kept: Kept, watcher: str, now: float, lease_s: float) -> bool:
        """Whether this process watches the batch from now on. Of several that ask at the same time, one is told so."""
        whose = (watcher, now, kept.tenant, kept.kind, kept.id, watcher, now - lease_s)
        with self._asked() as connection:
            changed: int = connection.execute(_CLAIM, whose).rowcount
        return changed > 0

    def find(self, tenant: str, kind: str, id: str) -> Kept | None:  # noqa: A002 - the word of the row
        """The tenant's row; None when it has none."""
        with self._asked() as connection:
            row = connection.execute(
                f"{_SELECT} WHERE tenant = ? AND kind = ? AND id = ?", (tenant, kind, id)
            ).fetchone()
        return _kept(row) if row else None

    def page(self, tenant: str, kind: str, page: Page) -> Sequence[Kept]:
        """Up to ``page.limit + 1`` rows, the newest first unless asked otherwise. An unknown ``after`` has none after it."""
        conditions, values = ["tenant = ?", "kind = ?", "state <> ?"], [tenant, kind, MAKING]
        if page.purpose:
            conditions.append("purpose = ?")
            values.append(page.purpose)
        if page.after:
            sign = ">" if page.oldest_first else "<"
            last = "(SELECT created_at, id FROM kept_things WHERE tenant = ? AND kind = ? AND id = ?)"
            conditions.append(f"(created_at, id) {sign} {last}")
            values += [tenant, kind, page.after]
        way = "ASC" if page.oldest_first else "DESC"
        asked = f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY created_at {way}, id {way} LIMIT {page.limit + 1}"
        with self._asked() as connection:
            rows = connection.execute(asked, tuple(values)).fetchall()
        return [_kept(row) for row in rows]

    def unsettled(self) -> Sequence[Kept]:
        """Every batch of every tenant that may still cost something, the oldest first."""
        with self._asked() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE state IN ('{MAKING}', '{OPEN}') ORDER BY created_at, id"
            ).fetchall()
        return [_kept(row) for row in rows]

    def remove(self, tenant: str, kind: str, id: str) -> bool:  # noqa: A002 - the word of the row
        """Take the row out; False when there was none."""
        with self._asked() as connection:
            gone: int = connection.execute(_REMOVE, (tenant, kind, id)).rowcount
        return gone > 0

    def close(self) -> None:
        """Give up the kept connection; a later call opens another."""
        self._one.close()

    @contextmanager
    def _asked(self) -> Iterator[Connection]:
        try:
            if self._prepare is not None:
                self._prepare(self._url)
                self._prepare = None
            with self._one.lent() as connection:
                yield connection
        except faults(ValueError) as fault:
            raise ShelfAway(f"{type(fault).__name__}: {fault}"[:200]) from fault


class _Facts(msgspec.Struct, omit_defaults=True):
    """What nobody looks for in the database."""

    department: str = ""
    team: str = ""
    user: str = ""
    lob: str = ""
    upstream_model: str = ""
    lines: Lines | None = None
    receipt_id: str = ""
    context_tokens: int = 0
    judged: str = ""


_FACTS = _Facts.__struct_fields__
_COLUMNS = (
    "tenant",
    "kind",
    "id",
    "key_id",
    "provider",
    "credential",
    "created_at",
    "state",
    "purpose",
    "watcher",
    "facts",
    "shown",
)
_REPLACED = ("key_id", "provider", "credential", "created_at", "purpose", "facts", "shown")
_LIST = ", ".join(_COLUMNS)
_SELECT = f"SELECT {_LIST} FROM kept_things"  # noqa: S608 - our own column names
_PUT = (
    f"INSERT INTO kept_things ({_LIST}, watched_at) VALUES ({', '.join('?' * len(_COLUMNS))}, ?) "  # noqa: S608
    f"ON CONFLICT (tenant, kind, id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _REPLACED)}, "
    f"state = CASE WHEN kept_things.state = '{SETTLED}' THEN '{SETTLED}' ELSE excluded.state END"
)
_CLAIM = (
    "UPDATE kept_things SET watcher = ?, watched_at = ? "
    "WHERE tenant = ? AND kind = ? AND id = ? AND state IN ('making', 'open') AND (watcher = ? OR watched_at < ?)"
)
_REMOVE = "DELETE FROM kept_things WHERE tenant = ? AND kind = ? AND id = ?"

_read_facts = msgspec.json.Decoder(_Facts).decode


def _values(kept: Kept) -> tuple[object, ...]:
    told = {"facts": msgspec.json.encode(_Facts(*(getattr(kept, name) for name in _FACTS))).decode()}
    *plain, _ = _COLUMNS
    return (
        *(told[name] if name in told else getattr(kept, name) for name in plain),
        kept.shown.decode("utf-8", "replace"),
    )


def _kept(row: Sequence[Any]) -> Kept:
    *plain, watcher, facts, shown = row
    read = _read_facts(facts)
    return Kept._make((*plain, shown.encode(), *(getattr(read, name) for name in _FACTS), watcher))
