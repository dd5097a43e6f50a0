"""Usage in the database: a narrow row per Receipt, details where there are any, hourly and daily sums and counts of times.

All of a batch and the spool position go into one transaction, so a replay counts nothing twice. Plain SQL that SQLite and
PostgreSQL both take, on a connection that ``wiring`` gives; called by the recorder in a thread of the sink's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from operator import pos
from typing import Any, Protocol
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import astuple

from torana.ports.receipt import Receipt

NAMES_KEPT = 20_000
OURS_WITHIN_MS = 60_000
"""How far the time in a request id of ours may be from the time of the request."""
DAY_MS = 86_400_000
LARGEST = 2**31 - 1
"""What a count of a row may be; a provider that tells more is believed so far."""
LONGEST_NAME = 512
LOOKED_UP = 256
"""Values in one look-up."""
QUARTER_S = 900
QUARTER_MS = QUARTER_S * 1000
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
    "price",
)
COUNTS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "duration_ms",
    "first_chunk_ms",
    "upstream_ms",
    "overhead_us",
    "request_bytes",
    "response_bytes",
    "snapshot",
)
FLAGS = ("stream", "status", "usage_estimated", "priced")
MONEY = ("cost_nano", "held_nano", "saved_nano")
SUMMED = (*COUNTS[:9], "cost_nano", "saved_nano")
FACTS = ("receipt_id", "request_id", "request_hash", "at_ms", *NAMED, *COUNTS, *FLAGS, *MONEY)
DETAILS = ("receipt_id", "at_ms", "attempts", "dropped", "verdicts", "findings")
TOLD = ("receipt_id", "request_id", "at", *NAMED, *COUNTS, *FLAGS, *MONEY)
_PLACES = {column: Receipt.__struct_fields__.index("user" if column == "user_id" else column) for column in TOLD}
"""Where a Receipt, taken as a tuple, has what goes into a column."""
_encoder = msgspec.json.Encoder()

Column = Sequence[Any]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``time_zone``: whose hours and days are summed. ``spool``: the name under which the position is kept."""

    url: str
    time_zone: str = "UTC"
    spool: str = "main"


class Connection(Protocol):
    """A connection of ``stores/sql``: question marks for parameters, a transaction from the first change on."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any: ...

    def insert(self, table: str, columns: tuple[str, ...], values: Sequence[Any], ending: str = "") -> None: ...

    def insert_columns(self, table: str, names: tuple[str, ...], columns: Sequence[Column]) -> None: ...

    def add(self, requests: Mapping[str, Column]) -> None: ...

    def make_days(self, days: Iterable[int]) -> None: ...

    def commit(self) -> None: ...

    def close(self) -> None: ...


class Also(Protocol):
    """What is written of the same Receipts in the same transaction."""

    def __call__(self, connection: Any, batch: Sequence[Receipt], /) -> None:
        """Write it. Raises what the driver raises."""
        ...

    def undone(self) -> None:
        """The transaction was undone."""
        ...


def open(  # noqa: A001 - a plug-in's name
    settings: Settings, connect: Callable[[str], Connection], also: Also | None = None
) -> DatabaseSink:
    """The sink on a database whose schema is there. Raises ValueError for an unknown time zone, what the driver raises."""
    zone = UTC if settings.time_zone == "UTC" else ZoneInfo(settings.time_zone)
    return DatabaseSink(settings, connect, zone, also)


class DatabaseSink:
    """Implements ``ports.sink.Sink``."""

    name = "database"

    def __init__(
        self, settings: Settings, connect: Callable[[str], Connection], zone: tzinfo, also: Also | None = None
    ) -> None:
        self._url = settings.url
        self._spool = settings.spool
        self._connect = connect
        self._zone = zone
        self._also = also
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
                if self._also is not None:
                    self._also.undone()
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
        if not batch:
            return
        told = self._told(connection, batch)
        connection.make_days({at_ms // DAY_MS for at_ms in told["at_ms"]})
        connection.insert_columns("usage_facts", FACTS, [told[name] for name in FACTS])
        details = [value for receipt in batch if _says_more(receipt) for value in _details(receipt)]
        connection.insert("usage_details", DETAILS, details)
        self._to_sum(told)
        connection.add(told)
        if self._also is not None:
            self._also(connection, batch)

    def _told(self, connection: Connection, batch: Sequence[Receipt]) -> dict[str, Column]:
        """The columns of the rows. A column is worked on as a whole: a third of the time that row by row takes."""
        columns = list(zip(*map(astuple, batch), strict=True))
        told: dict[str, Column] = {name: columns[place] for name, place in _PLACES.items()}
        told["at_ms"] = [int(at * 1000) for at in told["at"]]
        told["request_hash"] = list(map(_hash, told["request_id"], told["at_ms"]))
        for name in COUNTS:
            if max(told[name]) > LARGEST or min(told[name]) < 0:
                told[name] = [max(0, min(count, LARGEST)) for count in told[name]]
        for name in FLAGS:
            told[name] = list(map(pos, told[name]))  # +True is 1
        told["ended_well"] = [ending == "completed" for ending in told["ending"]]
        told["invented"] = [code == "MODEL_NOT_FOUND" for code in told["error_code"]]
        try:
            return told | self._numbered(told)
        except KeyError:  # a new name is rare: looking for one beforehand costs as much as the numbers do
            self._learn(connection, {""}.union(*(told[name] for name in NAMED)))
        return told | self._numbered(told)

    def _numbered(self, told: Mapping[str, Column]) -> dict[str, Column]:
        """The numbers of the names. Raises KeyError for one that has none yet."""
        number = self._names.__getitem__
        return {name: list(map(number, told[name])) for name in NAMED}

    def _to_sum(self, told: dict[str, Column]) -> None:
        """What sums need beside: hours, days, errors; and no model that a caller invented, for sums would grow without bound."""
        quarters = [at_ms // QUARTER_MS for at_ms in told["at_ms"]]
        beginnings = {quarter: self._beginnings(quarter) for quarter in set(quarters)}
        told["hour"] = [beginnings[quarter][0] for quarter in quarters]
        told["day"] = [beginnings[quarter][1] for quarter in quarters]
        told["errors"] = [int(not well) for well in told["ended_well"]]
        told["begun_well"] = [
            well and streamed and first_ms > 0
            for well, streamed, first_ms in zip(told["ended_well"], told["stream"], told["first_chunk_ms"], strict=True)
        ]
        if any(told["invented"]):
            nobody = self._names[""]
            told["model"] = [
                nobody if invented else model for model, invented in zip(told["model"], told["invented"], strict=True)
            ]

    def _learn(self, connection: Connection, names: set[str]) -> None:
        """See to it that the numbers of all these names are known; a new one is given a number."""
        if len(self._names) > NAMES_KEPT:
            self._names.clear()
        missing = names - self._names.keys()
        kept = sorted({_kept(name) for name in missing})
        connection.insert("names", ("text",), kept, " ON CONFLICT (text) DO NOTHING")
        found: dict[str, int] = {}
        for part in _parts(kept, LOOKED_UP):
            marks = ", ".join("?" * len(part))
            found.update(connection.execute(f"SELECT text, id FROM names WHERE text IN ({marks})", part).fetchall())  # noqa: S608
        self._names.update({name: found[_kept(name)] for name in missing})

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


def _unknown(connection: Connection, batch: Sequence[Receipt]) -> Sequence[Receipt]:
    """The Receipts that have no row yet. The position sees to it that this is all of them, but a spool that
    was restored from a copy may bring old ones under new positions: then the unique index refuses the batch once.
    """
    ids = {receipt.receipt_id: receipt for receipt in batch}
    times = [int(receipt.at * 1000) for receipt in batch]
    within = (min(times), max(times))
    there: set[str] = set()
    for part in _parts(list(ids), LOOKED_UP):
        marks = ", ".join("?" * len(part))
        asked = f"SELECT receipt_id FROM usage_facts WHERE at_ms BETWEEN ? AND ? AND receipt_id IN ({marks})"  # noqa: S608
        found = connection.execute(asked, (*within, *part))
        there.update(row[0] for row in found.fetchall())
    if not there and len(ids) == len(batch):
        return batch
    return [receipt for receipt_id, receipt in ids.items() if receipt_id not in there]


def _kept(name: str) -> str:
    """A name as the database can keep it: PostgreSQL takes no NUL, and no index of it a text without end."""
    return name[:LONGEST_NAME].replace("\0", "\ufffd")


def _hash(request_id: str, at_ms: int) -> int:
    """CRC-32 of an id that a caller chose. 0 for one of ours (``core.ids``): it tells its own millisecond, so it
    is found by tenant and time, and the index on hashes, whose inserts are scattered, stays small.
    """
    try:
        made_ms = int(request_id[-28:-16], 16)
    except ValueError:
        made_ms = 0
    return 0 if -OURS_WITHIN_MS < made_ms - at_ms < OURS_WITHIN_MS else crc32(request_id.encode()) or 1


def _says_more(receipt: Receipt) -> bool:
    """Whether there is more to tell than one good try."""
    if receipt.dropped or receipt.verdicts or receipt.findings:
        return True
    attempts = receipt.attempts
    return bool(attempts) and (len(attempts) > 1 or attempts[0].outcome != "ok")


def _details(receipt: Receipt) -> tuple[str, int, str, str, str, str]:
    tried, dropped, found = receipt.attempts, receipt.dropped, receipt.findings
    return (
        receipt.receipt_id,
        int(receipt.at * 1000),
        _said([one._asdict() for one in tried]) if tried else "[]",
        _said([one._asdict() for one in dropped]) if dropped else "[]",
        _said_often(tuple(receipt.verdicts)),
        _said([one._asdict() for one in found]) if found else "[]",
    )


def _said(values: Sequence[Any]) -> str:
    return _encoder.encode(values).decode()


_said_often = lru_cache(maxsize=256)(_said)
"""What guardrails say of clean requests is the same of all of them."""


def _parts(values: list[str], size: int) -> Iterable[list[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))


_READ_POSITION = "SELECT position FROM spool_positions WHERE spool = ?"
_WRITE_POSITION = (
    "INSERT INTO spool_positions (spool, position) VALUES (?, ?) "
    "ON CONFLICT (spool) DO UPDATE SET position = excluded.position"
)
