"""Where the chains of the audit trail are read from to be proved: the database, or a file that was exported from it.

An exported file is JSON lines: a head, then keys, checkpoints and links. Called by ``torana audit`` and the admin routes.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from torana.core.chain import Broken, Checkpoint, Head, Link, entries_of
from torana.ports.database import Connection
from torana.stores.sql import audit_chain
from torana.stores.sql.audit_chain import ADMIN, REQUESTS
from torana.wiring.audit_requests import REQUEST_FIELDS

FORMAT = "torana-audit-chain/1"
AS_BYTES = frozenset({"body", "marks", "before", "digest", "signature"})
"""What stands as base64 in a file."""
LOOKED_UP = 500
"""Rows in one look-up."""
COMPARED = ("kind", "action", "outcome", "target", "request_id")
"""Of an entry and its row: what is not personal."""
FACTS = ("status", "cost_nano", "input_tokens", "output_tokens")

_ENTRIES = f"SELECT id, at, {', '.join(COMPARED)} FROM audit_entries WHERE id IN"  # noqa: S608 - our own column names
_USAGE = f"SELECT receipt_id, {', '.join(FACTS)} FROM usage_facts WHERE at_ms BETWEEN ? AND ? AND receipt_id IN"  # noqa: S608


class DatabaseSource:
    """The chains of a database: of all tenants, or of one. Implements ``audit_proof.Source``."""

    def __init__(self, connection: Connection, tenant: str | None = None) -> None:
        self._connection = connection
        self._tenant = tenant

    def chains(self) -> Sequence[tuple[str, str, Head | None]]:
        """Those that there are."""
        return [one for one in audit_chain.heads(self._connection) if self._tenant in (None, one[0])]

    def links(self, tenant: str, chain: str, after: int) -> Iterator[Link]:
        """Its links."""
        return audit_chain.links(self._connection, tenant, chain, after)

    def checkpoints(self, tenant: str, chain: str) -> Sequence[Checkpoint]:
        """What was signed about it."""
        return audit_chain.checkpoints(self._connection, tenant, chain)

    def keys(self) -> Mapping[str, bytes]:
        """The keys of those who signed."""
        return audit_chain.keys(self._connection)


class RowsLook:
    """Compares entries with the rows that people see: of the trail, and of usage. Implements ``audit_proof.Look``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen: defaultdict[str, int] = defaultdict(int)

    def link(self, link: Link) -> Broken | None:
        """Entries whose rows tell something else."""
        entries = [msgspec.json.decode(one) for one in entries_of(link)]
        if link.chain == ADMIN:
            found = self._admin(link, entries)
        else:
            found = self._requests([dict(zip(REQUEST_FIELDS, one, strict=True)) for one in entries])
        if found is None:
            return None
        place, what = found
        return Broken(link.tenant, link.chain, link.number, link.first + place, what)

    def end(self, tenant: str, chain: str) -> Broken | None:
        """Rows of the trail that no entry speaks of."""
        if chain != ADMIN:
            return None
        asked = "SELECT COUNT(*) FROM audit_entries WHERE tenant = ?"
        there = int(self._connection.execute(asked, (tenant,)).fetchone()[0])
        if there == self._seen[tenant]:
            return None
        return Broken(
            tenant, chain, 0, 0, f"{there - self._seen[tenant]} rows are in the table that no entry speaks of"
        )

    def _admin(self, link: Link, entries: Sequence[Mapping[str, Any]]) -> tuple[int, str] | None:
        ids = [str(one["id"]) for one in entries]
        rows = self._rows(_ENTRIES, ids)
        self._seen[link.tenant] += len(ids)
        for place, entry in enumerate(entries):
            row = rows.get(str(entry["id"]))
            if row is None:
                return place, f"its row {entry['id']} is gone"
            if row != (entry["at"], *(entry[name] for name in COMPARED)):
                return place, f"its row {entry['id']} tells something else"
        return None

    def _requests(self, entries: Sequence[Mapping[str, Any]]) -> tuple[int, str] | None:
        # Rows of usage are deleted earlier than the trail is: those that are there must agree.
        ids = [str(one["receipt_id"]) for one in entries]
        times = [int(float(one["at"]) * 1000) for one in entries]
        # By time too, for PostgreSQL's index on receipts begins with it.
        rows = self._rows(_USAGE, ids, (min(times), max(times)))
        for place, entry in enumerate(entries):
            row = rows.get(str(entry["receipt_id"]))
            if row is not None and row != tuple(entry[name] for name in FACTS):
                return place, f"the usage of {entry['receipt_id']} tells something else"
        return None

    def _rows(self, asked: str, ids: Sequence[str], values: Sequence[Any] = ()) -> dict[str, tuple[Any, ...]]:
        """The rows of these ids; ``asked`` selects the id first and ends where the list of ids goes."""
        found: dict[str, tuple[Any, ...]] = {}
        for start in range(0, len(ids), LOOKED_UP):
            part = ids[start : start + LOOKED_UP]
            marks = ", ".join("?" * len(part))
            rows = self._connection.execute(f"{asked} ({marks})", (*values, *part)).fetchall()
            found |= {row[0]: tuple(row[1:]) for row in rows}
        return found


class _Line(msgspec.Struct, omit_defaults=True):
    """One line of an exported file."""

    what: Literal["head", "key", "checkpoint", "link"]
    format: str = ""
    key_id: str = ""
    public: str = ""
    values: list[Any] = []


class WrongFile(ValueError):
    """The file is none that was exported."""


def exported(source: DatabaseSource, chains: Iterable[str] = (ADMIN, REQUESTS)) -> Iterator[bytes]:
    """The lines of a file that proves itself: without the database, with nothing but the public key."""
    yield _line(_Line("head", FORMAT))
    for key_id, public in source.keys().items():
        yield _line(_Line("key", key_id=key_id, public=_text(public)))
    for tenant, chain, _ in source.chains():
        if chain not in chains:
            continue
        points = source.checkpoints(tenant, chain)
        for one in points:
            yield _line(_Line("checkpoint", values=_plain(one)))
        start = max((one.number for one in points if one.trimmed), default=0)
        for link in source.links(tenant, chain, start):
            yield _line(_Line("link", values=_plain(link)))


class FileSource:
    """The chains of an exported file; its links are read again for each chain. Implements ``audit_proof.Source``."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, WrongFile."""
        self._path = path
        self._keys: dict[str, bytes] = {}
        self._points: defaultdict[tuple[str, str], list[Checkpoint]] = defaultdict(list)
        self._chains: dict[tuple[str, str], None] = {}
        for place, line in enumerate(self._lines()):
            if (place == 0) != (line.what == "head") or (place == 0 and line.format != FORMAT):
                raise WrongFile(f"{path}: the first line is not that of an exported chain")
            if line.what == "key":
                self._keys[line.key_id] = _bytes(line.public)
            elif line.what == "checkpoint":
                point = Checkpoint(*_read(line.values, Checkpoint))
                self._points[point.tenant, point.chain].append(point)
                self._chains[point.tenant, point.chain] = None
            elif line.what == "link":
                self._chains[str(line.values[0]), str(line.values[1])] = None

    def chains(self) -> Sequence[tuple[str, str, Head | None]]:
        """Those that there are; where they should end, checkpoints say."""
        return [(tenant, chain, None) for tenant, chain in self._chains]

    def links(self, tenant: str, chain: str, after: int) -> Iterator[Link]:
        """Its links, in the order of the file."""
        for line in self._lines():
            if line.what == "link" and line.values[:2] == [tenant, chain]:
                link = Link(*_read(line.values, Link))
                if link.number > after:
                    yield link

    def checkpoints(self, tenant: str, chain: str) -> Sequence[Checkpoint]:
        """What was signed about it."""
        return self._points[tenant, chain]

    def keys(self) -> Mapping[str, bytes]:
        """The keys that come with the file: whoever wrote it may have made them. Better give the one that is known."""
        return self._keys

    def _lines(self) -> Iterator[_Line]:
        decoder = msgspec.json.Decoder(_Line)
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield decoder.decode(line)
                except msgspec.MsgspecError as fault:
                    raise WrongFile(f"{self._path}: line {number} cannot be read") from fault


def _line(line: _Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"


def _plain(row: Link | Checkpoint) -> list[Any]:
    return [_text(one) if isinstance(one, bytes) else one for one in row]


def _read(values: Sequence[Any], kind: type[Link | Checkpoint]) -> list[Any]:
    if len(values) != len(kind._fields):
        raise WrongFile("a line has not as many values as it should")
    return [_bytes(one) if name in AS_BYTES else one for one, name in zip(values, kind._fields, strict=True)]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as fault:
        raise WrongFile("a line holds what is no base64") from fault
