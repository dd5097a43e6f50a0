"""``torana migrate``: says what it would do, does it, goes back, refuses what it does not know."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.wiring.cli.conftest import Run
from torana.stores import sql
from torana.stores.migrations.upgrade import upgrade


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
