"""Budgets on the whole line: what is spent never passes a hard cap, whatever becomes of the requests."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import HANG, PRICES, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken, StatusFault
from torana.core.snapshot import BudgetRule, LimitRule
from torana.line.answer import answer
from torana.line.worth import cost_of

CAP = BudgetRule("cap", "key", None, 1_000_000, "month")
ASK = Ask("m", max_tokens=10)
STREAM = Ask("m", stream=True, max_tokens=10)


async def run(world: World, ask: Ask = ASK) -> bytes:
    closing = await answer(world.call(ask=ask), world.rooms)
    try:
        return b"".join([chunk.wire async for chunk in closing])
    finally:
        await closing.aclose()


def answering(usage: Usage) -> Script:
    return Script([text("x", usage=usage, finish="stop")])


def spent(world: World) -> int:
    return sum(receipt.cost_nano for receipt in world.recorder.receipts)


def test_nothing_here_is_free() -> None:
    assert cost_of(PRICES, Usage(uncached=1, output=1)) > 0


async def test_a_request_that_does_not_fit_is_refused_with_402_and_sends_nothing() -> None:
    world = World(snapshot(budgets=(replace(CAP, limit_nano=1),)))
    with pytest.raises(GatewayError) as refused:
        await run(world)
    assert (refused.value.status, refused.value.code) == (402, "BUDGET_EXCEEDED")
    assert world.sources == []
    assert world.recorder.receipts[0].ending == "refused"
    assert world.money_held() == world.tally.holds_open == 0


async def test_what_is_held_comes_back_but_for_what_was_used() -> None:
    provider = ScriptedProvider(answering(Usage(uncached=10, output=5)))
    world = World(snapshot(budgets=(CAP,)), {"p": provider})
    await run(world)
    (receipt,) = world.recorder.receipts
    assert receipt.cost_nano == cost_of(PRICES, Usage(uncached=10, output=5))
    assert receipt.held_nano > receipt.cost_nano
    assert world.money_held() == 0


async def test_a_soft_budget_lets_pass_what_a_hard_one_refuses() -> None:
    world = World(snapshot(budgets=(replace(CAP, limit_nano=1, hard=False),)))
    assert await run(world)


async def test_a_new_window_begins_at_nothing() -> None:
    provider = ScriptedProvider(answering(Usage(uncached=10, output=5)))
    one = cost_of(PRICES, Usage(uncached=10, output=5))
    world = World(snapshot(budgets=(replace(CAP, per="day", limit_nano=one + 200_000),), retries=0), {"p": provider})
    refused = 0
    for _ in range(50):
        try:
            await run(world)
        except GatewayError:
            refused += 1
    assert refused
    world.clock.advance(86_400)
    await run(world)


async def test_tokens_are_counted_as_used_not_as_feared() -> None:
    limits = (LimitRule("tokens", "key", None, "tokens", 60, 60.0),)
    provider = ScriptedProvider(answering(Usage(uncached=8, output=2)))
    world = World(snapshot(limits=limits), {"p": provider})
    for _ in range(3):
        await run(world)
    with pytest.raises(GatewayError) as refused:
        for _ in range(3):
            await run(world)
    assert refused.value.details["rule"] == "tokens"
    assert int(str(refused.value.details["current_count"])) <= 60


async def test_a_model_without_prices_is_refused_where_spending_is_capped() -> None:
    world = World(snapshot(model(prices=None), budgets=(CAP,)))
    with pytest.raises(GatewayError) as refused:
        await run(world)
    assert (refused.value.code, refused.value.status, refused.value.param) == ("PRICE_UNKNOWN", 402, "model")
    soft = World(snapshot(model(prices=None), budgets=(replace(CAP, hard=False),)))
    assert await run(soft)
    allowed = World(snapshot(model(prices=None), budgets=(CAP,), unknown_price="allow"))
    assert await run(allowed)


async def test_a_fallback_without_prices_is_refused_too() -> None:
    models = (replace(model("m"), prices=PRICES, fallbacks=("n",)), replace(model("n"), prices=None))
    with pytest.raises(GatewayError) as refused:
        await run(World(snapshot(*models, budgets=(CAP,))))
    assert refused.value.code == "PRICE_UNKNOWN"


class Notes:
    """A Journal that remembers."""

    def __init__(self) -> None:
        self.written: list[int] = []

    def opened(self, hold: Any, at: float) -> int:
        self.written.append(hold.amount_nano)
        return len(self.written) - 1


async def test_a_hold_against_a_hard_budget_is_written_down_and_no_other() -> None:
    for budget, written in ((CAP, 1), (replace(CAP, hard=False), 0)):
        world = World(snapshot(budgets=(budget,)))
        notes = Notes()
        limits = type(world.rooms.limits)(world.snapshot, world.counters, world.tally, world.clock, notes)
        world.rooms = replace(world.rooms, limits=limits)
        await run(world)
        assert len(notes.written) == written


SCRIPTS = st.sampled_from(
    [
        answering(Usage(uncached=20, output=10)),
        answering(Usage(uncached=1, output=1)),
        Script([text("a"), text("b", finish="stop")]),
        Script([text("a"), ConnectionBroken()]),
        Script(before=[ConnectFailed()]),
        Script(before=[StatusFault(500, b"")]),
        Script(before=[ConnectionBroken()]),
        Script([text("a"), HANG]),
    ]
)
LEAVES = st.none() | st.integers(1, 7)
"""Turns of the loop after which the caller hangs up."""


@given(
    scripts=st.lists(SCRIPTS, min_size=1, max_size=8),
    requests=st.lists(st.tuples(st.booleans(), LEAVES), min_size=1, max_size=6),
    cap=st.integers(0, 1_500_000),
)
async def test_what_is_spent_is_within_the_cap_in_every_ending_and_nothing_stays_held(
    scripts: list[Script], requests: list[tuple[bool, int | None]], cap: int
) -> None:
    world = World(
        snapshot(budgets=(replace(CAP, limit_nano=cap),), retries=1, breaker=None),
        {"p": ScriptedProvider(*[Script(one.steps, one.before) for one in scripts])},
    )

    async def one(stream: bool, leaves: int | None) -> None:
        task = asyncio.ensure_future(run(world, STREAM if stream else ASK))
        for _ in range(60 if leaves is None else leaves):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await asyncio.gather(*(one(*request) for request in requests))
    assert len(world.recorder.receipts) == len(requests)
    assert spent(world) <= cap
    assert world.money_held() == world.held_back() == world.tally.holds_open == 0
