from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest

from torana.stores import sql
from torana.stores.migrations.upgrade import downgrade, drift, newest, upgrade
from torana.testing.clock import FakeClock


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'folder' / 'torana.db'}"


def tables(url: str) -> set[str]:
    with closing(sql.connect(url)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_the_code_speaks_the_newest_revision() -> None:
    assert newest() == sql.REVISION


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
    with closing(sqlite3.connect(sql.sqlite_path(url))) as connection:
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
    with closing(sql.connect(url)) as connection:
        connection.execute("CREATE TABLE virtual_keys (mine TEXT)")
    with pytest.raises(Exception, match="virtual_keys"):
        upgrade(url)
    assert tables(url) == {"virtual_keys"}


@pytest.mark.parametrize("other", ["postgresql://u:hunter2@db/x", "", "sqlite://", "sqlite:///", "/just/a/path"])
def test_a_url_of_another_database_is_refused_without_telling_its_password(other: str) -> None:
    with pytest.raises(ValueError, match="SQLite") as refused:
        sql.SqlKeys(other, FakeClock())
    assert "hunter2" not in str(refused.value)


def test_a_connection_writes_ahead_and_waits_for_locks(url: str) -> None:
    with closing(sql.connect(url)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (1,)
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_asking_for_the_revision_makes_no_file(url: str) -> None:
    assert sql.revision(url) is None
    assert not sql.sqlite_path(url).exists()


def test_neither_keys_nor_sinks_nor_records_load_the_sql_toolkit() -> None:
    script = (
        "import sys, torana.stores.sql, torana.stores.memory, torana.sinks.database, torana.sinks.jsonl, "
        "torana.records.recorder, torana.records.metrics, torana.records.log; "
        "sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'alembic')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
