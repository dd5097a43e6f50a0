from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.receipts import AT, a_receipt
from torana.core.tickets import Found
from torana.ports.usage import Window
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


def test_times_are_of_completed_requests_and_first_chunks_of_streams(connection: Connection) -> None:
    sample = latencies(connection, ALWAYS)
    completed = [number for number in range(1, 31) if number % 5]
    assert sorted(sample.duration_ms) == completed
    assert sorted(sample.first_chunk_ms) == [number for number in completed if number % 2 == 0]
    assert sample.whole
    assert sorted(latencies(connection, ALWAYS._replace(where={"user": "ann"})).duration_ms) == [
        number for number in completed if number % 3 == 0
    ]


def test_findings_are_counted_in_the_tenant_s_requests_only(connection: Connection) -> None:
    assert findings_of(connection, ALWAYS) == ({"email": 7}, True)
    assert findings_of(connection, ALWAYS, 3) == ({"email": 3}, False)
    assert findings_of(connection, ALWAYS._replace(where={"user": "bob"})) == ({"email": 3}, True)


def test_nobody_in_particular_is_no_active_user(connection: Connection) -> None:
    assert active_users(connection, ALWAYS) == 2
    assert active_users(connection, ALWAYS._replace(grain="hour", where={"user": "ann"})) == 1
    assert active_users(connection, ALWAYS._replace(tenant="globex")) == 1
    assert active_users(connection, ALWAYS._replace(nobody=True)) == 0
