"""Reminders: each key that ends soon is told of once, by one of all processes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

from torana.core.snapshot import KeyEntry
from torana.ports.store import StoredKey
from torana.stores.sql.keys import SqlKeys
from torana.testing.clock import FakeClock
from torana.wiring.reminding import BEFORE_S, Reminding

ENTRY = KeyEntry("key_1", "checkout", "sk-torana-Ab3d…", "acme", team="books")


async def test_a_key_that_ends_within_a_week_is_told_of_once(database_url: str) -> None:
    clock, told = FakeClock(), list[dict[str, Any]]()
    now = clock.now()
    rows = [
        replace(ENTRY, expires_at=now + 60),
        replace(ENTRY, key_id="later", expires_at=now + BEFORE_S + 60),
        replace(ENTRY, key_id="never"),
        replace(ENTRY, key_id="over", expires_at=now - 60),
        replace(ENTRY, key_id="revoked", expires_at=now + 60, revoked=True),
    ]
    with closing(SqlKeys(database_url, clock)) as keys:
        for number, row in enumerate(rows):
            keys.add(StoredKey(bytes([number]) * 32, row))
    reminding = [Reminding(lambda: SqlKeys(database_url, clock), told.append, clock) for _ in range(2)]
    for one in reminding:
        await one.look()
    assert [(one["event"], one["key_id"], one["team"]) for one in told] == [("key.expires_soon", "key_1", "books")]
    clock.advance(120)
    await reminding[0].look()
    assert [one["key_id"] for one in told] == ["key_1", "later"]
