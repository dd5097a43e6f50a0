from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.receipts import a_receipt, some_receipts
from torana.core.tickets import Attempted, Dropped, Receipt
from torana.sinks import database
from torana.stores import sql
from torana.stores.migrations.upgrade import upgrade

NAMED = ", ".join(f"(SELECT text FROM names WHERE id = usage_facts.{column}) AS {column}" for column in database.NAMED)


class Place:
    """A database, and what is in it."""

    def __init__(self, folder: Path, fresh: Path) -> None:
        shutil.copy(fresh, folder / "torana.db")
        self.url = f"sqlite:///{folder / 'torana.db'}"

    def write(self, receipts: list[Receipt], position: int = 1, time_zone: str = "UTC") -> None:
        sink = database.open(database.Settings(url=self.url, time_zone=time_zone), sql.connect)
        sink.write(receipts, position)
        sink.close()

    def rows(self, query: str) -> list[sqlite3.Row]:
        with closing(sql.connect(self.url)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest revision, to be copied: making one takes half a second."""
    path = tmp_path_factory.mktemp("fresh") / "torana.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def place(tmp_path: Path, fresh: Path) -> Place:
    return Place(tmp_path, fresh)


def test_a_fact_row_tells_all_that_the_receipt_does(place: Place) -> None:
    receipt = a_receipt(1, stream=True, usage_estimated=True)
    place.write([receipt])
    (row,) = place.rows(f"SELECT *, {NAMED} FROM usage_facts")
    told = {key: row[len(row) - len(database.NAMED) + number] for number, key in enumerate(database.NAMED)}
    for column in database.NAMED:
        assert told[column] == getattr(receipt, "user" if column == "user_id" else column)
    for column in ("receipt_id", "request_id", *database.NUMBERS):
        assert row[column] == getattr(receipt, column), column
    assert row["at_ms"] == receipt.at * 1000


def test_only_ids_that_callers_chose_are_hashed(place: Place) -> None:
    place.write([a_receipt(1), a_receipt(2, request_id="order-4711")])
    ours, chosen = place.rows("SELECT request_hash FROM usage_facts ORDER BY id")
    assert ours["request_hash"] is None
    assert chosen["request_hash"] is not None


@pytest.mark.parametrize(
    ("fields", "tells"),
    [
        ({}, False),
        ({"attempts": []}, False),
        ({"attempts": [Attempted("a", "m", "connect", 1)]}, True),
        ({"attempts": [Attempted("a", "m", "429", 1), Attempted("b", "m", "ok", 1)]}, True),
        ({"dropped": [Dropped("c", "m", "circuit open")]}, True),
        ({"verdicts": ["pii: redacted 2"]}, True),
    ],
)
def test_details_are_kept_only_where_there_are_any(place: Place, fields: dict[str, object], tells: bool) -> None:
    receipt = a_receipt(1, **fields)
    place.write([receipt])
    rows = place.rows("SELECT * FROM usage_details")
    assert bool(rows) is tells
    if tells:
        assert json.loads(rows[0]["attempts"]) == [attempt._asdict() for attempt in receipt.attempts]
        assert json.loads(rows[0]["dropped"]) == [dropped._asdict() for dropped in receipt.dropped]
        assert json.loads(rows[0]["verdicts"]) == receipt.verdicts


def sums_agree(place: Place) -> bool:
    columns = ", ".join(f"SUM({column})" for column in database.SUMMED)
    facts = place.rows(
        "SELECT COUNT(*), SUM(ending <> COALESCE((SELECT id FROM names WHERE text = 'completed'), 0)), "
        f"{columns} FROM usage_facts"
    )
    return all(
        tuple(place.rows(f"SELECT SUM(requests), SUM(errors), {columns} FROM {table}")[0]) == tuple(facts[0])
        for table in ("usage_hourly", "usage_daily")
    )


@settings(max_examples=40)
@given(
    picks=st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from(["completed", "refused"]),
            st.integers(0, 200_000),
            st.integers(0, 10**12),
            st.integers(1, 5),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_roll_ups_are_the_sums_of_the_rows(
    picks: list[tuple[str, str, int, int, int]], fresh: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = Place(tmp_path_factory.mktemp("sums"), fresh)
    receipts = [
        a_receipt(number, user=user, ending=ending, at=1_750_000_000.0 + later, cost_nano=cost)
        for number, (user, ending, later, cost, _) in enumerate(picks)
    ]
    start = 0
    while start < len(receipts):
        size = picks[start][4]
        place.write(receipts[start : start + size], start + size)
        start += size
    assert sums_agree(place)


def test_hours_and_days_are_those_of_the_time_zone(place: Place) -> None:
    zone = ZoneInfo("Asia/Kolkata")  # its hours begin at half past those of UTC
    at = datetime(2026, 3, 5, 0, 10, tzinfo=zone)
    place.write([a_receipt(1, at=at.timestamp())], time_zone="Asia/Kolkata")
    (hour,) = place.rows("SELECT hour FROM usage_hourly")
    (day,) = place.rows("SELECT day FROM usage_daily")
    assert datetime.fromtimestamp(hour["hour"], zone) == datetime(2026, 3, 5, 0, 0, tzinfo=zone)
    assert datetime.fromtimestamp(day["day"], zone) == datetime(2026, 3, 5, 0, 0, tzinfo=zone)


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (10, 25, 25)])
def test_a_day_with_a_change_of_the_clocks_is_one_day(place: Place, month: int, day: int, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    begin = int(datetime(2026, month, day, tzinfo=zone).timestamp())
    receipts = [a_receipt(number, at=float(begin + number * 900)) for number in range(hours * 4)]
    place.write(receipts, time_zone="Europe/Berlin")
    assert [row["day"] for row in place.rows("SELECT day FROM usage_daily")] == [begin]
    assert [row["hour"] for row in place.rows("SELECT hour FROM usage_hourly")] == [
        begin + 3600 * n for n in range(hours)
    ]


def test_an_unknown_time_zone_is_an_error() -> None:
    with pytest.raises((ValueError, KeyError)):
        database.open(database.Settings(url="sqlite:///x", time_zone="Mars/Olympus"), sql.connect)


def test_names_that_callers_invent_do_not_grow_the_roll_ups(place: Place) -> None:
    place.write(
        [a_receipt(n, model=f"made-up-{n}", error_code="MODEL_NOT_FOUND", ending="refused", at=1.0) for n in range(50)]
    )
    assert [row["requests"] for row in place.rows("SELECT requests FROM usage_hourly")] == [50]
    assert len(place.rows("SELECT 1 FROM usage_facts")) == 50


def test_receipts_that_are_there_already_are_not_counted_again(place: Place) -> None:
    sink = database.open(database.Settings(url=place.url), sql.connect)
    sink.write(some_receipts(5), 5)
    with pytest.raises(sqlite3.IntegrityError):
        sink.write(some_receipts(7), 107)  # a spool restored from a copy, under new positions
    sink.write(some_receipts(7), 107)
    assert sink.written() == 107
    sink.close()
    assert len(place.rows("SELECT 1 FROM usage_facts")) == 7
    assert sums_agree(place)


def test_two_spools_have_two_positions(place: Place) -> None:
    for spool, position in (("main", 10), ("worker-2", 99)):
        sink = database.open(database.Settings(url=place.url, spool=spool), sql.connect)
        assert sink.written() == 0
        sink.write(some_receipts(1, since=position), position)
        sink.close()
    assert [row["position"] for row in place.rows("SELECT position FROM spool_positions ORDER BY spool")] == [10, 99]


def rename(place: Place, old: str, new: str) -> None:
    with closing(sqlite3.connect(sql.sqlite_path(place.url))) as connection:
        connection.execute(f"ALTER TABLE {old} RENAME TO {new}")


def test_a_batch_that_failed_half_way_is_not_there_and_its_names_are_not_believed(place: Place) -> None:
    sink = database.open(database.Settings(url=place.url), sql.connect)
    rename(place, "usage_daily", "elsewhere")  # the last table that is written
    with pytest.raises(sqlite3.OperationalError):
        sink.write([a_receipt(1, user="first")], 1)
    assert sink.written() == 0
    assert place.rows("SELECT 1 FROM usage_facts") == []
    rename(place, "elsewhere", "usage_daily")
    sink.write([a_receipt(2, user="second")], 2)
    sink.close()
    (row,) = place.rows(f"SELECT {NAMED} FROM usage_facts")
    assert row["user_id"] == "second"


def test_a_row_costs_no_more_than_300_bytes_with_its_indexes(place: Place) -> None:
    people = [f"user-{number}" for number in range(50)]
    place.write(
        [a_receipt(n, user=people[n % 50], address=f"192.0.2.{n % 50}", request_id=f"caller-{n}") for n in range(5000)]
    )
    with closing(sql.connect(place.url)) as connection:
        (size,) = connection.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()
    assert size / 5000 <= 300
