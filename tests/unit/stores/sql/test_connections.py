from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest

from torana.stores import sql
from torana.stores.migrations.upgrade import downgrade, drift, newest, revisions, upgrade
from torana.stores.sql import connections
from torana.stores.sql.sums import SOLD
from torana.stores.sql.usage_queries import BY_MODEL, BY_TEAM, ROLL_UPS
from torana.testing.clock import FakeClock


@pytest.fixture
def url(empty_url: str) -> str:
    return empty_url


def tables(url: str) -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if sql.is_postgres(url):
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with closing(sql.connect(url)) as connection:
        return {row[0] for row in connection.execute(query)}


def test_the_code_speaks_the_newest_revision_and_knows_the_others() -> None:
    assert revisions() == [*connections.KNOWN, sql.REVISION]
    assert newest() == sql.REVISION


@pytest.mark.parametrize("there", ["0001", "9999"])
def test_another_schema_is_refused_with_what_to_run(url: str, there: str) -> None:
    assert not sql.check(url)
    upgrade(url, "0001")
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (there,))
    with pytest.raises(sql.WrongSchema, match="torana migrate"):
        sql.check(url)
    assert sql.revision(url) == there


def test_a_connection_waits_while_another_process_makes_the_tables_of_a_new_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/torana.db"
    maker = sqlite3.connect(tmp_path / "torana.db", isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN IMMEDIATE")
    maker.execute("CREATE TABLE made (id)")
    with ThreadPoolExecutor(1) as pool, closing(maker):
        opening = pool.submit(tables, url)
        assert wait([opening], 0.2).not_done, "it must wait"
        maker.execute("COMMIT")
        assert opening.result(10) == {"made"}


def test_rows_of_an_older_schema_are_carried_up_and_down(url: str) -> None:
    upgrade(url, "0001")
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("INSERT INTO names (id, text) VALUES (7, 'x')")
        for table in ("usage_facts", "usage_details", "usage_hourly", "usage_daily"):
            columns = OLD[table]
            values = [VALUES.get(column, 7) for column in columns]
            connection.insert(table, columns, values)
    upgrade(url)
    before = {table: rows(url, table, NEW[table]) for table in NEW}
    assert all(len(found) == 1 for found in before.values())
    for grain in ("hour", "day"):
        both = (ROLL_UPS[grain], BY_TEAM[grain])
        columns = (grain, *(name for name in NAMES if name not in {"user_id", "key_id"}), *SUMS)
        assert rows(url, both[0], columns) == rows(url, both[1], columns)
    columns = ("tenant", "hour", *SOLD, *SUMS)
    assert rows(url, BY_MODEL["hour"], columns) == rows(url, ROLL_UPS["hour"], columns)
    assert rows(url, "usage_facts", ("price", "request_hash", "input_tokens", "cost_nano")) == [
        (rows(url, "names", ("id",), "WHERE text = ''")[0][0], 0, 2**31 - 1, 2**40)
    ]
    downgrade(url, "0001")
    upgrade(url)
    assert {table: rows(url, table, NEW[table]) for table in NEW} == before


NAMES = ("tenant", "department", "team", "user_id", "key_id", "model", "provider", "currency")
SUMS = ("requests", "errors", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens",
        "reasoning_tokens", "cost_nano", "duration_ms", "first_chunk_ms", "upstream_ms", "overhead_us")  # fmt: skip
FACTS = ("receipt_id", "request_id", "at_ms", *NAMES, "dialect", "operation", "upstream_model", "ending", "error_code",
         "finish", "cache", "policy", "address", "stream", "status", "usage_estimated", "priced", "held_nano",
         "request_bytes", "response_bytes", "snapshot", *SUMS[2:])  # fmt: skip
DETAILS = ("receipt_id", "at_ms", "attempts", "dropped", "verdicts")
NEW = {
    "usage_facts": FACTS,
    "usage_details": DETAILS,
    "usage_hourly": ("hour", *NAMES, *SUMS),
    "usage_daily": ("day", *NAMES, *SUMS),
}
OLD = {**NEW, "usage_facts": ("id", *FACTS)}
VALUES = {
    "receipt_id": "r", "request_id": "q", "at_ms": 1_750_000_000_000, "attempts": "[]", "dropped": "[]",
    "verdicts": "[]", "input_tokens": 2**40, "cost_nano": 2**40,
}  # fmt: skip


def rows(url: str, table: str, columns: tuple[str, ...], where: str = "") -> list[tuple[object, ...]]:
    with closing(sql.connect(url)) as connection:
        return [tuple(row) for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table} {where}")]


def test_up_down_and_up_again_ends_where_it_began(url: str) -> None:
    assert sql.revision(url) is None
    upgrade(url)
    there = tables(url)
    assert sql.revision(url) == sql.REVISION
    downgrade(url, "base")
    assert sql.revision(url) is None
    assert tables(url) == {"alembic_version"}
    upgrade(url)
    assert tables(url) == there


def test_schema_and_revisions_agree(url: str) -> None:
    upgrade(url)
    assert drift(url) == []
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("ALTER TABLE versions ADD COLUMN stray TEXT")
    assert drift(url) != []


def test_upgrading_twice_changes_nothing(url: str) -> None:
    upgrade(url)
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("INSERT INTO versions VALUES ('x', 7)")
    upgrade(url)
    with closing(sql.connect(url)) as connection:
        assert connection.execute("SELECT version FROM versions").fetchall() == [(7,)]


def test_processes_that_start_together_make_the_schema_once(url: str) -> None:
    context = get_context("spawn")
    processes = [context.Process(target=upgrade, args=(url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert drift(url) == []


def test_an_upgrade_that_fails_half_way_leaves_nothing_behind(url: str) -> None:
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("CREATE TABLE virtual_keys (mine TEXT)")
    with pytest.raises(Exception, match="virtual_keys"):
        upgrade(url)
    assert tables(url) == {"virtual_keys"}


@pytest.mark.parametrize("other", ["mysql://u:hunter2@db/x", "", "sqlite://", "sqlite:///", "/just/a/path"])
def test_a_url_of_another_database_is_refused_without_telling_its_password(other: str) -> None:
    with pytest.raises(ValueError, match="SQLite") as refused:
        sql.SqlKeys(other, FakeClock())
    assert "hunter2" not in str(refused.value)


def test_asking_for_the_revision_makes_no_file(url: str) -> None:
    assert sql.revision(url) is None
    if not sql.is_postgres(url):
        assert not sql.sqlite_path(url).exists()


def test_neither_keys_nor_sinks_nor_records_load_the_sql_toolkit() -> None:
    script = (
        "import sys, torana.stores.sql, torana.stores.memory, torana.sinks.database, torana.sinks.jsonl, "
        "torana.records.recorder, torana.records.metrics, torana.records.log; "
        "sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'alembic', 'psycopg')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_server_that_is_away_is_a_connection_error_without_the_password() -> None:
    url = "postgresql://torana:hunter2@127.0.0.1:1/torana"
    with pytest.raises(ConnectionError) as refused:
        sql.connect(url)
    assert "hunter2" not in str(refused.value)
