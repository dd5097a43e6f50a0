"""What providers cannot count is estimated here: by nobody's leave but the line's, and for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.line.world import AT_ONCE, BODY, PRICES, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.call import Ask, Chunk, Usage
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.core.snapshot import BudgetRule, LimitRule
from torana.line.answer import answer

CANNOT = GatewayError("CAPABILITY_MISSING", "no counts here", details={"missing": ["count_tokens"]})
COUNT = Ask(
    "m", max_tokens=0, counted_bytes=0, estimated=lambda body: Chunk(b"%d" % len(body), True, Usage(), "counted")
)
COUNTED = Script([text("native", usage=Usage(), finish="counted")])
PER_REQUEST = replace(PRICES, request_nano=1_000_000)


def unable() -> ScriptedProvider:
    return ScriptedProvider(Script(before=[CANNOT]))


async def counted(world: World, body: bytes = BODY) -> tuple[bytes, dict[str, str]]:
    closing = await answer(world.call(body, COUNT), world.rooms)
    wire = b"".join([chunk.wire async for chunk in closing])
    return wire, dict(closing.reply.headers)


@pytest.mark.parametrize("body", [BODY, BODY + b" " * 100_000])
async def test_an_estimate_says_that_it_is_one_costs_nothing_and_is_written_down(body: bytes) -> None:
    prices: dict[str, Any] = {"prices": PER_REQUEST}
    world = World(snapshot(model(**prices), limits=(AT_ONCE,)), {"p": unable()})
    assert await counted(world, body) == (b"%d" % len(body), {"x-torana-estimated": "true"})
    (receipt,) = world.recorder.receipts
    assert (receipt.status, receipt.ending, receipt.cost_nano, receipt.held_nano) == (200, "completed", 0, 0)
    assert (receipt.input_tokens, receipt.output_tokens) == (0, 0)
    assert world.sources == [] and world.held_back() == world.tally.holds_open == 0


async def test_a_count_of_a_provider_is_free_too_where_requests_have_a_price() -> None:
    world = World(snapshot(model(prices=PER_REQUEST)), {"p": ScriptedProvider(COUNTED)})
    assert await counted(world) == (b"native", {})
    assert world.recorder.receipts[0].cost_nano == 0


async def test_a_budget_that_is_used_up_or_knows_no_price_keeps_nobody_from_counting() -> None:
    cap = BudgetRule("cap", "key", None, 1, "month")
    for prices in (PRICES, PER_REQUEST, None):
        world = World(snapshot(model(prices=prices), budgets=(cap,)), {"p": unable()})
        assert (await counted(world))[1]
        assert world.money_held() == 0


async def test_counts_are_limited_as_requests_are_and_take_no_tokens() -> None:
    requests = LimitRule("two", "key", None, "requests", 2, 3600.0)
    tokens = LimitRule("few", "key", None, "tokens", 1, 3600.0)
    world = World(snapshot(limits=(requests, tokens)), {"p": unable()})
    await counted(world)
    await counted(world)
    with pytest.raises(GatewayError) as refused:
        await counted(world)
    assert (refused.value.code, refused.value.details["rule"]) == ("RATE_LIMIT_EXCEEDED", "two")


async def test_another_provider_of_the_model_that_counts_comes_first() -> None:
    world = World(snapshot(model("m", ("p", "q"))), {"p": unable(), "q": ScriptedProvider(COUNTED)})
    assert await counted(world) == (b"native", {})


async def test_another_model_is_never_asked_to_count() -> None:
    models = (model("m", ("p",), fallbacks=("n",)), model("n", ("q",)))
    world = World(snapshot(*models), {"p": unable(), "q": ScriptedProvider(COUNTED)})
    assert (await counted(world))[1] == {"x-torana-estimated": "true"}
    assert world.sources == []


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_host_that_speaks_the_dialect_and_does_not_count_is_one_that_cannot(status: int) -> None:
    world = World(snapshot(), {"p": ScriptedProvider(Script(before=[StatusFault(status, b"")]))})
    assert (await counted(world))[1] == {"x-torana-estimated": "true"}
    assert world.tally.holds_open == 0


@pytest.mark.parametrize("status", [400, 429, 500])
async def test_a_provider_that_counts_and_failed_is_an_error(status: int) -> None:
    world = World(snapshot(), {"p": ScriptedProvider(Script(before=[StatusFault(status, b"")]))})
    with pytest.raises(GatewayError):
        await counted(world)
