from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.receipts import a_receipt, some_receipts
from torana.core.tickets import Attempted, Dropped
from torana.ports.receipt import Receipt
from torana.sinks import database
from torana.stores import sql

NAMED = ", ".join(f"(SELECT text FROM names WHERE id = usage_facts.{column}) AS {column}" for column in database.NAMED)

ROLL_UPS = ("usage_hourly", "usage_daily", "usage_hourly_by_team", "usage_daily_by_team", "usage_hourly_by_model")


class Place:
    """A database, and what is in it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def write(self, receipts: list[Receipt], position: int = 1, time_zone: str = "UTC") -> None:
        sink = database.open(database.Settings(url=self.url, time_zone=time_zone), sql.connect)
        sink.write(receipts, position)
        sink.close()

    def rows(self, query: str) -> list[dict[str, Any]]:
        with closing(sql.connect(self.url)) as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def change(self, statement: str) -> None:
        with closing(sql.connect(self.url)) as connection, connection:
            connection.execute(statement)


@pytest.fixture
def place(database_url: str) -> Place:
    return Place(database_url)


def test_a_fact_row_tells_all_that_the_receipt_does(place: Place) -> None:
    receipt = a_receipt(1, stream=True, usage_estimated=True)
    place.write([receipt])
    (told,) = place.rows(f"SELECT {NAMED} FROM usage_facts")
    (row,) = place.rows("SELECT * FROM usage_facts")
    for column in database.NAMED:
        assert told[column] == getattr(receipt, "user" if column == "user_id" else column)
    for column in ("receipt_id", "request_id", *database.COUNTS, *database.FLAGS, *database.MONEY):
        assert row[column] == getattr(receipt, column), column
    assert row["at_ms"] == receipt.at * 1000


def test_only_ids_that_callers_chose_are_hashed(place: Place) -> None:
    place.write([a_receipt(1), a_receipt(2, request_id="order-4711")])
    ours, chosen = place.rows("SELECT request_hash FROM usage_facts ORDER BY at_ms")
    assert ours["request_hash"] == 0
    assert chosen["request_hash"] != 0


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


def values(rows: list[dict[str, Any]]) -> list[int]:
    return [int(value) for value in rows[0].values()]


def sums_agree(place: Place) -> bool:
    columns = ", ".join(f"SUM({column}) AS {column}" for column in database.SUMMED)
    facts = place.rows(
        "SELECT COUNT(*) AS requests, SUM(CASE WHEN ending = (SELECT id FROM names WHERE text = 'completed') THEN 0 ELSE 1 END) AS errors, "
        f"{columns} FROM usage_facts"
    )
    return all(
        values(place.rows(f"SELECT SUM(requests) AS requests, SUM(errors) AS errors, {columns} FROM {table}"))
        == values(facts)
        for table in ROLL_UPS
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
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
def test_roll_ups_are_the_sums_of_the_rows(picks: list[tuple[str, str, int, int, int]], place: Place) -> None:
    for table in ("usage_facts", *ROLL_UPS):
        place.change(f"DELETE FROM {table}")
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
    with pytest.raises(sql.faults(), match=r"(?i)unique"):
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


def test_a_batch_that_failed_half_way_is_not_there_and_its_names_are_not_believed(place: Place) -> None:
    sink = database.open(database.Settings(url=place.url), sql.connect)
    place.change("ALTER TABLE usage_daily RENAME TO elsewhere")  # the last table that is written
    with pytest.raises(sql.faults(), match="usage_daily"):
        sink.write([a_receipt(1, user="first")], 1)
    assert sink.written() == 0
    assert place.rows("SELECT 1 FROM usage_facts") == []
    place.change("ALTER TABLE elsewhere RENAME TO usage_daily")
    sink.write([a_receipt(2, user="second")], 2)
    sink.close()
    (row,) = place.rows(f"SELECT {NAMED} FROM usage_facts")
    assert row["user_id"] == "second"


def test_a_row_costs_no_more_than_300_bytes(place: Place) -> None:
    """On SQLite with its indexes, all by which the file grew; on PostgreSQL the table, its indexes apart."""
    people = [f"user-{number}" for number in range(50)]
    empty = 0
    if not sql.is_postgres(place.url):
        empty = place.rows("SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size")[0]["size"]
    place.write([a_receipt(n, user=people[n % 50], address=f"192.0.2.{n % 50}") for n in range(5000)])
    if sql.is_postgres(place.url):
        query = "SELECT SUM(pg_relation_size(relid)) AS size FROM pg_partition_tree('usage_facts')"
    else:
        query = "SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size"
    assert (place.rows(query)[0]["size"] - empty) / 5000 <= 300


def test_a_count_beyond_belief_is_kept_as_the_largest_and_sums_agree(place: Place) -> None:
    place.write([a_receipt(1, input_tokens=10**15, duration_ms=-5), a_receipt(2)])
    (row,) = place.rows("SELECT input_tokens, duration_ms FROM usage_facts WHERE input_tokens > 1000")
    assert row == {"input_tokens": database.LARGEST, "duration_ms": 0}
    assert sums_agree(place)


def test_texts_that_a_database_may_not_take_hold_nothing_up(place: Place) -> None:
    place.write([a_receipt(1, user="nul\0inside", request_id="a\tb\nc\\d\r\\N", model="m" * 128, address="x" * 9000)])
    (row,) = place.rows(f"SELECT request_id, {NAMED} FROM usage_facts")
    assert row["request_id"] == "a\tb\nc\\d\r\\N"
    assert row["user_id"] == "nul\ufffdinside"
    assert len(row["address"]) == database.LONGEST_NAME


def test_gateways_that_write_to_one_database_at_once_lose_nothing(place: Place) -> None:
    def gateway(number: int) -> None:
        sink = database.open(database.Settings(url=place.url, spool=f"spool-{number}"), sql.connect)
        for batch in range(6):
            since = number * 10_000 + batch * 60
            receipts = [
                a_receipt(n, at=1_750_000_000.0 + n % 7 * 40_000, user=f"u{n % 11}") for n in range(since, since + 60)
            ]
            Random(since).shuffle(receipts)
            sink.write(receipts, (batch + 1) * 60)
        sink.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(gateway, range(4)))
    assert place.rows("SELECT COUNT(*) AS n FROM usage_facts") == [{"n": 4 * 360}]
    assert sums_agree(place)
