"""An empty database gets its tables from a process of its own, and from this one where that fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from torana.stores import sql
from torana.wiring import database, making
from torana.wiring.making import Makers


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'data' / 'torana.db'}"


def test_it_makes_the_tables(tmp_path: Path) -> None:
    makers = Makers()
    makers.begin(url_of(tmp_path))
    makers.ended(url_of(tmp_path))
    assert sql.check(url_of(tmp_path))


def test_it_is_begun_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    class Program(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **more: object) -> None:
            begun.append(arguments)
            super().__init__(*arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(making.subprocess, "Popen", Program)
    makers = Makers()
    makers.begin(url_of(tmp_path))
    makers.begin(url_of(tmp_path))
    makers.ended(url_of(tmp_path))
    assert len(begun) == 1


def test_the_url_is_no_argument_for_all_to_read(tmp_path: Path) -> None:
    assert not [part for part in making.PROGRAM if "sqlite" in part or "postgres" in part]


def test_nobody_is_waited_for_where_nothing_was_begun(tmp_path: Path) -> None:
    Makers().ended(url_of(tmp_path))
    assert not sql.check(url_of(tmp_path))


def test_what_it_could_not_make_is_made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PROGRAM", ("false",))
    database.begin(url_of(tmp_path))
    assert not sql.check(url_of(tmp_path))
    database.prepare(url_of(tmp_path))
    assert sql.check(url_of(tmp_path))


def test_a_system_that_gives_no_process_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PROGRAM", (str(tmp_path / "nothing"),))
    database.begin(url_of(tmp_path))
    database.prepare(url_of(tmp_path))
    assert sql.check(url_of(tmp_path))


def test_tables_that_are_there_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database.prepare(url_of(tmp_path))
    monkeypatch.setattr(making.subprocess, "Popen", lambda *_, **__: pytest.fail("nothing is to be made"))
    database.begin(url_of(tmp_path))
