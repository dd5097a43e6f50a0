"""An empty database gets its tables from a process of its own, and from this one where that fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from torana.stores import sql
from torana.wiring import database, schema_making
from torana.wiring.schema_making import Makers


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'data' / 'torana.db'}"


def test_it_makes_the_tables(tmp_path: Path) -> None:
    makers = Makers()
    makers.begin(url_of(tmp_path))
    makers.ended(url_of(tmp_path))
    assert sql.check(url_of(tmp_path))


def test_it_is_begun_once_and_the_url_is_no_argument_for_all_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    class Program(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **more: object) -> None:
            begun.append(str((arguments, more)))
            super().__init__(*arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(schema_making.subprocess, "Popen", Program)
    makers = Makers()
    makers.begin(url_of(tmp_path))
    makers.begin(url_of(tmp_path))
    makers.ended(url_of(tmp_path))
    assert len(begun) == 1
    assert str(tmp_path) not in begun[0]


def test_nobody_is_waited_for_where_nothing_was_begun(tmp_path: Path) -> None:
    Makers().ended(url_of(tmp_path))
    assert not sql.check(url_of(tmp_path))


def test_what_it_could_not_make_is_made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_making, "PROGRAM", ("false",))
    database.begin(url_of(tmp_path))
    assert not sql.check(url_of(tmp_path))
    database.prepare(url_of(tmp_path))
    assert sql.check(url_of(tmp_path))


def test_a_system_that_gives_no_process_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_making, "PROGRAM", (str(tmp_path / "nothing"),))
    database.begin(url_of(tmp_path))
    database.prepare(url_of(tmp_path))
    assert sql.check(url_of(tmp_path))


def test_tables_that_are_there_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database.prepare(url_of(tmp_path))
    monkeypatch.setattr(schema_making.subprocess, "Popen", lambda *_, **__: pytest.fail("nothing is to be made"))
    database.begin(url_of(tmp_path))
