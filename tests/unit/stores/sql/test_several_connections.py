"""Connections to PostgreSQL that are lent (to SQLite none is kept): what was closed while somebody used them stays open for nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.postgres import Server
from torana.stores.sql.connections import Connection
from torana.stores.sql.one_connection import OneConnection
from torana.stores.sql.several_connections import SeveralConnections

Lend = Callable[[], AbstractContextManager[Connection]]


@pytest.fixture(params=["one", "writing", "reading"])
def lender(request: pytest.FixtureRequest, postgres: Server) -> Iterator[tuple[Lend, Callable[[], None]]]:
    lender: Any = (OneConnection if request.param == "one" else SeveralConnections)(postgres.url())
    yield (lender.lent if request.param == "one" else getattr(lender, request.param)), lender.close
    lender.close()


def is_open(connection: Any) -> bool:
    return not connection._driver.closed


def test_a_connection_is_kept_for_the_next_one(lender: tuple[Lend, Callable[[], None]]) -> None:
    lend, _close = lender
    with lend() as first:
        first.execute("SELECT 1")
    assert is_open(first)
    with lend() as second:
        assert second is first


def test_one_that_is_busy_when_all_are_closed_is_closed_when_it_comes_back(
    lender: tuple[Lend, Callable[[], None]],
) -> None:
    lend, close = lender
    with lend() as busy:
        close()
        busy.execute("SELECT 1")
        assert is_open(busy)
    assert not is_open(busy)
    with lend() as later:
        assert later is not busy and is_open(later)


def test_one_that_failed_is_not_kept(lender: tuple[Lend, Callable[[], None]]) -> None:
    lend, _close = lender
    with pytest.raises(ZeroDivisionError), lend() as failed:
        raise ZeroDivisionError
    assert not is_open(failed)
