"""What every memory of idempotency keys promises: the first who comes is told to go on, all others what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.contract.cache.test_entries import KEY, Later, clock, entry, later  # noqa: F401 - fixtures
from tests.contract.counters.shared import QuietLog
from torana.core.errors import GatewayError
from torana.ports.cache import Mark, Once
from torana.stores.memory_once import LIFE_S, MemoryOnce
from torana.stores.valkey.entries import Doing, Sealing, ValkeyOnce
from torana.stores.valkey.link import Link, StoreAway
from torana.testing.clock import FakeClock


@pytest.fixture(params=["memory", "valkey"])
async def once(request: pytest.FixtureRequest, clock: FakeClock, later: Later) -> AsyncIterator[Once]:  # noqa: F811
    if request.param == "memory":
        yield MemoryOnce(1 << 20, clock)
        return
    link = Link(request.getfixturevalue("valkey").url, 20.0, 8, QuietLog())
    yield ValkeyOnce(Doing(link, Sealing(KEY), clock, later.run))
    await link.aclose()


async def test_the_first_goes_on_and_the_second_is_told_that_it_runs(once: Once) -> None:
    assert await once.begin("k", "d") is None
    assert await once.begin("k", "other") == Mark("d", "running")
    assert await once.begin("another", "d") is None


async def test_of_many_at_once_one_goes_on(once: Once) -> None:
    marks = await asyncio.gather(*(once.begin("k", "d") for _ in range(50)))
    assert marks.count(None) == 1


async def test_what_came_of_it_is_told_afterwards(once: Once, later: Later) -> None:  # noqa: F811
    await once.begin("k", "d")
    once.end("k", Mark("d", "done", entry()))
    await later.done()
    assert await once.begin("k", "d") == Mark("d", "done", entry())


async def test_a_key_under_which_nothing_was_sent_may_come_again(once: Once, later: Later) -> None:  # noqa: F811
    await once.begin("k", "d")
    once.end("k", None)
    await later.done()
    assert await once.begin("k", "d") is None


async def test_in_memory_a_key_is_forgotten_after_a_day(clock: FakeClock) -> None:  # noqa: F811
    once = MemoryOnce(1 << 20, clock)
    await once.begin("k", "d")
    once.end("k", Mark("d", "done"))
    clock.advance(LIFE_S - 1)
    assert await once.begin("k", "d") == Mark("d", "done")
    clock.advance(2)
    assert await once.begin("k", "d") is None


async def test_in_memory_the_oldest_answers_make_room_and_their_keys_stay(clock: FakeClock) -> None:  # noqa: F811
    once = MemoryOnce(3 * entry().size, clock)
    for name in "abcde":
        await once.begin(name, "d")
        once.end(name, Mark("d", "done", entry()))
        assert once.bytes <= 3 * entry().size
    states = [await once.begin(name, "d") for name in "abcde"]
    assert [one is not None and one.entry is not None for one in states] == [False, False, True, True, True]
    assert all(one is not None and one.state == "done" for one in states)


async def test_in_memory_no_more_keys_are_taken_than_can_be_kept(clock: FakeClock) -> None:  # noqa: F811
    once = MemoryOnce(1 << 20, clock, most_marks=2)
    await once.begin("a", "d")
    await once.begin("b", "d")
    with pytest.raises(GatewayError) as full:
        await once.begin("c", "d")
    assert full.value.code == "OVERLOADED"
    clock.advance(LIFE_S + 1)
    assert await once.begin("c", "d") is None


async def test_a_store_that_is_away_says_so(clock: FakeClock, later: Later) -> None:  # noqa: F811
    link = Link("valkey://127.0.0.1:1/0", 0.05, 4, QuietLog())
    once = ValkeyOnce(Doing(link, Sealing(KEY), clock, later.run))
    for _ in range(2):
        with pytest.raises(StoreAway):
            await once.begin("k", "d")
    await link.aclose()
