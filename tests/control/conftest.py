"""Running gateways for tests of the control plane: one for each test module and each database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.standing import Standing
from tests.databases import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A gateway, on each database in turn. Tests of a module share it: let each make what it needs under names of its own."""
    folder = tmp_path_factory.mktemp("standing")
    found = Standing(folder, made_database(request, folder))
    yield found
    code = found.process.stop()
    assert code == 0, f"the gateway ended with {code}:\n{found.process.tail()}"


def made_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """An empty database at the newest schema, on the engine of the fixture's parameter."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "torana.db")
        return f"sqlite:///{folder / 'torana.db'}"
    server = request.getfixturevalue("postgres")
    made: str = server.fresh(request.getfixturevalue("postgres_template"))
    return made
