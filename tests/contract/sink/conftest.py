"""One harness per sink: how to open it, and what a reader of its place would find there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from torana.ports.sink import Sink
from torana.sinks import database, jsonl
from torana.stores import sql
from torana.stores.migrations.upgrade import upgrade


class Harness(Protocol):
    """What the suite needs to know of a sink."""

    def open(self) -> Sink: ...

    def receipt_ids(self) -> list[str]: ...

    def break_place(self) -> None:
        """Make the next write fail after part of it was done."""
        ...


class JsonlHarness:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "audit.jsonl"
        self._broken = False

    def open(self) -> Sink:
        return jsonl.open(jsonl.Settings(path=str(self.path)))

    def receipt_ids(self) -> list[str]:
        return [json.loads(line)["receipt_id"] for line in self.path.read_text().splitlines()]

    def break_place(self) -> None:
        pytest.skip("a disk that takes half a batch is in the unit test of the file")


class DatabaseHarness:
    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'torana.db'}"
        upgrade(self.url)

    def open(self) -> Sink:
        return database.open(database.Settings(url=self.url), sql.connect)

    def receipt_ids(self) -> list[str]:
        with closing(sql.connect(self.url)) as connection:
            return [row[0] for row in connection.execute("SELECT receipt_id FROM usage_facts ORDER BY id")]

    def break_place(self) -> None:
        with closing(sqlite3.connect(sql.sqlite_path(self.url))) as connection:
            connection.execute("ALTER TABLE usage_daily RENAME TO elsewhere")


@pytest.fixture(params=["jsonl", "database"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    yield JsonlHarness(tmp_path) if request.param == "jsonl" else DatabaseHarness(tmp_path)
