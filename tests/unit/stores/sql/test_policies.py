"""Policies in the database, every version of each, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from torana.ports.policies import Outdated, StoredPolicy
from torana.stores.sql.policies import SqlPolicies

FIRST = StoredPolicy("finance", 1, "acme", {"models": ["gpt-4"], "regions": ["धर्म"]}, 5.25, "key-1 ann")


@pytest.fixture
def store(database_url: str) -> Iterator[SqlPolicies]:
    opened = SqlPolicies(database_url)
    yield opened
    opened.close()


def test_the_newest_version_of_each_is_loaded_as_it_was_written(store: SqlPolicies) -> None:
    second = FIRST._replace(version=2, document=None)
    other = StoredPolicy("everyone", 1, "", {}, 6.0, "")
    for row in (FIRST, second, other):
        store.write(row)
    assert list(store.load()) == [other, second]


def test_old_versions_stay_newest_first(store: SqlPolicies) -> None:
    rows = [FIRST._replace(version=number) for number in (1, 2, 3)]
    for row in rows:
        store.write(row)
    assert list(store.history("finance", 2)) == [rows[2], rows[1]]
    assert list(store.history("nobody's", 9)) == []


@pytest.mark.parametrize("version", [1, 3, 0])
def test_only_the_version_that_follows_is_taken(store: SqlPolicies, version: int) -> None:
    store.write(FIRST)
    with pytest.raises(Outdated) as refused:
        store.write(FIRST._replace(version=version))
    assert refused.value.version == 1
    assert (list(store.load()), store.version()) == ([FIRST], 1)


def test_of_those_who_write_the_same_version_at_once_one_is_taken(store: SqlPolicies) -> None:
    def write(number: int) -> bool:
        try:
            store.write(FIRST._replace(written_by=str(number)))
        except Outdated:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, range(8))) == 1
    assert len(store.load()) == store.version() == 1
