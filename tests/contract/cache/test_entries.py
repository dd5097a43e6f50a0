"""What every store of answers promises: an entry for its tenant and model, for its time, until it is cleared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.contract.counters.shared import QuietLog
from torana.core.cache_entry import Entry, Where
from torana.core.call import Chunk, Usage
from torana.ports.cache import Entries
from torana.stores.memory_entries import MemoryEntries
from torana.stores.valkey.entries import Doing, Sealing, ValkeyEntries
from torana.stores.valkey.link import Link, StoreAway
from torana.testing.clock import FakeClock

KEY = b"k" * 32


def entry(id_: str = "a" * 64, tenant: str = "acme", model: str = "m", **facts: Any) -> Entry:
    clock = FakeClock()
    known: dict[str, Any] = {
        "policy": "default@1", "dialect": "openai_chat", "stream": True, "shape": b"",
        "chunks": (Chunk(b"data: x\n\n", True, Usage(uncached=3, extra=(("searches", 1),)), "stop", 4),),
        "headers": (("content-type", "text/plain"),), "provider": "p", "upstream_model": "up", "usage": Usage(output=2),
        "cost_nano": 12, "took_ms": 900, "made_at": clock.now(), "expires_at": clock.now() + 60, **facts,
    }  # fmt: skip
    return Entry(id=id_, tenant=tenant, model=model, **known)


class Later:
    """Runs what nobody waits for, and lets a test wait for it all the same."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Future[None]] = []

    def run(self, name: str, at_most: int, work: Callable[[], Awaitable[None]]) -> bool:
        self.tasks.append(asyncio.ensure_future(work()))
        return True

    async def done(self) -> None:
        await asyncio.gather(*self.tasks)
        self.tasks.clear()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture(params=["memory", "valkey"])
async def entries(request: pytest.FixtureRequest, clock: FakeClock, later: Later) -> AsyncIterator[Entries]:
    if request.param == "memory":
        yield MemoryEntries(1 << 20, clock)
        return
    link = Link(request.getfixturevalue("valkey").url, 20.0, 4, QuietLog())
    yield ValkeyEntries(Doing(link, Sealing(KEY), clock, later.run))
    await link.aclose()


async def test_an_entry_comes_back_as_it_was(entries: Entries, later: Later) -> None:
    kept = entry()
    entries.keep(kept)
    await later.done()
    assert await entries.find("acme", "m", kept.id) == kept
    assert entries.remote or entries.at_hand("acme", "m", kept.id) == kept


async def test_no_other_tenant_and_no_other_model_finds_it(entries: Entries, later: Later) -> None:
    entries.keep(entry())
    await later.done()
    assert await entries.find("bolt", "m", "a" * 64) is None
    assert await entries.find("acme", "n", "a" * 64) is None
    assert await entries.find("acme", "m", "b" * 64) is None


async def test_it_is_gone_when_its_time_is_over(entries: Entries, later: Later, clock: FakeClock) -> None:
    entries.keep(entry())
    await later.done()
    clock.advance(61)
    assert await entries.find("acme", "m", "a" * 64) is None


async def test_the_newer_of_one_id_stays(entries: Entries, later: Later) -> None:
    entries.keep(entry(took_ms=1))
    await later.done()
    entries.keep(entry(took_ms=2))
    await later.done()
    found = await entries.find("acme", "m", "a" * 64)
    assert found is not None
    assert found.took_ms == 2


@pytest.mark.parametrize(
    ("where", "left"),
    [
        (Where("acme"), {"d"}),
        (Where("acme", model="m"), {"c", "d"}),
        (Where("acme", id="a" * 64), {"b", "c", "d"}),
        (Where("acme", id="*"), {"a", "b", "c", "d"}),
        (Where("acme", made_before=FakeClock().now() - 5), {"a", "c", "d"}),
        (Where("acme", model="n", made_before=FakeClock().now() + 5), {"a", "b", "d"}),
        (Where("bolt", model="m", id="a" * 64), {"a", "b", "c", "d"}),
    ],
)
async def test_a_tenant_clears_by_model_age_and_id_and_nobody_elses(
    entries: Entries, later: Later, where: Where, left: set[str]
) -> None:
    kept = [
        entry("a" * 64), entry("b" * 64, made_at=FakeClock().now() - 10), entry("c" * 64, model="n"),
        entry("d" * 64, tenant="bolt"),
    ]  # fmt: skip
    for one in kept:
        entries.keep(one)
    await later.done()
    gone = await entries.drop(where)
    found = [await entries.find(one.tenant, one.model, one.id) for one in kept]
    assert {one.id[0] for one in found if one is not None} == left
    assert gone == len(kept) - len(left)


async def test_it_tells_how_much_of_a_tenant_there_is(entries: Entries, later: Later) -> None:
    for one in (entry("a" * 64), entry("b" * 64, model="n"), entry("c" * 64, tenant="bolt")):
        entries.keep(one)
    await later.done()
    held = await entries.held("acme")
    assert (held.entries, held.bytes > 100, held.complete) == (2, True, True)
    assert (await entries.held("none")).entries == 0


async def test_what_another_installation_sealed_is_not_there(valkey: Any, clock: FakeClock, later: Later) -> None:
    link = Link(valkey.url, 20.0, 4, QuietLog())
    ours = ValkeyEntries(Doing(link, Sealing(KEY), clock, later.run))
    ours.keep(entry())
    await later.done()
    (name,) = [name async for name in link.names("torana:cache:*")]
    wire = await link.text(name)
    assert b"data: x" not in wire
    assert b"acme" not in name.encode() + wire
    await link.put_text(name, wire[:-1] + b"x", 1000)
    assert await ours.find("acme", "m", "a" * 64) is None
    await link.aclose()


async def test_a_store_that_is_away_has_nothing_and_says_so_to_who_clears(clock: FakeClock, later: Later) -> None:
    link = Link("valkey://127.0.0.1:1/0", 0.05, 4, QuietLog())
    away = ValkeyEntries(Doing(link, Sealing(KEY), clock, later.run))
    assert await away.find("acme", "m", "a" * 64) is None
    assert (link.away, away.faults) == (True, 1)
    away.keep(entry())
    assert (later.tasks, away.dropped) == ([], 1)
    with pytest.raises(StoreAway):
        await away.drop(Where("acme"))
    await link.aclose()
