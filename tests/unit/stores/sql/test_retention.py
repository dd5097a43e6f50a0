from __future__ import annotations

from contextlib import closing

import pytest

from tests.receipts import a_receipt
from torana.core.kept import FILE, RESPONSE, Kept, Page
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.kept import SqlShelf
from torana.stores.sql.retention import AHEAD_DAYS, AT_ONCE, Keep, Retention
from torana.testing.clock import FakeClock

DAY = 86_400
NOW = 20_000 * DAY + 5 * 3600


@pytest.fixture
def retention(database_url: str) -> Retention:
    clock = FakeClock(float(NOW))
    keep = Keep(rows_days=30, hourly_days=60, daily_days=90)
    return Retention(lambda: sql.connect(database_url), keep, clock, by_day=sql.is_postgres(database_url))


def write(url: str, *ages_days: float, tenants: tuple[str, ...] = ("acme",)) -> None:
    receipts = [
        a_receipt(n, at=NOW - age * DAY, tenant=tenants[n % len(tenants)], verdicts=["v"])
        for n, age in enumerate(ages_days)
    ]
    with closing(database.open(database.Settings(url=url), sql.connect)) as sink:
        sink.write(receipts, sink.written() + len(receipts))


def count(url: str, table: str) -> int:
    with closing(sql.connect(url)) as connection:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


def partitions(url: str) -> set[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'usage_facts'::regclass"
    with closing(sql.connect(url)) as connection:
        return {row[0] for row in connection.execute(query)}


def test_each_class_is_kept_for_its_time(database_url: str, retention: Retention) -> None:
    write(database_url, 0, 1, 29, 32, 59, 62, 89, 92, tenants=("acme", "globex", "initech"))
    swept = retention.sweep()
    assert count(database_url, "usage_facts") == 3
    assert count(database_url, "usage_details") == 3
    assert count(database_url, "usage_hourly") == 5
    assert count(database_url, "usage_daily") == 7
    assert count(database_url, "usage_hourly_by_team") == 5
    assert count(database_url, "usage_daily_by_team") == 7
    assert swept.rows == (8 if sql.is_postgres(database_url) else 18)
    assert swept.partitions == (10 if sql.is_postgres(database_url) else 0)


def test_a_stored_response_is_forgotten_when_its_provider_has_deleted_it(
    database_url: str, retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torana.stores.sql.retention.AT_ONCE", 2)
    with closing(SqlShelf(database_url)) as shelf:
        for age in (0, 29, 32, 33, 34, 40, 400):
            for kind in (RESPONSE, FILE):
                shelf.put(Kept("acme", kind, f"{kind}-{age}", "key-1", "openai", "c0ffee", float(NOW - age * DAY)))
        retention.sweep()
        left = {
            kind: [one.id for one in shelf.page("acme", kind, Page(oldest_first=False))] for kind in (RESPONSE, FILE)
        }
    assert left[RESPONSE] == ["response-0", "response-29"]
    assert len(left[FILE]) == 7


def test_a_second_sweep_finds_nothing_to_do(database_url: str, retention: Retention) -> None:
    write(database_url, 0, 40, 100)
    retention.sweep()
    assert retention.sweep() == (0, 0)


def test_more_rows_than_one_piece_are_deleted_by_pieces(database_url: str, retention: Retention) -> None:
    write(database_url, *(31.5 + n / 10_000 for n in range(AT_ONCE + 10)), 1.0)
    retention.sweep()
    assert count(database_url, "usage_facts") == 1


def test_the_days_to_come_have_their_place_before_they_come(
    postgres: object, database_url: str, retention: Retention
) -> None:
    if not sql.is_postgres(database_url):
        pytest.skip("SQLite has one table for all days")
    retention.sweep()
    assert len(partitions(database_url)) == 1 + AHEAD_DAYS
    write(database_url, 0)
    assert len(partitions(database_url)) == 1 + AHEAD_DAYS


def test_a_day_that_still_has_a_row_to_keep_stays(database_url: str, retention: Retention) -> None:
    write(database_url, 30.01, 30.2)  # both of a day that ended less than 30 days ago
    retention.sweep()
    assert count(database_url, "usage_facts") == (2 if sql.is_postgres(database_url) else 0)


def test_rows_that_come_after_their_day_was_dropped_find_a_place(database_url: str, retention: Retention) -> None:
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write([a_receipt(1, at=NOW - 40.0 * DAY)], 1)
        retention.sweep()
        if sql.is_postgres(database_url):
            with pytest.raises(sql.faults(), match="partition"):
                sink.write([a_receipt(2, at=NOW - 40.0 * DAY)], 2)
        sink.write([a_receipt(2, at=NOW - 40.0 * DAY)], 2)
    assert count(database_url, "usage_facts") == 1
