from __future__ import annotations

import asyncio

from tests.unit.stores.valkey.process import Process
from tests.unit.stores.valkey.test_counters import AT_ONCE, RATE, budget
from tests.valkey import Server
from torana.ports.store import Charge, Given, Overrun
from torana.stores.valkey.deciding import rows_of, take
from torana.stores.valkey.share import Share


def free_of(process: Process, charge: Charge) -> int:
    """What its lease has left."""
    share = process.counters._share("acme")
    lease = share.open.get(share.place(charge).key)
    return lease.free if lease is not None else 0


def test_only_what_is_not_here_is_asked_of_a_budget_and_rates_are_asked_for_more() -> None:
    rows = rows_of([RATE, budget(100), budget(100)], [1, 30, 30], [0, 20, 20], [16, 480, 960])
    assert [(row["amount"], row["more"]) for row in rows] == [(1, 16), (10, 0), (30, 0)]
    assert [row.get("wish") for row in rows] == [None, 480, 960]


def test_what_is_taken_and_given_up_again_leaves_nothing() -> None:
    share = Share("acme")
    take(share, [AT_ONCE, budget(10)], [1, 5])
    assert (share.held, share.allotment(budget(10)).in_use) == ({share.place(AT_ONCE).key: 1}, 5)
    take(share, [AT_ONCE, budget(10)], [-1, -5])
    assert (set(share.held.values()), share.allotment(budget(10)).in_use) == ({0}, 0)


async def test_nothing_is_leased_of_a_limit_that_is_nearly_used_up_and_few_places_of_one_that_is_half_used(
    valkey: Server,
) -> None:
    process = Process(valkey.url, "one")
    near = RATE._replace(limit=100)
    assert isinstance(await process.take([near], [5]), Given)
    assert free_of(process, near) == 0, "a hundredth of what is left is less than the next request needs"
    places = AT_ONCE._replace(limit=100)
    assert isinstance(await process.take([places], [1]), Given)
    assert free_of(process, places) == 5
    assert isinstance(await process.take([places], [50]), Given)
    assert free_of(process, places) == 0, "more than half is used"
    await process.die()


async def test_of_many_requests_at_once_one_asks_and_brings_a_lease_for_the_others(valkey: Server) -> None:
    process = Process(valkey.url, "one")
    plenty = RATE._replace(limit=1_000_000, window_s=3600.0)
    given = await asyncio.gather(*(process.take([plenty], [1]) for _ in range(10)))
    assert all(isinstance(one, Given) for one in given)
    assert free_of(process, plenty) == 16 - 9
    given = await asyncio.gather(*(process.take([plenty], [1]) for _ in range(40)))
    assert all(isinstance(one, Given) for one in given)
    assert (await process.counters.used([plenty], 0.0))[0][0] == 50
    await process.die()


async def test_a_request_that_is_refused_leaves_no_lease_behind_and_says_what_is_used_without_it(
    valkey: Server,
) -> None:
    process = Process(valkey.url, "one")
    wide, narrow = RATE._replace(limit=10_000), RATE._replace(rule_id="narrow", limit=2)
    assert isinstance(await process.take([wide, narrow], [1, 2]), Given)
    assert free_of(process, wide) == 16
    refused = await process.take([wide, narrow], [1, 1])
    assert isinstance(refused, Overrun)
    assert (refused.charge, refused.used) == (narrow, 2)
    assert free_of(process, wide) == 0
    assert (await process.counters.used([wide, narrow], 0.0)) == [(1, 0), (2, 0)]
    await process.die()
