from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.receipts import AT, a_receipt
from torana.core.tickets import Attempted
from torana.ports.receipt import Receipt
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.connections import Connection
from torana.stores.sql.usage_queries import DIMENSIONS, Line, Sums, Window, request, requests, series, top, totals

HOUR = 3600
SINCE = int(AT) // 86_400 * 86_400
ALWAYS = Window("acme", SINCE - 7 * 86_400, SINCE + 7 * 86_400)


def write(url: str, *receipts: Receipt) -> None:
    with closing(database.open(database.Settings(url=url), sql.connect)) as sink:
        sink.write(receipts, sink.written() + len(receipts))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    write(
        database_url,
        a_receipt(1, at=SINCE + 10.0, user="ann", team="red", model="m1", cost_nano=5, duration_ms=100),
        a_receipt(2, at=SINCE + 20.0, user="ann", team="red", model="m2", cost_nano=7, duration_ms=900),
        a_receipt(3, at=SINCE + HOUR + 1.0, user="bob", team="red", model="m1", cost_nano=11, duration_ms=200),
        a_receipt(4, at=SINCE + HOUR + 2.0, user="bob", team="blue", model="m1", cost_nano=13, ending="refused"),
        a_receipt(5, at=SINCE + 86_400.0, user="eve", team="blue", model="m2", cost_nano=17, currency="INR"),
        a_receipt(6, at=SINCE + 30.0, user="ann", team="red", tenant="globex", cost_nano=1000),
    )
    with closing(sql.connect(database_url)) as opened:
        yield opened


def costs(lines: list[Line]) -> list[tuple[str, str, int]]:
    return [(line.name, line.currency, line.sums.cost_nano) for line in lines]


def test_totals_are_of_one_tenant_and_by_currency(connection: Connection) -> None:
    assert sorted(costs(totals(connection, ALWAYS))) == [("", "INR", 17), ("", "USD", 36)]
    assert costs(totals(connection, ALWAYS._replace(tenant="globex"))) == [("", "USD", 1000)]
    assert totals(connection, ALWAYS._replace(tenant="nobody")) == []


def test_a_series_is_of_the_names_that_are_asked_for(connection: Connection) -> None:
    some = series(connection, ALWAYS, "user", ["ann", "eve", "unheard of"])
    assert costs(some) == [("ann", "USD", 12), ("eve", "INR", 17)]
    assert series(connection, ALWAYS, "user", []) == []
    assert costs(series(connection, ALWAYS._replace(tenant="globex"), "user", ["ann"])) == [("ann", "USD", 1000)]


def test_totals_count_everything(connection: Connection) -> None:
    (line,) = totals(connection, ALWAYS._replace(until=SINCE + 86_400))
    assert line.sums == Sums(
        requests=4,
        errors=1,
        input_tokens=400,
        cache_read_tokens=40,
        cache_write_tokens=20,
        output_tokens=80,
        reasoning_tokens=12,
        cost_nano=36,
        duration_ms=2000,
        first_chunk_ms=1200,
        upstream_ms=1160,
        overhead_us=2800,
    )


@pytest.mark.parametrize("grain", ["hour", "day"])
def test_a_series_is_in_order_and_adds_up_to_the_totals(connection: Connection, grain: str) -> None:
    window = ALWAYS._replace(grain=grain)
    lines = series(connection, window)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    for total in totals(connection, window):
        assert total.sums.cost_nano == sum(line.sums.cost_nano for line in lines if line.currency == total.currency)
    by_team = series(connection, window, "team")
    assert {line.name for line in by_team} == {"red", "blue"}
    assert sum(line.sums.requests for line in by_team) == 5


def test_hours_that_begin_within_the_window_are_in_it(connection: Connection) -> None:
    window = Window("acme", SINCE, SINCE + HOUR, "hour")
    assert [(line.at, line.sums.requests) for line in series(connection, window)] == [(SINCE, 2)]
    window = Window("acme", SINCE + 1, SINCE + HOUR + 1, "hour")
    assert [line.at for line in series(connection, window)] == [SINCE + HOUR]


@pytest.mark.parametrize(
    ("order", "first"), [("cost", "bob"), ("requests", "ann"), ("errors", "bob"), ("tokens", "ann"), ("latency", "eve")]
)
def test_the_top_is_ordered_as_asked(connection: Connection, order: str, first: str) -> None:
    window = ALWAYS if order != "latency" else ALWAYS._replace(since=SINCE + 86_400)
    lines = top(connection, window, "user", order)
    assert lines[0].name == first
    assert top(connection, window, "user", order, 1) == lines[:1]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_dimension_splits_and_filters(connection: Connection, dimension: str) -> None:
    lines = top(connection, ALWAYS, dimension, "requests")
    assert sum(line.sums.requests for line in lines) == 5
    for line in lines:
        (alone,) = [
            one
            for one in totals(connection, ALWAYS._replace(where={dimension: line.name}))
            if one.currency == line.currency
        ]
        assert alone.sums == line.sums
    assert totals(connection, ALWAYS._replace(where={dimension: "nothing is called that"})) == []


def test_names_are_values_and_never_sql(connection: Connection) -> None:
    evil = "acme' OR '1'='1"
    assert totals(connection, ALWAYS._replace(tenant=evil)) == []
    assert totals(connection, ALWAYS._replace(where={"team": evil})) == []
    for ask in (
        lambda: series(connection, ALWAYS, "1; DROP TABLE names"),
        lambda: top(connection, ALWAYS, "x", "cost"),
    ):
        with pytest.raises(KeyError):
            ask()
    with pytest.raises(KeyError):
        top(connection, ALWAYS, "team", "x")
    with pytest.raises(ValueError):
        top(connection, ALWAYS, "team", "cost", 0)


def test_pages_have_every_row_once_the_newest_first_even_in_one_millisecond(database_url: str) -> None:
    write(database_url, *(a_receipt(n, at=AT + n // 7) for n in range(50)), a_receipt(99, tenant="globex"))
    ids, place, pages = [], None, 0
    with closing(sql.connect(database_url)) as connection:
        while True:
            page, place = requests(connection, ALWAYS, place, limit=9)
            ids += [(row["at_ms"], row["receipt_id"]) for row in page]
            pages += 1
            if place is None:
                break
    assert pages == 6
    assert len(set(ids)) == 50
    assert ids == sorted(ids, reverse=True)


def test_a_page_further_down_costs_no_more_than_the_first(sqlite_template: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'torana.db')}"
    write(url, *(a_receipt(n) for n in range(4000)))
    steps = []
    with closing(sql.connect(url)) as connection:
        connection.set_progress_handler(lambda: steps.append(1), 10)  # called for each ten steps of SQLite's machine
        _, place = requests(connection, ALWAYS)
        first = len(steps)
        requests(connection, ALWAYS, place._replace(at_ms=int(AT + 100) * 1000))
    assert len(steps) - first < first * 2


def test_rows_are_filtered_and_told_with_their_names(connection: Connection) -> None:
    page, more = requests(connection, ALWAYS._replace(where={"user": "bob", "team": "blue"}))
    assert more is None
    (row,) = page
    assert (row["user_id"], row["team"], row["ending"], row["model"], row["cost_nano"], row["price"]) == (
        "bob",
        "blue",
        "refused",
        "m1",
        13,
        "config",
    )


@pytest.mark.parametrize("request_id", ["", "order-4711", "x" * 40])
def test_a_request_is_found_by_its_id_with_its_details_and_by_no_other_tenant(
    database_url: str, request_id: str
) -> None:
    fields = {"request_id": request_id} if request_id else {}
    receipt = a_receipt(
        1, attempts=[Attempted("a", "m", "429", 1), Attempted("b", "m", "ok", 2)], verdicts=["v"], **fields
    )
    write(database_url, receipt, a_receipt(2))
    with closing(sql.connect(database_url)) as connection:
        (row,) = request(connection, "acme", receipt.request_id)
        assert row["receipt_id"] == receipt.receipt_id
        assert [one["outcome"] for one in row["attempts"]] == ["429", "ok"]
        assert (row["dropped"], row["verdicts"]) == ([], ["v"])
        assert request(connection, "globex", receipt.request_id) == []
        assert request(connection, "acme", "unknown") == []
