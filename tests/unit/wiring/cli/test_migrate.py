"""``torana migrate``: says what it would do, does it, goes back, refuses what it does not know."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Column, Double, Integer, LargeBinary

from tests.postgres import Server
from tests.receipts import AT, a_receipt
from tests.unit.wiring.cli.conftest import Run
from torana.sinks import database
from torana.stores import sql
from torana.stores.migrations.schema import metadata
from torana.stores.migrations.upgrade import downgrade, upgrade


@pytest.fixture
def url(empty_url: str, tmp_path: Path) -> str:
    (tmp_path / "torana.yaml").write_text(f'database_url: "{empty_url}"\n')
    return empty_url


def test_a_database_is_made_and_then_there_is_nothing_to_do(run: Run, url: str) -> None:
    assert run("migrate", "--check").code == 3
    assert sql.revision(url) is None
    assert run("migrate").code == 0
    assert sql.revision(url) == sql.REVISION
    assert "nothing to do" in run("migrate").out
    assert run("migrate", "--check").code == 0


def test_an_older_schema_is_brought_up_and_back(run: Run, url: str) -> None:
    upgrade(url, "0001")
    refused = run("keys", "list")
    assert refused.code == 1
    assert "torana migrate" in refused.err
    assert run("migrate").code == 0
    assert run("keys", "list").code == 0
    assert run("migrate", "--to-revision", "0001").code == 0
    assert sql.revision(url) == "0001"


def test_a_schema_of_another_version_is_left_alone(run: Run, url: str) -> None:
    upgrade(url)
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = run("migrate")
    assert ran.code == 1
    assert "9999" in ran.err
    assert sql.revision(url) == "9999"
    assert "no revision nonsense" in run("migrate", "--to-revision", "nonsense").err


def test_serve_refuses_an_older_schema_and_says_what_to_run(run: Run, url: str) -> None:
    upgrade(url, "0001")
    ran = run("serve", "--dev", "--port", "0")
    assert ran.code == 1
    assert "torana migrate" in ran.err
    assert sql.revision(url) == "0001"


def test_a_database_that_is_away_is_said_without_its_password(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("database_url: postgresql://torana:hunter2@127.0.0.1:1/torana\n")
    ran = run("migrate")
    assert ran.code == 1
    assert "cannot be reached" in ran.err
    assert "hunter2" not in ran.err + ran.out


# --- to PostgreSQL


class Move(NamedTuple):
    """An installation with rows in SQLite, and where they shall go."""

    source: str
    target: str
    folder: Path


@pytest.fixture
def moving(sqlite_template: Path, postgres: Server, tmp_path: Path) -> Move:
    """Every table has rows, with everything a column may hold."""
    folder = tmp_path / "data"
    (folder / "spool").mkdir(parents=True)
    (folder / "spool" / "lock").touch()
    (folder / "spool" / "name").write_text("a1b2")
    (tmp_path / "torana.yaml").write_text(f'data_dir: "{folder}"\n')
    shutil.copy(sqlite_template, folder / "torana.db")
    moving = Move(f"sqlite:///{folder / 'torana.db'}", postgres.fresh(), folder)
    fill(moving.source)
    return moving


def fill(url: str) -> None:
    sink = database.open(database.Settings(url=url), sql.connect)
    days = [a_receipt(n, at=AT + n * 9_000, verdicts=["pii: told"], user=f"u\t{n % 7}\\N") for n in range(400)]
    sink.write(days, 4711)
    sink.close()
    with closing(sql.connect(url)) as connection, connection:
        for table in metadata.sorted_tables:
            if not table.name.startswith(("usage_", "names", "spool_")):
                names = tuple(column.name for column in table.columns)
                rows = [value_for(column, row) for row in range(3) for column in table.columns]
                connection.insert(table.name, names, rows)


def value_for(column: Column[Any], row: int) -> object:
    if column.nullable and row == 0:
        return None
    if isinstance(column.type, LargeBinary):
        return bytes([row, *range(256)])
    if isinstance(column.type, Double):
        return 1_750_000_000 + row / 3
    return row if isinstance(column.type, Integer) else f"{row} धर्म\t\\N\n\"'{column.name}"


def everything(url: str) -> dict[str, list[str]]:
    with closing(sql.connect(url)) as connection:
        return {
            table.name: sorted(
                repr([bytes(value) if isinstance(value, memoryview) else value for value in row])
                for row in connection.execute(
                    f"SELECT {', '.join(column.name for column in table.columns)} FROM {table.name}"
                )
            )
            for table in metadata.sorted_tables
        }


def rows_of(url: str) -> int:
    return sum(len(rows) for table, rows in everything(url).items() if table != "names")


def test_every_row_of_every_table_arrives_and_the_source_stays(run: Run, moving: Move) -> None:
    before = everything(moving.source)
    assert all(before.values())
    ran = run("migrate", "--to", moving.target)
    assert (ran.code, ran.err) == (0, "")
    assert "usage_facts: 400 rows" in ran.out
    after = everything(moving.target)
    # In a database that several gateways may share the only spool goes by a name of its own.
    assert before.pop("spool_positions") == ["['main', 4711]"]
    assert after.pop("spool_positions") == ["['a1b2', 4711]"]
    assert after == before
    assert everything(moving.source) == {**before, "spool_positions": ["['main', 4711]"]}


def test_the_gateway_goes_on_in_the_new_database(run: Run, moving: Move, tmp_path: Path) -> None:
    created = run("keys", "create", "--tenant", "default", "--name", "moved")
    assert created.code == 0, created.err
    with closing(sql.connect(moving.source)) as connection, connection:
        connection.execute("DELETE FROM virtual_keys WHERE name <> 'moved'")
    assert run("migrate", "--to", moving.target).code == 0
    (tmp_path / "torana.yaml").write_text(f'data_dir: "{moving.folder}"\ndatabase_url: "{moving.target}"\n')
    assert "moved" in run("keys", "list").out
    sink = database.open(database.Settings(url=moving.target, spool="a1b2"), sql.connect)
    assert sink.written() == 4711
    sink.write([a_receipt(9_999, user="nobody before")], 4712)  # a name that is new gets a number that is
    sink.close()
    assert len(everything(moving.target)["usage_facts"]) == 401


def test_a_target_with_rows_is_refused(run: Run, moving: Move) -> None:
    assert run("migrate", "--to", moving.target).code == 0
    there = everything(moving.target)
    again = run("migrate", "--to", moving.target)
    assert again.code == 1
    assert "the target has rows already" in again.err
    assert everything(moving.target) == there


def test_a_move_that_fails_half_way_leaves_nothing_and_can_be_done_again(run: Run, moving: Move) -> None:
    def created(at: object) -> None:
        with closing(sql.connect(moving.source)) as connection, connection:
            connection.execute("UPDATE virtual_keys SET created_at = ? WHERE key_id LIKE '1%'", (at,))

    created("not a number")  # SQLite takes it
    assert run("migrate", "--to", moving.target).code == 1
    assert rows_of(moving.target) == 0
    created(1.5)
    assert run("migrate", "--to", moving.target).code == 0


def test_rows_that_did_not_arrive_are_noticed_and_none_is_kept(run: Run, moving: Move) -> None:
    upgrade(moving.target)
    with closing(sql.connect(moving.target)) as connection, connection:
        connection.execute("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        connection.execute("CREATE TRIGGER t BEFORE INSERT ON policies FOR EACH ROW EXECUTE FUNCTION swallow()")
    ran = run("migrate", "--to", moving.target)
    assert ran.code == 1
    assert "policies: (3, 0) left and (0, 0) arrived" in ran.err
    assert rows_of(moving.target) == 0


def test_a_gateway_that_runs_is_in_the_way(run: Run, moving: Move) -> None:
    with (moving.folder / "spool" / "lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = run("migrate", "--to", moving.target)
    assert ran.code == 1
    assert "stop it first" in ran.err
    assert sql.revision(moving.target) is None


def test_only_from_sqlite_to_postgresql_and_only_by_itself(run: Run, moving: Move, tmp_path: Path) -> None:
    assert run("migrate", "--to", f"sqlite:///{tmp_path / 'other.db'}").code == 1
    assert run("migrate", "--to", moving.target, "--check").code == 2
    (moving.folder / "torana.db").unlink()
    assert "no database to move" in run("migrate", "--to", moving.target).err


def test_an_older_schema_is_not_moved_nor_moved_to(run: Run, moving: Move) -> None:
    upgrade(moving.target, "0001")
    assert "torana migrate" in run("migrate", "--to", moving.target).err
    downgrade(moving.source, "0001")
    assert "torana migrate" in run("migrate", "--to", moving.target).err
