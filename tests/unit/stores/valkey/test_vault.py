"""What lies on Valkey tells nobody a value, restores on every gateway that has the key, and ends by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.counters.shared import QuietLog
from tests.valkey import Cluster, Server, free_port
from torana.stores.valkey.link import Link, StoreAway
from torana.stores.valkey.vault import LIFE_S, MOST_VALUES, TRIM_ABOVE, ValkeyVault
from torana.testing.clock import FakeClock

KEY = b"k" * 32
TOKEN = "<EMAIL_00000000>"
NAME = "acme/conversation/of ann"


@pytest.fixture
async def link(valkey: Server) -> AsyncIterator[Link]:
    link = Link(valkey.url, 20.0, 4, QuietLog())
    yield link
    await link.aclose()


def only_key(valkey: Server) -> str:
    key = valkey.ask("KEYS", "torana:vault:*").decode().split()[-1]
    assert key.startswith("torana:vault:")
    return key


async def test_another_gateway_with_the_same_key_restores_and_one_with_another_does_not(link: Link) -> None:
    await ValkeyVault(link, KEY, FakeClock()).keep(NAME, {TOKEN: "ann@x.example"})
    assert await ValkeyVault(link, KEY, FakeClock()).recall(NAME) == {TOKEN: "ann@x.example"}
    assert await ValkeyVault(link, b"x" * 32, FakeClock()).recall(NAME) == {}


async def test_neither_values_nor_names_of_conversations_can_be_read_there(link: Link, valkey: Server) -> None:
    await ValkeyVault(link, KEY, FakeClock()).keep(NAME, {TOKEN: "ann@x.example"})
    there = valkey.ask("KEYS", "*") + valkey.ask("HGETALL", only_key(valkey))
    assert b"ann" not in there and b"acme" not in there


async def test_a_value_that_was_moved_damaged_or_cut_is_not_there(link: Link, valkey: Server) -> None:
    vault = ValkeyVault(link, KEY, FakeClock())
    await vault.keep(NAME, {TOKEN: "ann@x.example"})
    key = only_key(valkey)
    sealed = (await link.fields(key))[TOKEN]
    moved = {"<EMAIL_11111111>": sealed, "<EMAIL_22222222>": sealed[:5], "<EMAIL_33333333>": b"", TOKEN: sealed}
    await link.put_fields(key, {**moved, TOKEN: sealed[:-1] + bytes([sealed[-1] ^ 1])}, 60_000)
    assert await vault.recall(NAME) == {}
    await link.put_fields(key, moved, 60_000)
    assert await vault.recall(NAME) == {TOKEN: "ann@x.example"}


async def test_the_store_forgets_a_conversation_by_itself(link: Link, valkey: Server) -> None:
    await ValkeyVault(link, KEY, FakeClock()).keep(NAME, {TOKEN: "ann@x.example"})
    left_ms = int(valkey.ask("PTTL", only_key(valkey)).decode().strip().lstrip(":"))
    assert 0 < left_ms <= LIFE_S * 1000


async def test_what_is_over_the_bound_leaves_the_store_too(link: Link, valkey: Server) -> None:
    vault, clock = ValkeyVault(link, KEY, FakeClock()), FakeClock()
    await vault.keep(NAME, {f"<A_{number:08x}>": "x" for number in range(TRIM_ABOVE)})
    clock.advance(1)
    await vault.keep(NAME, {"<B_00000000>": "y"})
    assert len(await link.fields(only_key(valkey))) == MOST_VALUES


async def test_a_store_that_is_away_is_told_at_once_and_asked_no_more() -> None:
    link = Link(f"redis://127.0.0.1:{free_port()}", 5.0, 4, QuietLog())
    vault = ValkeyVault(link, KEY, FakeClock())
    for _ in range(2):
        with pytest.raises(StoreAway):
            await vault.recall(NAME)
        with pytest.raises(StoreAway):
            await vault.keep(NAME, {TOKEN: "a"})
    assert link.failures == 1
    await link.aclose()


async def test_on_a_cluster_conversations_lie_on_all_masters_and_come_back_whole() -> None:
    cluster = Cluster()
    try:
        link = Link(cluster.url, 20.0, 4, QuietLog())
        vault = ValkeyVault(link, KEY, FakeClock())
        for number in range(12):
            await vault.keep(f"acme/conversation/{number}", {TOKEN: f"value {number}"})
        assert [await vault.recall(f"acme/conversation/{number}") for number in range(12)] == [
            {TOKEN: f"value {number}"} for number in range(12)
        ]
        await vault.keep(NAME, {f"<A_{number:08x}>": "x" for number in range(TRIM_ABOVE + 1)})
        assert len(await vault.recall(NAME)) == MOST_VALUES
        assert all(server.ask("DBSIZE") != b":0\r\n" for server in cluster.servers)
        await link.aclose()
    finally:
        cluster.stop()
