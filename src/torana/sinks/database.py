"""Usage in the database: a narrow row per Receipt, details where there are any, hourly and daily sums.

All of a batch and the spool position go into one transaction, so a replay counts nothing twice. Plain SQL that SQLite and
PostgreSQL both take, on a connection that ``wiring`` gives; called by the recorder in a thread of the sink's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from operator import attrgetter
from typing import Any, NamedTuple, Protocol
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec

from torana.core.tickets import Receipt

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
MONEY = ("cost_nano", "held_nano")
SUMMED = (*COUNTS[:9], "cost_nano")
FACTS = ("receipt_id", "request_id", "request_hash", "at_ms", *NAMED, *COUNTS, *FLAGS, *MONEY)
DETAILS = ("receipt_id", "at_ms", "attempts", "dropped", "verdicts", "findings")
SUMS = ("requests", "errors", *SUMMED)

_who = attrgetter(*("user" if column == "user_id" else column for column in NAMED))
_how_much = attrgetter(*COUNTS)
_flags = attrgetter(*FLAGS)
_money = attrgetter(*MONEY)
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
    """A connection of ``stores/sql``: question marks for parameters, a transaction from the first change on."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any: ...

    def insert(self, table: str, columns: tuple[str, ...], values: Sequence[Any], ending: str = "") -> None: ...

    def make_days(self, days: Iterable[int]) -> None: ...

    def commit(self) -> None: ...

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
        connection.make_days({int(receipt.at * 1000) // DAY_MS for receipt in batch})
        facts: list[Any] = []
        details: list[Any] = []
        quarters: dict[Bucket, list[tuple[int, ...]]] = {}
        for receipt, who in zip(batch, people, strict=True):
            ids = ids_of[who]
            request_id = receipt.request_id
            at_ms = int(receipt.at * 1000)
            counts = _how_much(receipt)
            if max(counts) > LARGEST or min(counts) < 0:
                counts = tuple(max(0, min(count, LARGEST)) for count in counts)
            money = _money(receipt)
            facts += (receipt.receipt_id, request_id, _hash(request_id, at_ms), at_ms)
            facts += ids
            facts += counts
            facts += _flags(receipt)
            facts += money
            if _says_more(receipt):
                details += _details(receipt)
            scope = ids[: len(SCOPES)] if receipt.error_code != "MODEL_NOT_FOUND" else self._without_model(ids)
            summed = (1, int(receipt.ending != "completed"), *counts[: len(SUMMED) - 1], money[0])
            quarters.setdefault((at_ms // 1000 // QUARTER_S, *scope), []).append(summed)
        connection.insert("usage_facts", FACTS, facts)
        connection.insert("usage_details", DETAILS, details)
        self._add_up(connection, quarters)

    def _add_up(self, connection: Connection, quarters: dict[Bucket, list[tuple[int, ...]]]) -> None:
        hourly: dict[Bucket, list[int]] = {}
        daily: dict[Bucket, list[int]] = {}
        for (quarter, *scope), rows in quarters.items():
            sums = list(rows[0]) if len(rows) == 1 else [sum(column) for column in zip(*rows, strict=True)]
            hour, day = self._beginnings(quarter)
            _add(hourly, (hour, *scope), sums)
            _add(daily, (day, *scope), sums)
        # In one order everywhere, so that two gateways that add to the same sums wait for each other and never in a ring.
        for roll_up, all_sums in ((HOURLY, hourly), (DAILY, daily)):
            values = [value for bucket in sorted(all_sums) for value in (*bucket, *all_sums[bucket])]
            connection.insert(roll_up.table, roll_up.columns, values, roll_up.ending)

    def _learned(self, connection: Connection, people: set[tuple[str, ...]]) -> dict[tuple[str, ...], Ids]:
        """The numbers of all names, which are made sure to have some."""
        if len(self._names) > NAMES_KEPT:
            self._names.clear()
        missing = {"", *(name for who in people for name in who)} - self._names.keys()
        kept = sorted({_kept(name) for name in missing})
        connection.insert("names", ("text",), kept, " ON CONFLICT (text) DO NOTHING")
        found: dict[str, int] = {}
        for part in _parts(kept, LOOKED_UP):
            marks = ", ".join("?" * len(part))
            found.update(connection.execute(f"SELECT text, id FROM names WHERE text IN ({marks})", part).fetchall())  # noqa: S608
        self._names.update({name: found[_kept(name)] for name in missing})
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
    return 0 if abs(made_ms - at_ms) < OURS_WITHIN_MS else crc32(request_id.encode()) or 1


def _says_more(receipt: Receipt) -> bool:
    """Whether there is more to tell than one good try."""
    attempts = receipt.attempts
    tried_in_vain = bool(attempts) and (len(attempts) > 1 or attempts[0].outcome != "ok")
    return tried_in_vain or bool(receipt.dropped) or bool(receipt.verdicts) or bool(receipt.findings)


def _details(receipt: Receipt) -> tuple[str, int, str, str, str, str]:
    lists = (
        [attempt._asdict() for attempt in receipt.attempts],
        [dropped._asdict() for dropped in receipt.dropped],
        receipt.verdicts,
        [found._asdict() for found in receipt.findings],
    )
    attempts, dropped, verdicts, findings = (_encoder.encode(each).decode() for each in lists)
    return receipt.receipt_id, int(receipt.at * 1000), attempts, dropped, verdicts, findings


class RollUp(NamedTuple):
    """A table of sums; ``ending`` adds to the rows that are there."""

    table: str
    columns: tuple[str, ...]
    ending: str


def _roll_up(table: str, since: str) -> RollUp:
    key = ", ".join((since, *SCOPES))
    sums = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in SUMS)
    return RollUp(table, (since, *SCOPES, *SUMS), f" ON CONFLICT ({key}) DO UPDATE SET {sums}")


HOURLY = _roll_up("usage_hourly", "hour")
DAILY = _roll_up("usage_daily", "day")


def _parts(values: list[str], size: int) -> Iterable[list[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))


_READ_POSITION = "SELECT position FROM spool_positions WHERE spool = ?"
_WRITE_POSITION = (
    "INSERT INTO spool_positions (spool, position) VALUES (?, ?) "
    "ON CONFLICT (spool) DO UPDATE SET position = excluded.position"
)
