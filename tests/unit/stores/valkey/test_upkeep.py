"""A store that freezes, dies, or comes back empty."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator

import pytest

from tests.unit.stores.valkey.process import Process, fields
from tests.unit.stores.valkey.test_counters import AT_ONCE, KEY, budget
from tests.valkey import Server
from torana.core.budget_name import BudgetName
from torana.ports.store import Charge, Given, Overrun

RATE = Charge("rate", "acme\0key", 60.0, "sliding_window", 5)


@pytest.fixture
def own_server() -> Iterator[Server]:
    """One that a test may harm; it forgets all when it is killed."""
    found = Server()
    yield found
    found.stop()


@pytest.fixture
def durable_server() -> Iterator[Server]:
    """One that a test may kill; it remembers."""
    found = Server(durable=True)
    yield found
    found.stop()


async def eventually(fact: Callable[[], bool]) -> None:
    for _ in range(1000):
        if fact():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def test_while_the_store_is_frozen_each_rule_does_what_it_says_and_afterwards_all_count_again(
    own_server: Server,
) -> None:
    process = Process(own_server.url, "one", deadline_s=0.05, lease=0)
    local, allow, deny = (RATE._replace(rule_id=how, on_store_failure=how) for how in ("local", "allow", "deny"))
    async with process.running():
        await eventually(lambda: not process.counters.away)
        assert isinstance(await process.take([local, allow, deny], [1, 1, 1]), Given)
        own_server.freeze()
        outcomes = [await process.take([local], [1]) for _ in range(7)]
        assert [isinstance(one, Given) for one in outcomes] == [True] * 5 + [False] * 2
        assert all([isinstance(await process.take([allow], [1]), Given) for _ in range(20)])
        refused = await process.take([local, deny], [0, 1])
        assert isinstance(refused, Overrun)
        assert (refused.away, refused.charge.rule_id) == (True, "deny")
        hard = await process.take([budget(100)], [1])
        assert isinstance(hard, Overrun)
        assert hard.away
        assert process.counters.away
        own_server.thaw()
        await eventually(lambda: not process.counters.away)
        assert isinstance(await process.take([deny, budget(100)], [1, 1]), Given)
        assert isinstance(await process.take([allow], [4]), Given)
        assert isinstance(await process.take([allow], [1]), Overrun)
    assert process.log.events == ["counters.store_is_away", "counters.store_is_back"]
    assert process.counters.decided_without == 29


async def test_what_was_asked_of_a_frozen_store_and_given_up_is_not_done_when_it_thaws(own_server: Server) -> None:
    process = Process(own_server.url, "one", deadline_s=0.05, lease=0)
    held = AT_ONCE._replace(limit=100, on_store_failure="allow")
    async with process.running():
        await process.take([held, budget(1000)], [1, 10])
        own_server.freeze()
        await asyncio.gather(*(process.take([held, budget(1000)], [1, 10]) for _ in range(20)))
        await asyncio.sleep(1.5)
        own_server.thaw()
        await eventually(lambda: not process.counters.away)
        await process.declare()
        assert fields(own_server, KEY)["h"] == "10"
        assert fields(own_server, "torana:{acme}:held/0/at%20once/acme/key")["t"] == "1"


async def test_money_that_was_granted_before_is_spent_while_the_store_is_away_and_booked_afterwards(
    own_server: Server,
) -> None:
    process = Process(own_server.url, "one", deadline_s=0.05, lease=0)
    cap = budget(100)
    async with process.running():
        assert await process.ask([cap], [60], 10)
        own_server.freeze()
        assert await process.ask([cap, RATE], [40, 1], 40)
        assert not await process.ask([cap, RATE], [11, 1], 11)
        own_server.thaw()
        await eventually(lambda: fields(own_server, KEY).get("s") == "50")


async def test_spending_on_a_budget_that_allows_it_is_booked_though_nothing_was_held(own_server: Server) -> None:
    process = Process(own_server.url, "one", deadline_s=0.05, lease=0)
    soft = budget(100, on_store_failure="allow")._replace(hard=False)
    async with process.running():
        await process.take([soft], [10])
        own_server.freeze()
        assert await process.ask([soft], [70], 66)
        own_server.thaw()
        await eventually(lambda: fields(own_server, KEY).get("s") == "66")
        assert (await process.counters.used([soft], 0.0)) == [(76, 10)]


async def test_a_restart_of_a_store_with_its_data_changes_nothing(durable_server: Server) -> None:
    process = Process(durable_server.url, "one", lease=0)
    cap = budget(1000)
    async with process.running():
        given = await process.take([AT_ONCE, cap], [1, 100])
        assert isinstance(given, Given)
        durable_server.kill()
        durable_server.start()
        await eventually(lambda: not process.counters.away)
        process.close([AT_ONCE, cap], [1, 100], 40, given)
        await eventually(lambda: fields(durable_server, KEY)["s"] == "40")
        await process.counters.leave()
        assert fields(durable_server, KEY) == {"s": "40", "h": "0", "u": "0"}


async def test_budgets_that_the_store_lost_are_rebuilt_from_records_and_the_spool_and_what_is_held_is_declared(
    own_server: Server,
) -> None:
    """Records know of the first two Receipts of one process and of none of the other."""
    cap = budget(1000)
    everyone: dict[str, Process] = {}

    async def records(name: BudgetName) -> tuple[int, dict[str, int]]:
        known = everyone["one"].spool[:2] if everyone else []
        return sum(cost for _, _, cost in known), {"one": len(known), "two": 0} if known else {}

    one, two = (Process(own_server.url, name, records=records, lease=0) for name in ("one", "two"))
    async with one.running(), two.running():
        for cost in (10, 20, 30):
            assert await one.ask([cap], [100], cost)
        assert await two.ask([cap], [100], 40)
        held = await two.take([cap], [200])
        assert isinstance(held, Given)
        await eventually(lambda: fields(own_server, KEY)["s"] == "100")
        everyone |= {"one": one, "two": two}
        own_server.kill()
        own_server.start()

        def rebuilt() -> bool:
            there = fields(own_server, KEY)
            return there.get("s") == "100" and there.get("p:two") == str(
                two.counters._share("acme").allotment(cap).granted
            )

        async def traffic() -> None:
            while not rebuilt():
                for process in (one, two):
                    if await process.ask([cap], [901], 0):
                        raise AssertionError("more was let through than the cap has left")
                    with contextlib.suppress(ConnectionError):
                        await process.counters.used([cap], 0.0)
                await asyncio.sleep(0.02)

        await asyncio.wait_for(traffic(), 15)
        two.close([cap], [200], 55, held)
        await eventually(lambda: fields(own_server, KEY)["s"] == "155")


async def test_what_a_process_held_when_it_was_killed_goes_back_at_its_next_start_though_nobody_asks(
    own_server: Server,
) -> None:
    first = Process(own_server.url, "one")
    async with first.running():
        assert await first.ask([budget(10_000)], [10], 4)
        await first.book()
    assert int(fields(own_server, KEY)["h"]) > 0
    async with Process(own_server.url, "one").running():
        await eventually(lambda: fields(own_server, KEY)["h"] == "0")
    assert fields(own_server, KEY)["s"] == "4"


async def test_a_process_that_is_killed_and_then_stopped_at_once_leaves_nothing_held(own_server: Server) -> None:
    first = Process(own_server.url, "one")
    async with first.running():
        assert await first.ask([budget(10_000)], [10], 4)
        await first.book()
    second = Process(own_server.url, "one")
    await second.counters.leave()
    await second.die()
    assert {name: fields(own_server, KEY)[name] for name in "shu"} == {"s": "4", "h": "0", "u": "0"}


async def test_a_process_that_stops_when_the_store_has_just_come_back_leaves_nothing_held(
    durable_server: Server,
) -> None:
    process = Process(durable_server.url, "one")
    assert await process.ask([budget(10_000)], [10], 4)
    await process.book()
    assert int(fields(durable_server, KEY)["h"]) > 0
    durable_server.kill()
    durable_server.start()
    await process.counters.leave()
    await process.die()
    assert {name: fields(durable_server, KEY)[name] for name in "shu"} == {"s": "4", "h": "0", "u": "0"}


async def test_what_is_granted_while_a_process_declares_what_it_holds_stays_held(own_server: Server) -> None:
    declaring: list[asyncio.Task[None]] = []

    async def declare_soon() -> None:
        await asyncio.sleep(draws.random() * 0.002)
        await process.declare()

    async def records(name: BudgetName) -> tuple[int, dict[str, int]]:
        declaring.append(asyncio.ensure_future(declare_soon()))
        return 0, {}

    draws = random.Random(7)
    process = Process(own_server.url, "one", records=records)
    for number in range(300):
        cap = budget(10_000)._replace(rule_id=f"cap-{number}")
        assert isinstance(await process.take([cap], [10]), Given)
        await asyncio.gather(*declaring)
        share = process.counters._shares["acme"]
        held = int(fields(own_server, KEY.replace("/cap/", f"/cap-{number}/"))["h"])
        assert held == share.allotment(cap).granted
    assert declaring
    await process.die()
