from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.receipts import a_receipt
from torana.ports.receipt import Receipt
from torana.sinks import database
from torana.stores import sql
from torana.stores.migrations.upgrade import upgrade
from torana.stores.sql.spending import Spell, positions, spent

HOUR = 3600
DAY = 86_400
AUTUMN = int(datetime.fromisoformat("2026-03-31T00:00:00+00:00").timestamp())
"""A few days around the change of the clocks: of Lord Howe by half an hour on 4 April 2026, of Berlin on 29 March."""
ZONES = ("UTC", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin", "America/St_Johns")


def write(url: str, zone: str, *receipts: Receipt) -> None:
    with closing(database.open(database.Settings(url=url, time_zone=zone), sql.connect)) as sink:
        sink.write(receipts, sink.written() + len(receipts))


def zone_of(name: str) -> ZoneInfo | None:
    return None if name == "UTC" else ZoneInfo(name)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spending") / "empty.db"
    upgrade(f"sqlite:///{path}")
    with closing(sql.connect(f"sqlite:///{path}")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path


@given(
    zone=st.sampled_from(ZONES),
    quarters=st.lists(st.integers(-3 * 96, 6 * 96), min_size=1, max_size=30),
    since=st.integers(-3 * 96, 6 * 96),
    until=st.none() | st.integers(-3 * 96, 6 * 96),
)
@settings(max_examples=60, deadline=None)
def test_what_was_spent_is_exact_to_the_quarter_in_any_zone(
    tmp_path_factory: pytest.TempPathFactory,
    template: Path,
    zone: str,
    quarters: list[int],
    since: int,
    until: int | None,
) -> None:
    path = tmp_path_factory.mktemp("zone") / "one.db"
    path.write_bytes(template.read_bytes())
    url = f"sqlite:///{path}"
    times = [AUTUMN + quarter * 900 + number % 900 for number, quarter in enumerate(quarters)]
    receipts = [a_receipt(number, at=float(at), cost_nano=1 << number) for number, at in enumerate(times)]
    write(url, zone, *receipts)
    bounds = (AUTUMN + since * 900, None if until is None else AUTUMN + max(since, until) * 900)
    wanted = sum(one.cost_nano for one in receipts if bounds[0] <= one.at and (bounds[1] is None or one.at < bounds[1]))
    with closing(sql.connect(url)) as connection:
        found = spent(connection, Spell(*bounds, zone_of(zone)), ("tenant",), "USD", {})
    assert sum(nano for _, nano in found) == wanted


def test_it_is_split_and_filtered_by_name_and_of_one_currency(database_url: str) -> None:
    at = float(AUTUMN + HOUR)
    write(
        database_url,
        "UTC",
        a_receipt(1, at=at, team="red", user="ann", model="m", cost_nano=1),
        a_receipt(2, at=at, team="red", user="", key_id="key-2", model="m", cost_nano=2),
        a_receipt(3, at=at, team="blue", user="ann", model="n", cost_nano=4),
        a_receipt(4, at=at, team="red", user="ann", model="m", cost_nano=8, currency="INR"),
        a_receipt(5, at=at, team="red", user="ann", tenant="globex", cost_nano=16),
        a_receipt(6, at=at - DAY, team="red", user="ann", cost_nano=32),
    )
    with closing(sql.connect(database_url)) as connection:
        connection.at_one_moment()
        by_team = spent(connection, Spell(AUTUMN, None), ("tenant", "team"), "USD", {})
        of_ann = spent(connection, Spell(AUTUMN, None), ("tenant", "user", "key"), "USD", {"model": "m"})
        assert list(positions(connection).values()) == [6]
        connection.rollback()
    assert sorted((names["tenant"], names["team"], nano) for names, nano in by_team) == [
        ("acme", "blue", 4),
        ("acme", "red", 3),
        ("globex", "red", 16),
    ]
    assert sorted((names["user"], names["key"], nano) for names, nano in of_ann) == [
        ("", "key-2", 2),
        ("ann", "key-1", 1),
    ]


def test_where_rows_are_gone_the_whole_hour_counts(database_url: str) -> None:
    half = AUTUMN + HOUR // 2
    write(
        database_url,
        "UTC",
        a_receipt(1, at=float(half - 60), cost_nano=1),
        a_receipt(2, at=float(half + 60), cost_nano=2),
    )
    with closing(sql.connect(database_url)) as connection:
        assert [nano for _, nano in spent(connection, Spell(half, None), ("tenant",), "USD", {})] == [2]
        with connection:
            connection.execute("DELETE FROM usage_facts")
        assert [nano for _, nano in spent(connection, Spell(half, None), ("tenant",), "USD", {})] == [3]


def test_a_read_at_one_moment_sees_nothing_that_came_later(database_url: str) -> None:
    write(database_url, "UTC", a_receipt(1, at=float(AUTUMN), cost_nano=1))
    with closing(sql.connect(database_url)) as connection:
        connection.at_one_moment()
        assert sum(positions(connection).values()) == 1
        write(database_url, "UTC", a_receipt(2, at=float(AUTUMN), cost_nano=2))
        assert [nano for _, nano in spent(connection, Spell(AUTUMN, None), ("tenant",), "USD", {})] == [1]
        connection.rollback()
        assert [nano for _, nano in spent(connection, Spell(AUTUMN, None), ("tenant",), "USD", {})] == [3]
