from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.receipts import AT, a_receipt
from torana.core.tickets import Attempted
from torana.ports.usage import Used, Window
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.connections import Connection
from torana.stores.sql.roll_up_rows import by_upstream, tried_again, used

ALWAYS = Window("acme", int(AT) - 86_400, int(AT) + 30 * 86_400)
TWICE = [Attempted("first", "m", "500", 10), Attempted("first", "m", "ok", 10)]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    receipts = [
        a_receipt(
            number,
            user=f"user-{number % 5}",
            model=f"m{number % 3}",
            cost_nano=number,
            saved_nano=11,
            ending="refused" if number == 9 else "completed",
            attempts=TWICE if number == 7 else [],
        )
        for number in range(1, 31)
    ]
    receipts.append(a_receipt(99, tenant="globex", cost_nano=1_000_000))
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write(receipts, len(receipts))
    with closing(sql.connect(database_url)) as opened:
        yield opened


@pytest.mark.parametrize("grain", ["hour", "day"])
def test_pages_hold_every_row_once(connection: Connection, grain: str) -> None:
    window = ALWAYS._replace(grain=grain)
    found: list[Used] = []
    after: tuple[int, ...] | None = None
    while True:
        page, after = used(connection, window, after, 4)
        assert len(page) <= 4
        found += page
        if after is None:
            break
    assert len(found) == len({(one.user, one.model) for one in found}) == 15
    assert sum(one.cost_nano for one in found) == sum(range(1, 31))
    assert sum(one.reasoning_tokens for one in found) == 30 * a_receipt().reasoning_tokens
    assert (sum(one.errors for one in found), sum(one.saved_nano for one in found)) == (1, 30 * 11)
    assert {one.at for one in found} == {
        int(AT) // (3600 if grain == "hour" else 86_400) * (3600 if grain == "hour" else 86_400)
    }


def test_a_filter_and_nobody(connection: Connection) -> None:
    page, _ = used(connection, ALWAYS._replace(where={"user": "user-1"}), None, 100)
    assert {one.user for one in page} == {"user-1"}
    assert used(connection, ALWAYS._replace(nobody=True), None, 100) == ([], None)


def test_sums_are_by_the_provider_s_own_name_of_the_model(connection: Connection) -> None:
    (one,) = by_upstream(connection, ALWAYS)
    assert (one.provider, one.model, one.requests, one.cost_nano) == (
        "first",
        "gpt-4o-mini-2026",
        30,
        sum(range(1, 31)),
    )


def test_requests_that_took_more_than_one_try_are_told(connection: Connection) -> None:
    rows = [(one.receipt_id, int(one.at * 1000)) for one in map(a_receipt, range(1, 31))]
    assert tried_again(connection, rows) == {a_receipt(7).receipt_id}
    assert tried_again(connection, []) == set()
