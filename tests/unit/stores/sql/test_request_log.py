from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from random import Random

import pytest

from tests.receipts import AT, a_receipt
from torana.core.histogram import NEARNESS, percentile
from torana.core.tickets import Found
from torana.ports.receipt import Receipt
from torana.ports.usage import Grain, Times, Window
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.connections import Connection
from torana.stores.sql.request_log import active_users, findings_of, latencies, sought

ALWAYS = Window("acme", int(AT) - 86_400, int(AT) + 30 * 86_400)
FOUND = Found("pii@1", "email", "input", "messages[0].content", 0, 5, "aa", "redact")


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    receipts = [
        a_receipt(
            number,
            model="rare" if number % 10 == 0 else "usual",
            user=("ann", "bob", "")[number % 3],
            duration_ms=number,
            stream=number % 2 == 0,
            first_chunk_ms=number,
            ending="completed" if number % 5 else "refused",
            findings=[FOUND] * (number % 4 == 0),
        )
        for number in range(1, 31)
    ]
    receipts.append(a_receipt(99, tenant="globex", model="rare", findings=[FOUND]))
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write(receipts, len(receipts))
    with closing(sql.connect(database_url)) as opened:
        yield opened


def numbers(rows: list[dict[str, object]]) -> list[int]:
    return [int(str(row["receipt_id"])[-16:], 16) for row in rows]


def test_what_is_rare_is_found_page_by_page_and_no_page_looks_at_more_than_it_may(
    connection: Connection,
) -> None:
    window = ALWAYS._replace(where={"model": "rare"})
    found, after, pages = [], None, 0
    while True:
        rows, after = sought(connection, window, {}, after, 50, looked_at=4)
        found += numbers(rows)
        pages += 1
        if after is None:
            break
    assert found == [30, 20, 10]
    assert pages == 8


def test_a_full_page_goes_on_from_its_last_row(connection: Connection) -> None:
    window = ALWAYS._replace(where={"model": "rare"})
    rows, after = sought(connection, window, {}, None, 2)
    assert numbers(rows) == [30, 20]
    rows, after = sought(connection, window, {}, after, 2)
    assert (numbers(rows), after) == ([10], None)


def test_texts_and_numbers_are_asked_for_and_nothing_else(connection: Connection) -> None:
    rows, _ = sought(connection, ALWAYS, {"ending": "refused", "status": 200, "stream": 1}, None, 50)
    assert numbers(rows) == [30, 20, 10]
    with pytest.raises(KeyError):
        sought(connection, ALWAYS, {"receipt_id": "1"}, None, 50)
    assert sought(connection, ALWAYS._replace(nobody=True), {}, None, 50) == ([], None)


def test_a_persons_times_are_of_completed_requests_and_first_chunks_of_streams(connection: Connection) -> None:
    times = latencies(connection, ALWAYS._replace(where={"user": "ann"}))
    completed = [number for number in range(1, 31) if number % 5 and number % 3 == 0]
    assert times.duration_ms == dict.fromkeys(completed, 1)
    assert times.first_chunk_ms == {number: 1 for number in completed if number % 2 == 0}
    assert (times.whole, times.nearness) == (True, 0)
    assert not latencies(connection, ALWAYS._replace(where={"user": "ann"}), 5).whole
    assert latencies(connection, ALWAYS._replace(nobody=True)) == Times({}, {}, True)


def a_day_s_requests(dice: Random) -> list[Receipt]:
    return [
        a_receipt(
            number,
            tenant=dice.choice(["acme", "acme", "globex"]),
            at=AT + dice.randrange(-86_400, 86_400),
            model=dice.choice(["fast", "slow"]),
            provider=dice.choice(["north", "south"]),
            department=dice.choice(["sales", "shop"]),
            team=dice.choice(["books", "toys"]),
            duration_ms=int(10 ** (dice.random() * 5)),
            first_chunk_ms=int(10 ** (dice.random() * 4)) - 1,
            stream=dice.random() < 0.5,
            ending="completed" if dice.random() < 0.8 else "refused",
        )
        for number in range(100, 700)
    ]


@pytest.mark.parametrize("grain", ["hour", "day"])
@pytest.mark.parametrize(
    "where",
    [{}, {"model": "slow"}, {"provider": "north"}, {"model": "fast", "provider": "south"}, {"department": "shop"},
     {"team": "toys"}, {"department": "sales", "team": "books"}],
)  # fmt: skip
def test_percentiles_of_counted_times_are_within_a_twentieth_of_those_of_all_requests(
    database_url: str, grain: Grain, where: dict[str, str]
) -> None:
    receipts = a_day_s_requests(Random(11))
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        for start in range(0, len(receipts), 150):  # counts of several transactions are added
            sink.write(receipts[start : start + 150], start + 1)
    fitting = [
        one
        for one in receipts
        if one.tenant == "acme"
        and one.ending == "completed"
        and all(getattr(one, name) == value for name, value in where.items())
    ]
    with closing(sql.connect(database_url)) as connection:
        times = latencies(connection, ALWAYS._replace(grain=grain, where=where, since=int(AT) - 3 * 86_400))
    assert times.whole
    streams = [one.first_chunk_ms for one in fitting if one.stream and one.first_chunk_ms]
    for told, all_of_them in (
        (times.duration_ms, [one.duration_ms for one in fitting]),
        (times.first_chunk_ms, streams),
    ):
        assert sum(told.values()) == len(all_of_them) > 20
        for per_cent in (1, 50, 95, 99, 100):
            exact = nearest_rank(all_of_them, per_cent)
            nearest = percentile(told, per_cent)
            assert nearest is not None
            assert abs(nearest - exact) * NEARNESS <= exact


def nearest_rank(times: Sequence[int], per_cent: int) -> int:
    return sorted(times)[max(0, math.ceil(len(times) * per_cent / 100) - 1)]


def test_counted_times_are_those_of_the_hours_and_days_that_begin_within(connection: Connection) -> None:
    hour = int(AT) // 3600 * 3600
    within = ALWAYS._replace(since=hour, until=hour + 3600, grain="hour")
    assert sum(latencies(connection, within).duration_ms.values()) == 24
    assert not latencies(connection, within._replace(since=hour + 3600, until=hour + 7200)).duration_ms
    assert not latencies(connection, ALWAYS._replace(since=int(AT) + 86_400)).duration_ms
    assert sum(latencies(connection, ALWAYS._replace(tenant="globex")).duration_ms.values()) == 1


def test_findings_are_counted_in_the_tenant_s_requests_only(connection: Connection) -> None:
    assert findings_of(connection, ALWAYS) == ({"email": 7}, True)
    assert findings_of(connection, ALWAYS, 3) == ({"email": 3}, False)
    assert findings_of(connection, ALWAYS._replace(where={"user": "bob"})) == ({"email": 3}, True)


def test_nobody_in_particular_is_no_active_user(connection: Connection) -> None:
    assert active_users(connection, ALWAYS) == 2
    assert active_users(connection, ALWAYS._replace(grain="hour", where={"user": "ann"})) == 1
    assert active_users(connection, ALWAYS._replace(tenant="globex")) == 1
    assert active_users(connection, ALWAYS._replace(nobody=True)) == 0
