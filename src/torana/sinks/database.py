"""Usage in the database: a narrow row per Receipt, details where there are any, hourly and daily sums.

All of a batch and the spool position go into one transaction, so a replay counts nothing twice. Plain SQL that SQLite and
PostgreSQL both take, on a connection from ``stores/sql``; called by the recorder in a thread of the sink's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, Protocol
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec

from torana.core.tickets import Receipt

CHUNKS = (256, 64, 16, 4, 1)
"""Rows per statement. Each execution gives the interpreter's lock away and waits for it again, up to 5 ms under
load, so ``executemany`` with its execution per row could not keep up; few sizes, so statements stay prepared."""
NAMES_KEPT = 20_000
OURS_WITHIN_MS = 60_000
"""How far the time in a request id of ours may be from the time of the request."""
QUARTER_S = 900
"""Every time zone's offset is a multiple of it, so within one quarter the hour and the day are the same."""

SCOPES = ("tenant", "department", "team", "user_id", "key_id", "model", "provider", "currency")
NAMED = (
    *SCOPES,
    "dialect",
    "operation",
    "upstream_model",
    "ending",
    "error_code",
    "finish",
    "cache",
    "policy",
    "address",
)
NUMBERS = (
    "stream",
    "status",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "usage_estimated",
    "cost_nano",
    "priced",
    "held_nano",
    "duration_ms",
    "first_chunk_ms",
    "upstream_ms",
    "overhead_us",
    "request_bytes",
    "response_bytes",
    "snapshot",
)
SUMMED = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost_nano",
    "duration_ms",
    "first_chunk_ms",
    "upstream_ms",
    "overhead_us",
)
FACTS = ("receipt_id", "request_id", "request_hash", "at_ms", *NAMED, *NUMBERS)
DETAILS = ("receipt_id", "at_ms", "attempts", "dropped", "verdicts")
SUMS = ("requests", "errors", *SUMMED)

_who = attrgetter(*("user" if column == "user_id" else column for column in NAMED))
_how_much = attrgetter(*NUMBERS)
_to_sum = attrgetter(*SUMMED)
_MODEL = SCOPES.index("model")
_encoder = msgspec.json.Encoder()

Ids = tuple[int, ...]
Bucket = tuple[int, ...]
"""The beginning of an hour or a day, then the numbers of SCOPES."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``time_zone``: whose hours and days are summed. ``spool``: the name under which the position is kept."""

    url: str
    time_zone: str = "UTC"
    spool: str = "main"


class Connection(Protocol):
    """As much of a DB-API connection (PEP 249) as is needed. Parameters are question marks."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


def open(settings: Settings, connect: Callable[[str], Connection]) -> DatabaseSink:  # noqa: A001 - a plug-in's name
    """The sink on a database whose schema is there. Raises ValueError for an unknown time zone, what the driver raises."""
    zone = UTC if settings.time_zone == "UTC" else ZoneInfo(settings.time_zone)
    return DatabaseSink(settings, connect, zone)


class DatabaseSink:
    """Implements ``ports.sink.Sink``."""

    name = "database"

    def __init__(self, settings: Settings, connect: Callable[[str], Connection], zone: tzinfo) -> None:
        self._url = settings.url
        self._spool = settings.spool
        self._connect = connect
        self._zone = zone
        self._connection: Connection | None = connect(self._url)
        self._careful = False
        """After a failure: the batch comes again, and may hold Receipts that have rows."""
        self._names: dict[str, int] = {}
        self._quarters: dict[int, tuple[int, int]] = {}

    def written(self) -> int:
        """The spool position of the last transaction."""
        rows = self._opened().execute(_READ_POSITION, (self._spool,)).fetchall()
        return int(rows[0][0]) if rows else 0

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        """One transaction for everything. Raises what the driver raises; then nothing of the batch is there."""
        connection = self._opened()
        done = False
        try:
            self._write(connection, batch, position)
            connection.commit()
            done = True
        finally:
            self._careful = not done
            if not done:
                # Names made in this transaction are gone with it; a broken connection must not be kept either.
                self._names.clear()
                self.close()

    def close(self) -> None:
        """Close the connection; what was not committed is undone. Idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = self._connect(self._url)
        return self._connection

    def _write(self, connection: Connection, batch: Sequence[Receipt], position: int) -> None:
        # The position first: it takes the write lock, so all that is read afterwards stays true.
        connection.execute(_WRITE_POSITION, (self._spool, position))
        if self._careful:
            batch = _unknown(connection, batch)
        people = [_who(receipt) for receipt in batch]
        ids_of = self._learned(connection, set(people))
        facts: list[Any] = []
        details: list[Any] = []
        quarters: dict[Bucket, list[tuple[int, ...]]] = {}
        for receipt, who in zip(batch, people, strict=True):
            ids = ids_of[who]
            request_id = receipt.request_id
            at_ms = int(receipt.at * 1000)
            facts += (receipt.receipt_id, request_id, _hash(request_id, at_ms), at_ms)
            facts += ids
            facts += _how_much(receipt)
            if _says_more(receipt):
                details += _details(receipt)
            scope = ids[: len(SCOPES)] if receipt.error_code != "MODEL_NOT_FOUND" else self._without_model(ids)
            summed = (1, receipt.ending != "completed", *_to_sum(receipt))
            quarters.setdefault((at_ms // 1000 // QUARTER_S, *scope), []).append(summed)
        _many(connection, Insert("usage_facts", FACTS), facts)
        _many(connection, Insert("usage_details", DETAILS), details)
        self._add_up(connection, quarters)

    def _add_up(self, connection: Connection, quarters: dict[Bucket, list[tuple[int, ...]]]) -> None:
        hourly: dict[Bucket, list[int]] = {}
        daily: dict[Bucket, list[int]] = {}
        for (quarter, *scope), rows in quarters.items():
            sums = [sum(column) for column in zip(*rows, strict=True)]
            hour, day = self._beginnings(quarter)
            _add(hourly, (hour, *scope), sums)
            _add(daily, (day, *scope), sums)
        _many(connection, HOURLY, [value for bucket, sums in hourly.items() for value in (*bucket, *sums)])
        _many(connection, DAILY, [value for bucket, sums in daily.items() for value in (*bucket, *sums)])

    def _learned(self, connection: Connection, people: set[tuple[str, ...]]) -> dict[tuple[str, ...], Ids]:
        """The numbers of all names, which are made sure to have some."""
        if len(self._names) > NAMES_KEPT:
            self._names.clear()
        missing = list({"", *(name for who in people for name in who)} - self._names.keys())
        _many(connection, Insert("names", ("text",), " ON CONFLICT (text) DO NOTHING"), missing)
        for part in _parts(missing, CHUNKS[0]):
            marks = ", ".join("?" * len(part))
            found = connection.execute(f"SELECT text, id FROM names WHERE text IN ({marks})", part)  # noqa: S608
            self._names.update(found.fetchall())
        number = self._names.__getitem__
        return {who: tuple(map(number, who)) for who in people}

    def _without_model(self, ids: Ids) -> Ids:
        """The scope of a name that a caller invented: sums by such names would grow without bound."""
        return (*ids[:_MODEL], self._names[""], *ids[_MODEL + 1 : len(SCOPES)])

    def _beginnings(self, quarter: int) -> tuple[int, int]:
        """The epoch seconds at which the hour and the day of this quarter of an hour begin."""
        known = self._quarters.get(quarter)
        if known is None:
            if len(self._quarters) > 1000:
                self._quarters.clear()
            local = datetime.fromtimestamp(quarter * QUARTER_S, self._zone)
            hour = quarter * QUARTER_S - local.minute * 60
            day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            known = self._quarters[quarter] = (hour, int(day.timestamp()))
        return known


def _add(sums: dict[Bucket, list[int]], bucket: Bucket, more: list[int]) -> None:
    there = sums.get(bucket)
    sums[bucket] = more if there is None else [a + b for a, b in zip(there, more, strict=True)]


def _unknown(connection: Connection, batch: Sequence[Receipt]) -> Sequence[Receipt]:
    """The Receipts that have no row yet. The position sees to it that this is all of them, but a spool that
    was restored from a copy may bring old ones under new positions: then the unique index refuses the batch once.
    """
    ids = {receipt.receipt_id: receipt for receipt in batch}
    there: set[str] = set()
    for part in _parts(list(ids), CHUNKS[0]):
        marks = ", ".join("?" * len(part))
        found = connection.execute(f"SELECT receipt_id FROM usage_facts WHERE receipt_id IN ({marks})", part)  # noqa: S608
        there.update(row[0] for row in found.fetchall())
    if not there and len(ids) == len(batch):
        return batch
    return [receipt for receipt_id, receipt in ids.items() if receipt_id not in there]


def _hash(request_id: str, at_ms: int) -> int | None:
    """CRC-32 of an id that a caller chose. None for one of ours (``core.ids``): it tells its own millisecond, so it
    is found by tenant and time, and the index on hashes, whose inserts are scattered, stays small.
    """
    try:
        made_ms = int(request_id[-28:-16], 16)
    except ValueError:
        made_ms = 0
    return None if abs(made_ms - at_ms) < OURS_WITHIN_MS else crc32(request_id.encode())


def _says_more(receipt: Receipt) -> bool:
    """Whether there is more to tell than one good try."""
    attempts = receipt.attempts
    tried_in_vain = bool(attempts) and (len(attempts) > 1 or attempts[0].outcome != "ok")
    return tried_in_vain or bool(receipt.dropped) or bool(receipt.verdicts)


def _details(receipt: Receipt) -> tuple[str, int, str, str, str]:
    lists = (
        [attempt._asdict() for attempt in receipt.attempts],
        [dropped._asdict() for dropped in receipt.dropped],
        receipt.verdicts,
    )
    attempts, dropped, verdicts = (_encoder.encode(each).decode() for each in lists)
    return receipt.receipt_id, int(receipt.at * 1000), attempts, dropped, verdicts


class Insert(NamedTuple):
    """An INSERT of many rows. ``ending`` says what happens to rows that are there."""

    table: str
    columns: tuple[str, ...]
    ending: str = ""


@cache
def _statement(insert: Insert, size: int) -> str:
    row = "(" + ", ".join("?" * len(insert.columns)) + ")"
    rows = ", ".join([row] * size)
    return f"INSERT INTO {insert.table} ({', '.join(insert.columns)}) VALUES {rows}{insert.ending}"  # noqa: S608


def _many(connection: Connection, insert: Insert, values: list[Any]) -> None:
    """Insert rows, given as the values of all of them in a row, with as few executions as CHUNKS allow."""
    width = len(insert.columns)
    place = 0
    for size in CHUNKS:
        while len(values) - place >= size * width:
            connection.execute(_statement(insert, size), values[place : place + size * width])
            place += size * width


def _roll_up(table: str, since: str) -> Insert:
    key = ", ".join((since, *SCOPES))
    sums = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in SUMS)
    return Insert(table, (since, *SCOPES, *SUMS), f" ON CONFLICT ({key}) DO UPDATE SET {sums}")


HOURLY = _roll_up("usage_hourly", "hour")
DAILY = _roll_up("usage_daily", "day")


def _parts(values: list[str], size: int) -> Iterable[list[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))


_READ_POSITION = "SELECT position FROM spool_positions WHERE spool = ?"
_WRITE_POSITION = (
    "INSERT INTO spool_positions (spool, position) VALUES (?, ?) "
    "ON CONFLICT (spool) DO UPDATE SET position = excluded.position"
)
