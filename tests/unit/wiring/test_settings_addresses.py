"""Addresses and certificates that no start could use are refused where they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.stores.sql import connections
from torana.stores.valkey import link
from torana.wiring.problems import ConfigError
from torana.wiring.settings_addresses import COUNTERS, DATABASES


def test_the_stores_take_what_is_let_pass() -> None:
    assert link.SCHEMES == COUNTERS
    assert (connections.SQLITE, *connections.POSTGRES) == DATABASES


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/x", "sqlite:", "http://u:hunter2@h"])
@pytest.mark.parametrize("name", ["database_url", "redis_url"])
def test_an_address_of_another_kind_is_refused_and_not_repeated(tmp_path: Path, name: str, url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, f'\n{name}: "{url}"'))
    (problem,) = refused.value.problems
    assert (problem.path, problem.line) == (name, 2)
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_served_is_refused(tmp_path: Path, content: str | None) -> None:
    for name in ("cert", "key"):
        if content is not None:
            (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, f'server: {{tls: {{cert: "{tmp_path}/cert", key: "{tmp_path}/key"}}}}'))
    assert [problem.path for problem in refused.value.problems] == ["server.tls"]


@pytest.mark.parametrize("name", ["database_url", "redis_url"])
def test_an_empty_address_is_none(tmp_path: Path, name: str) -> None:
    read(written(tmp_path, f'\n{name}: ""'))
