"""Rows of a database are followed: taken on change, kept for a start without it, closed at the end."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from torana.wiring.following import Following, Shelf


class Row(NamedTuple):
    name: str
    at: float


class Table:
    """Rows that a test changes."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.number = 0
        self.away = False
        self.loads = 0
        self.closed = 0

    def put(self, *rows: Row) -> None:
        self.rows, self.number = list(rows), self.number + 1

    def version(self) -> int:
        if self.away:
            raise OSError("away")
        return self.number

    def load(self) -> Sequence[Row]:
        self.loads += 1
        return list(self.rows)

    def close(self) -> None:
        self.closed += 1


class Stand:
    def __init__(self, folder: Path) -> None:
        self.table = Table()
        self.taken: list[Sequence[Row]] = []
        self.shelf = Shelf(folder / "rows.snapshot", Row)
        self.following = Following(lambda: self.table, self.shelf, self.take)

    async def take(self, rows: Sequence[Row]) -> None:
        self.taken.append(rows)


async def test_changes_are_taken_and_kept_and_nothing_else_is_loaded(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    await stand.following.look()
    stand.table.put(Row("a", 1.5))
    for _ in range(3):
        await stand.following.look()
    assert stand.taken == [[], [Row("a", 1.5)]]
    assert stand.table.loads == 2
    assert Stand(tmp_path).shelf.last_known() == [Row("a", 1.5)]
    assert stat.S_IMODE((tmp_path / "rows.snapshot").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", '[["a"]]', '[["a", "b"]]', '{"a": 1}'])
def test_a_file_that_cannot_be_read_knows_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "rows.snapshot").write_text(text)
    assert list(Shelf(tmp_path / "rows.snapshot", Row).last_known()) == []
    assert list(Shelf(tmp_path / "none", Row).last_known()) == []


async def test_a_database_that_is_away_is_said_and_followed_again(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    assert stand.following.fault == "not read yet"
    stand.table.away = True
    with pytest.raises(OSError):
        await stand.following.follow()
    assert (stand.following.fault, stand.table.closed) == ("OSError", 1)
    stand.table.away = False
    stand.table.put(Row("b", 2.0))
    again = asyncio.create_task(stand.following.follow())
    while not stand.taken:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
    again.cancel()
    with pytest.raises(asyncio.CancelledError):
        await again
    assert stand.following.fault is None
    assert stand.taken[-1] == [Row("b", 2.0)]


async def test_two_looks_at_once_take_a_change_once(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    await asyncio.gather(*(stand.following.look() for _ in range(5)))
    assert len(stand.taken) == 1
