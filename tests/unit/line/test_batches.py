"""Batches under way: held for until they are over, settled once, at what they used or, where nobody knows, at what was held."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.line.world import PRICES
from tests.unit.line.test_kept import LINES, Office
from torana.core.call import Usage
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed
from torana.core.kept import BATCH, FILE, OPEN, SETTLED, Made, Wanted
from torana.line import batches
from torana.line.batches import Batches, prices_of
from torana.line.owners import Owners
from torana.ports.receipt import Receipt


async def begun() -> Office:
    office = Office()
    await office.uploaded()
    await office.begun()
    office.world.recorder.receipts.clear()
    return office


async def look(office: Office) -> None:
    await office.desk.batches.look(office.world.rooms)


def bills(office: Office) -> list[Receipt]:
    return [one for one in office.world.recorder.receipts if one.operation == "batch"]


def state(office: Office) -> str:
    return office.shelf.rows["acme", BATCH, "batch_1"].state


def again(office: Office, watcher: str = "w") -> None:
    """As after a restart: nothing is left but the rows."""
    old = office.desk.batches
    fresh = Batches(Owners(office.shelf), office.world.clock, old.new_id, old.bill, watcher)
    office.desk = replace(office.desk, owners=fresh.owners, batches=fresh)


async def test_a_batch_that_goes_on_stays_held_and_has_no_receipt() -> None:
    office = await begun()
    held = office.held
    await look(office)
    assert (office.held, bills(office), state(office)) == (held, [], OPEN)


async def test_what_it_used_is_what_it_costs() -> None:
    office = await begun()
    office.provider.says = Made(BATCH, "batch_1", over=True, usage=Usage(100, 0, 0, 40))
    office.world.clock.advance(3000)
    await look(office)
    (bill,) = bills(office)
    assert bill.cost_nano == (100 * PRICES.input_nano + 40 * PRICES.output_nano) // 1_000_000
    assert (bill.receipt_id, bill.request_id, bill.ending) == ("bill-1", "batch_1", "completed")
    assert (bill.model, bill.provider, bill.upstream_model, bill.key_id) == ("m", "p", "up-m", "key-1")
    assert bill.duration_ms == 3_000_000 and bill.budgets
    assert bill.at == office.shelf.rows["acme", BATCH, "batch_1"].created_at, "a second one would be known as the same"
    assert (office.held, office.world.tally.holds_open, state(office)) == (0, 0, SETTLED)
    await look(office)
    assert len(bills(office)) == 1


async def test_where_it_does_not_say_its_answers_are_asked() -> None:
    office = await begun()
    office.provider.says = Made(BATCH, "batch_1", over=True, outputs=("file-o", "file-e"))
    office.provider.wire = '{"status":"completed"}'
    office.bills[b"what the batch answered"] = Usage(7, 0, 0, 3)
    await look(office)
    assert (bills(office)[0].input_tokens, bills(office)[0].output_tokens) == (7, 3)
    owners = {row.id: row for row in office.shelf.rows.values() if row.kind == FILE}
    assert (owners["file-o"].tenant, owners["file-e"].credential) == ("acme", "c0ffee")


@pytest.mark.parametrize("told", [b"something else", b"what the batch answered"])
async def test_where_nobody_says_it_costs_what_was_held(told: bytes) -> None:
    office = await begun()
    held = office.held
    office.provider.says = Made(BATCH, "batch_1", over=True, outputs=("file-o",))
    office.bills[told] = None
    await look(office)
    (bill,) = bills(office)
    assert (bill.cost_nano, bill.ending, bill.usage_estimated) == (held, "unknown", True)


async def test_one_that_the_provider_forgot_costs_what_was_held() -> None:
    office = await begun()
    held = office.held
    office.provider.status = 404
    await look(office)
    assert bills(office)[0].cost_nano == held


async def test_one_that_cannot_be_asked_about_is_asked_again_and_given_up_after_days() -> None:
    office = await begun()
    held = office.held
    office.provider.fault = ConnectFailed()
    await look(office)
    assert (office.held, bills(office)) == (held, [])
    office.world.clock.advance(batches.GIVEN_UP_S + 1)
    await look(office)
    assert (office.held, bills(office)[0].cost_nano) == (0, held)


async def test_a_price_by_the_request_counts_for_every_line() -> None:
    office = await begun()
    row = office.shelf.rows["acme", BATCH, "batch_1"]
    one = office.world.snapshot.models["m"]
    priced = replace(office.world.snapshot, models={"m": replace(one, prices=replace(PRICES, request_nano=500))})
    found = prices_of(row, priced)
    assert found is not None and found.request_nano == 500 * LINES.requests


async def test_after_a_restart_it_is_held_for_again_even_beyond_the_budget_and_settled_once() -> None:
    office = await begun()
    held = office.held
    other = Office(budget=office.world.snapshot.budgets[0])
    other.shelf, other.world.clock = office.shelf, office.world.clock
    again(other)
    await look(other)
    assert other.held == held
    await look(other)
    assert other.held == held
    other.provider.says = Made(BATCH, "batch_1", over=True, usage=Usage(1, 0, 0, 1))
    await look(other)
    assert (other.held, len(bills(other)), state(other)) == (0, 1, SETTLED)


async def test_a_receipt_is_written_once_though_the_row_cannot_be_changed() -> None:
    office = await begun()
    office.provider.says = Made(BATCH, "batch_1", over=True, usage=Usage(1, 0, 0, 1))
    put = office.shelf.put

    def lost(kept):  # type: ignore[no-untyped-def]
        if kept.state == SETTLED:
            office.shelf.away = True
        put(kept)

    office.shelf.put = lost  # type: ignore[method-assign]
    await look(office)
    assert (len(bills(office)), state(office)) == (1, OPEN)
    office.shelf.away, office.shelf.put = False, put  # type: ignore[method-assign]
    await look(office)
    assert (len(bills(office)), state(office)) == (1, SETTLED)


async def test_of_two_processes_one_watches_and_the_other_takes_over_when_it_is_gone() -> None:
    office = await begun()
    other = Office()
    other.shelf, other.world.clock = office.shelf, office.world.clock
    again(other, "another")
    await look(office)
    await look(other)
    assert other.held == 0 and other.provider.asked == []
    office.world.clock.advance(batches.LEASE_S + 1)
    await look(other)
    assert other.held == office.held > 0
    await look(office)
    assert office.held == 0, "it holds no more for what another watches"
    assert office.world.recorder.receipts == []


async def test_while_none_is_open_no_provider_is_asked_and_one_that_begins_wakes_it() -> None:
    office = Office()
    office.desk.batches.every_s = 0.01
    task = asyncio.create_task(office.desk.batches.run(lambda: office.world.rooms))
    await asyncio.sleep(0.05)
    assert (office.shelf.asked, office.provider.asked) == (1, [])
    await office.uploaded()
    await office.begun()
    office.provider.says = Made(BATCH, "batch_1", over=True, usage=Usage(1, 0, 0, 1))
    async with asyncio.timeout(10):
        while not bills(office):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_held_is_given_back_when_the_process_ends() -> None:
    office = await begun()
    task = asyncio.create_task(office.desk.batches.run(lambda: office.world.rooms))
    await asyncio.sleep(0.05)
    assert office.held > 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (office.held, office.world.tally.holds_open, bills(office)) == (0, 0, [])


async def test_a_watch_that_begins_again_holds_again() -> None:
    office = await begun()
    held = office.held
    for _ in range(2):
        task = asyncio.create_task(office.desk.batches.run(lambda: office.world.rooms))
        await asyncio.sleep(0.05)
        assert office.held == held
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    office.provider.says = Made(BATCH, "batch_1", over=True, usage=Usage(1, 0, 0, 1))
    await look(office)
    assert len(bills(office)) == 1 and office.held == 0


async def test_a_look_while_it_is_being_made_does_not_hold_twice() -> None:
    office = Office()
    await office.uploaded()
    inside, go = asyncio.Event(), asyncio.Event()
    send = office.provider.send

    async def slow(attempt, prompt):  # type: ignore[no-untyped-def]
        inside.set()
        await go.wait()
        return await send(attempt, prompt)

    office.provider.send = slow  # type: ignore[method-assign]
    task = asyncio.create_task(office.begun())
    await inside.wait()
    held = office.held
    await look(office)
    assert office.held == held > 0
    go.set()
    await task
    office.provider.send = send  # type: ignore[method-assign]
    await look(office)
    assert office.held == held and list(office.desk.batches.open) == [("acme", "batch_1")]


async def test_asking_for_it_writes_down_its_files_before_the_answer_leaves() -> None:
    office = await begun()
    office.provider.says = Made(BATCH, "batch_1", over=True, outputs=("file-o",))
    office.provider.wire = '{"id":"batch_1","status":"completed"}'
    await office.ask(Wanted(BATCH, "read", "batch_1"))
    assert ("acme", FILE, "file-o") in office.shelf.rows
    assert office.shelf.rows["acme", BATCH, "batch_1"].shown == office.provider.wire.encode()


async def test_a_store_that_is_away_leaves_all_as_it_is() -> None:
    office = await begun()
    held = office.held
    office.shelf.away = True
    with pytest.raises(GatewayError):
        await look(office)
    assert office.held == held
