"""Both databases for tests: each test that asks gets an empty one at the newest schema, made by copying.

Imports stand in the fixtures: every worker of a test run reads this file, few need a database.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgres import Server
    from tests.valkey import Server as Valkey

ENGINES = ("sqlite", "postgres")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server for this worker of the test run, started when the first test asks."""
    from tests.postgres import Server

    server = Server()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    """A Valkey for this worker of the test run, started when the first test asks."""
    from tests.valkey import Server

    server = Server()
    yield server
    server.stop()


@pytest.fixture
def valkey(valkey_server: Valkey) -> Valkey:
    """An empty Valkey. A test that harms it starts its own."""
    valkey_server.ask("FLUSHALL")
    return valkey_server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from torana.stores.migrations.upgrade import upgrade

    path = tmp_path_factory.mktemp("template") / "torana.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Server) -> str:
    from torana.stores.migrations.upgrade import upgrade

    url = postgres.fresh()
    upgrade(url)
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table, on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'torana.db'}"
    server = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database at the newest schema, on each engine in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "torana.db")
        return f"sqlite:///{tmp_path / 'torana.db'}"
    server = request.getfixturevalue("postgres")
    return server.fresh(request.getfixturevalue("postgres_template"))
