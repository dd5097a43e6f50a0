"""Who looked up what tokens stand for, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from torana.ports.vault import Reveal
from torana.stores.sql.reveals import SqlReveals

ONE = Reveal(
    "01",
    "acme",
    1.25,
    "key-1 ann",
    "conversation धर्म",
    ("<A_01234567>", "<B_01234567>"),
    ("<A_01234567>",),
    "why; 'not'",
)


@pytest.fixture
def store(database_url: str) -> Iterator[SqlReveals]:
    opened = SqlReveals(database_url)
    yield opened
    opened.close()


def test_rows_come_back_as_they_were_newest_first_and_only_those_of_the_tenant(store: SqlReveals) -> None:
    for row in (ONE, ONE._replace(reveal_id="03", told=()), ONE._replace(reveal_id="02", tenant="globex")):
        store.add(row)
    assert list(store.newest("acme", 9)) == [ONE._replace(reveal_id="03", told=()), ONE]
    assert [one.reveal_id for one in store.newest("globex", 9)] == ["02"]
    assert list(store.newest("initech", 9)) == []


def test_pages_go_on_behind_each_other(store: SqlReveals) -> None:
    for number in range(5):
        store.add(ONE._replace(reveal_id=f"0{number}"))
    first = store.newest("acme", 2)
    second = store.newest("acme", 2, first[-1].reveal_id)
    assert [one.reveal_id for one in (*first, *second)] == ["04", "03", "02", "01"]
