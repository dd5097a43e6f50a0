from __future__ import annotations

import json
from collections import Counter
from contextlib import closing

import pytest

from tests.receipts import a_receipt
from torana.core.kept import FILE, RESPONSE, Kept, Page
from torana.core.tickets import Found
from torana.sinks import database
from torana.stores import sql
from torana.stores.sql.cache_savings import Savings
from torana.stores.sql.kept import SqlShelf
from torana.stores.sql.own_times import Shorter
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
    assert count(database_url, "usage_hourly_by_model") == 5
    assert count(database_url, "latency_hourly") == 5
    assert count(database_url, "latency_daily") == 7
    assert count(database_url, "team_latency_daily") == 7
    assert swept.rows == (16 if sql.is_postgres(database_url) else 26)
    assert swept.partitions == (10 if sql.is_postgres(database_url) else 0)


def saved_days(url: str) -> set[tuple[str, int]]:
    """Tenant and age in days of what the cache saved."""
    with closing(sql.connect(url)) as connection:
        rows = connection.execute("SELECT tenant, day FROM cache_savings").fetchall()
    return {(str(tenant), NOW // DAY - int(day)) for tenant, day in rows}


def test_what_the_cache_saved_is_kept_as_long_as_daily_sums_and_longer_under_a_legal_hold(
    database_url: str, retention: Retention
) -> None:
    receipts = [
        a_receipt(n, at=NOW - age * DAY, tenant=tenant, cache="hit")
        for n, (age, tenant) in enumerate((age, tenant) for age in (0, 89, 92, 400) for tenant in ("acme", "globex"))
    ]
    with closing(database.open(database.Settings(url=database_url), sql.connect, Savings())) as sink:
        sink.write(receipts, 1)
    with closing(sql.connect(database_url)) as connection, connection:
        connection.execute(
            "INSERT INTO legal_holds (tenant, id, reason, begun_by, ended_by, begun_at) VALUES (?, ?, ?, ?, ?, ?)",
            ("acme", "hold_1", "a case", "user:ada", "", 0),
        )
    retention.sweep()
    assert saved_days(database_url) == {("acme", age) for age in (0, 89, 92, 400)} | {("globex", 0), ("globex", 89)}


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


def with_own(url: str, tenant: str, **days: int) -> None:
    with closing(sql.connect(url)) as connection, connection:
        connection.execute(
            "INSERT INTO tenants (id, name, status, settings, created_at, updated_at, version) VALUES (?, ?, ?, ?, 0, 0, 1)",
            (tenant, tenant, "active", json.dumps({"retention": days})),
        )


def rows_of(url: str, table: str = "usage_facts") -> Counter[str]:
    """Rows by tenant."""
    query = f"SELECT names.text FROM {table} t JOIN usage_facts f ON f.receipt_id = t.receipt_id JOIN names ON names.id = f.tenant"
    with closing(sql.connect(url)) as connection:
        return Counter(row[0] for row in connection.execute(query))


def test_a_tenant_keeps_its_rows_for_a_time_of_its_own(database_url: str, retention: Retention) -> None:
    write(database_url, *(age for age in (1, 10, 20, 40, 70) for _ in range(3)), tenants=("acme", "globex", "initech"))
    with_own(database_url, "acme", requests=7)
    with_own(database_url, "globex", requests=60)
    retention.sweep()
    assert rows_of(database_url) == {"acme": 1, "globex": 4, "initech": 3}
    assert rows_of(database_url, "usage_details") == {"acme": 1, "globex": 4, "initech": 3}
    assert retention.sweep() == (0, 0)


def test_a_tenants_findings_go_before_its_rows_do(database_url: str, retention: Retention) -> None:
    found = [Found("pii", "email", "input", "messages[0].content", 0, 5, "0" * 16, "blocked")]
    receipts = [
        a_receipt(n, at=NOW - n * 10 * DAY, tenant=t, findings=found, verdicts=["pii"])
        for n, t in enumerate(("acme",) * 3)
    ]
    receipts.append(a_receipt(9, at=NOW - 20 * DAY, tenant="globex", findings=found, verdicts=["pii"]))
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write(receipts, len(receipts))
    with_own(database_url, "acme", findings=15)
    retention.sweep()
    with closing(sql.connect(database_url)) as connection:
        left = connection.execute("SELECT COUNT(*) FROM usage_details WHERE findings <> '[]'").fetchone()[0]
        kept = connection.execute("SELECT COUNT(*) FROM usage_details WHERE verdicts <> '[]'").fetchone()[0]
    assert (left, kept) == (3, 4)


def test_a_policy_keeps_rows_of_those_it_is_about_for_a_shorter_time(database_url: str) -> None:
    receipts = [a_receipt(n, at=NOW - (n // 2) * 5 * DAY, tenant="acme", team=("red", "blue")[n % 2]) for n in range(8)]
    with closing(database.open(database.Settings(url=database_url), sql.connect)) as sink:
        sink.write(receipts, len(receipts))
    shorter = (Shorter(7, {"team": "red"}), Shorter(60, {"team": "blue"}), Shorter(1, {"team": "unheard of"}))
    keep = Keep(rows_days=30, shorter=shorter)
    by_day = sql.is_postgres(database_url)
    Retention(lambda: sql.connect(database_url), keep, FakeClock(float(NOW)), by_day=by_day).sweep()
    with closing(sql.connect(database_url)) as connection:
        query = "SELECT names.text FROM usage_facts JOIN names ON names.id = usage_facts.team"
        assert Counter(row[0] for row in connection.execute(query)) == {"red": 2, "blue": 4}


def test_neither_holds_back_nor_deletes_what_a_legal_hold_keeps(database_url: str, retention: Retention) -> None:
    write(database_url, *(age for age in (1, 10, 40) for _ in range(2)), tenants=("acme", "globex"))
    with_own(database_url, "acme", requests=7)
    with closing(sql.connect(database_url)) as connection, connection:
        connection.execute(
            "INSERT INTO legal_holds (tenant, id, reason, begun_by, ended_by, begun_at) VALUES (?, ?, ?, ?, ?, ?)",
            ("acme", "hold_1", "a case", "user:ada", "", 0),
        )
    retention.sweep()
    assert rows_of(database_url) == {"acme": 3, "globex": 2}


def test_a_session_that_was_over_long_ago_is_forgotten_with_where_it_came_from(
    database_url: str, retention: Retention
) -> None:
    sessions = {"live": (NOW + DAY, None), "just over": (NOW - DAY, None), "over": (NOW - 40 * DAY, None),
                "ended": (NOW + DAY, NOW - 31 * DAY)}  # fmt: skip
    with closing(sql.connect(database_url)) as connection, connection:
        for name, (expires, ended) in sessions.items():
            connection.execute(
                "INSERT INTO sessions (id, tenant, user_id, refresh_digest, last_token, created_at, refreshed_at, expires_at,"
                " ended_at, ended_why, address, agent) VALUES (?, 'acme', 'ann', ?, '', 0, 0, ?, ?, '', '', '')",
                (name, name.encode(), expires, ended),
            )
            connection.execute(
                "INSERT INTO sso_sessions (session, tenant, provider, subject) VALUES (?, 'acme', 'p', 's')", (name,)
            )
    retention.sweep()
    with closing(sql.connect(database_url)) as connection:
        for query in ("SELECT id FROM sessions", "SELECT session FROM sso_sessions"):
            assert {row[0] for row in connection.execute(query).fetchall()} == {"live", "just over"}


def test_a_revocation_of_what_expired_long_ago_is_forgotten_and_one_for_good_is_not(
    database_url: str, retention: Retention
) -> None:
    rows = {"old": NOW - 2 * DAY, "late": NOW - 3600, "coming": NOW + 3600, "for good": None}
    with closing(sql.connect(database_url)) as connection, connection:
        for name, expires in rows.items():
            connection.execute(
                "INSERT INTO revoked_tokens (tenant, issuer, kind, named, issued_before, expires_at, revoked_at, revoked_by)"
                " VALUES ('acme', '', 'sid', ?, 0, ?, 0, '')",
                (name, expires),
            )
    retention.sweep()
    with closing(sql.connect(database_url)) as connection:
        left = {row[0] for row in connection.execute("SELECT named FROM revoked_tokens").fetchall()}
    assert left == {"late", "coming", "for good"}
