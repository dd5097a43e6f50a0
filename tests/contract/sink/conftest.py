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
from torana.stores.migrations.upgrade import upgrade


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
    def __init__(self, folder: Path, fresh: Path) -> None:
        shutil.copy(fresh, folder / "torana.db")
        self.url = f"sqlite:///{folder / 'torana.db'}"

    def open(self) -> Sink:
        return database.open(database.Settings(url=self.url), sql.connect)

    def receipt_ids(self) -> list[str]:
        with closing(sql.connect(self.url)) as connection:
            return [row[0] for row in connection.execute("SELECT receipt_id FROM usage_facts ORDER BY id")]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("fresh") / "torana.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["jsonl", "database"])
def harness(request: pytest.FixtureRequest, tmp_path: Path, fresh: Path) -> Harness:
    return JsonlHarness(tmp_path) if request.param == "jsonl" else DatabaseHarness(tmp_path, fresh)
