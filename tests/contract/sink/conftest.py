"""One harness per sink: how to open it, and what a reader of its place would find there."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from torana.ports.sink import Sink
from torana.sinks import database, jsonl
from torana.stores import sql


class Harness(Protocol):
    """What the suite needs to know of a sink."""

    def open(self) -> Sink: ...

    def receipt_ids(self) -> list[str]: ...


class JsonlHarness:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "audit.jsonl"

    def open(self) -> Sink:
        return jsonl.open(jsonl.Settings(path=str(self.path)))

    def receipt_ids(self) -> list[str]:
        return [json.loads(line)["receipt_id"] for line in self.path.read_text().splitlines()]


class DatabaseHarness:
    def __init__(self, url: str) -> None:
        self.url = url

    def open(self) -> Sink:
        return database.open(database.Settings(url=self.url), sql.connect)

    def receipt_ids(self) -> list[str]:
        with closing(sql.connect(self.url)) as connection:
            return [
                row[0] for row in connection.execute("SELECT receipt_id FROM usage_facts ORDER BY at_ms, receipt_id")
            ]


@pytest.fixture(params=["jsonl", "sqlite", "postgres"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    if request.param == "jsonl":
        return JsonlHarness(tmp_path)
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "torana.db")
        return DatabaseHarness(f"sqlite:///{tmp_path / 'torana.db'}")
    return DatabaseHarness(request.getfixturevalue("postgres").fresh(request.getfixturevalue("postgres_template")))
