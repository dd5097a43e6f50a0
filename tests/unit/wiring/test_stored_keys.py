"""Stored keys are followed, and known without their database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from torana.core.snapshot import KeyEntry
from torana.ports.store import StoredKey
from torana.stores import sql
from torana.testing.clock import FakeClock
from torana.wiring.stored_keys import FILE_NAME, Follower, last_known

KEY = StoredKey(b"d" * 32, KeyEntry("key-1", "one", "sk-torana-Ab3d…", "acme", models=("m",), metadata={"plan": "a"}))


async def test_keys_of_the_database_are_taken_and_kept(database_url: str, tmp_path: Path) -> None:
    taken: list[Sequence[StoredKey]] = []

    async def take(keys: Sequence[StoredKey]) -> None:
        taken.append(keys)

    with closing(sql.open(sql.Settings(database_url), FakeClock())) as store:
        store.add(KEY)
        follower = Follower(lambda: store, tmp_path, take)
        await follower.look()
    assert taken == [[KEY]]
    assert last_known(tmp_path) == [KEY]
    assert (tmp_path / FILE_NAME).exists()


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert list(last_known(tmp_path)) == []
