from __future__ import annotations

import pytest

from tests.unit.stores.valkey.process import Process, fields
from tests.unit.stores.valkey.test_counters import KEY, budget
from tests.valkey import Server
from torana.core.budget_name import BudgetName
from torana.ports.store import Given, Overrun
from torana.stores.valkey import StoreAway

NAME = KEY.partition("spend/")[2]


async def test_alerts_hear_of_every_amount_once_over_all_processes(valkey: Server) -> None:
    heard: list[tuple[int, int]] = []
    everyone = [Process(valkey.url, name) for name in ("one", "two")]
    for process in everyone:
        process.counters.listen(lambda charge, spent, before: heard.append((before, spent)))
        assert await process.ask([budget(100)], [50], 30)
        await process.book()
        await process.book()
    assert heard == [(0, 30), (30, 60)]
    for process in everyone:
        await process.die()


async def test_a_budget_that_is_not_there_begins_with_what_records_say_and_others_wait_for_who_holds_of_it(
    valkey: Server,
) -> None:
    async def records(name: BudgetName) -> tuple[int, dict[str, int]]:
        assert (name.rule_id, name.subject) == ("cap", "acme\0red\0day\x002026-01-01")
        return 90, {"one": 7}

    process = Process(valkey.url, "one", records=records, lease=0)
    assert isinstance(await process.take([budget(100)], [11]), Overrun)
    assert isinstance(await process.take([budget(100)], [10]), Given)
    await process.counters.books.book("acme", 9, [(7, NAME, 5), (8, NAME, 3)], before_us=False)
    assert fields(valkey, KEY)["s"] == "93", "the Receipt at 7 was in the records"
    await process.die()


async def test_a_budget_that_other_processes_may_hold_something_of_refuses_until_they_have_said_so(
    valkey: Server,
) -> None:
    async def records(name: BudgetName) -> tuple[int, dict[str, int]]:
        return 10, {"one": 7, "two": 9}

    process = Process(valkey.url, "one", records=records)
    refused = await process.take([budget(100)], [1])
    assert isinstance(refused, Overrun)
    assert refused.away
    valkey.ask("HDEL", KEY, "w")
    assert isinstance(await process.take([budget(100)], [1]), Given)
    await process.die()


async def test_a_budget_whose_records_cannot_be_read_is_as_if_the_store_were_away(valkey: Server) -> None:
    async def records(name: BudgetName) -> tuple[int, dict[str, int]]:
        raise ConnectionError("no database")

    process = Process(valkey.url, "one", records=records)
    refused = await process.take([budget(100)], [1])
    assert isinstance(refused, Overrun)
    assert refused.away
    assert isinstance(await process.take([budget(100)._replace(on_store_failure="allow")], [1]), Given)
    with pytest.raises(StoreAway):
        await process.counters.books.book("acme", 1, [(1, NAME, 5)], before_us=False)
    await process.die()


async def test_a_window_that_began_after_the_store_did_needs_no_records(valkey: Server) -> None:
    async def records(name: BudgetName) -> tuple[int, dict[str, int]]:
        raise AssertionError("asked")

    process = Process(valkey.url, "one", records=records)
    await process.take([budget(1)._replace(algorithm="held", window_s=0.0)], [1])
    assert isinstance(await process.take([budget(100, starts_at=3_900_000_000.0)], [1]), Given)
    await process.die()
