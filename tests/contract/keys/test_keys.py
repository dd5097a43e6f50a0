"""What every Keys store promises."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from torana.core.snapshot import KeyEntry
from torana.ports.store import Keys, StoredKey
from torana.stores import sql
from torana.testing.clock import FakeClock


@pytest.fixture
def keys(database_url: str) -> Iterator[Keys]:
    store = sql.open(sql.Settings(database_url), FakeClock())
    yield store
    store.close()


def a_key(number: int, tenant: str = "acme") -> StoredKey:
    entry = KeyEntry(
        key_id=f"key-{number}",
        name="धर्म's key",
        prefix="sk-torana-Ab3d…",
        tenant=tenant,
        department="finance",
        team="finance-team",
        user="priya",
        models=("gpt-4o*", "claude-haiku"),
        permissions=frozenset({"usage.read", "keys.write"}),
        expires_at=1_800_000_000.25,
        ip_allow=("10.0.0.0/8",),
        metadata={"cost_centre": 4711, "tags": ["a", "b"]},
    )
    return StoredKey(number.to_bytes(32, "big"), entry)


def test_a_key_comes_back_as_it_was(keys: Keys) -> None:
    keys.add(a_key(1))
    assert list(keys.load()) == [a_key(1)]


def test_the_version_grows_with_every_change_and_only_then(keys: Keys) -> None:
    versions = [keys.version()]
    keys.add(a_key(1))
    versions.append(keys.version())
    keys.add(a_key(2))
    versions.append(keys.version())
    keys.revoke("acme", "key-1", 1.0)
    versions.append(keys.version())
    assert versions == sorted(set(versions))
    keys.load()
    assert keys.version() == versions[-1]
    assert not keys.revoke("acme", "no such key", 1.0)
    assert keys.version() == versions[-1]


@pytest.mark.parametrize(
    "twin", [a_key(1), StoredKey(a_key(1).digest, a_key(2).entry), StoredKey(a_key(2).digest, a_key(1).entry)]
)
def test_an_id_or_a_digest_is_taken_once_and_a_refusal_changes_nothing(keys: Keys, twin: StoredKey) -> None:
    keys.add(a_key(1))
    version = keys.version()
    with pytest.raises(ValueError):
        keys.add(twin)
    assert list(keys.load()) == [a_key(1)]
    assert keys.version() == version


def test_a_revoked_key_is_still_listed_as_revoked(keys: Keys) -> None:
    keys.add(a_key(1))
    assert keys.revoke("acme", "key-1", 5.0)
    (stored,) = keys.load()
    assert stored.entry.revoked
    assert keys.revoke("acme", "key-1", 6.0)


def test_a_tenant_cannot_revoke_the_key_of_another(keys: Keys) -> None:
    keys.add(a_key(1))
    assert not keys.revoke("globex", "key-1", 5.0)
    (stored,) = keys.load()
    assert not stored.entry.revoked


def test_keys_may_be_added_from_many_threads(keys: Keys) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: keys.add(a_key(number)), range(40)))
    assert len(keys.load()) == 40
    assert keys.version() == 40
