"""Two tries at once: when the second begins, who wins, and what is written of the other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.line.world import HANG, STREAM, Script, ScriptedProvider, World, model, quiet, snapshot, text
from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.core.snapshot import Hedge
from torana.line.answer import answer
from torana.ports.receipt import Receipt

SOON = Hedge(0.8)


def ticks(number: int) -> list[Any]:
    """Steps that take a while."""
    return [lambda: None] * number


def said(word: str, before: int = 0) -> Script:
    return Script([quiet(), text(word, usage=Usage(uncached=3, output=2), finish="stop")], before=ticks(before))


def world_of(*scripts: Script, hedge: Hedge | None = SOON, **facts: Any) -> World:
    """Deployments p, q, r play one script each; the second is asked when the first is slow."""
    providers = {name: ScriptedProvider(script) for name, script in zip("pqr", scripts, strict=False)}
    told = {"hedge": hedge, "breaker": None, **facts}
    return World(snapshot(model("m", tuple(providers)), **told), providers)


async def asked(world: World, ask: Ask = STREAM, **facts: Any) -> tuple[bytes, Receipt]:
    call = world.call(ask=ask)
    call.operation = facts.get("operation", "chat")
    call.dialect = facts.get("dialect", "openai_chat")
    closing = await answer(call, world.rooms)
    heard = b"".join([chunk.wire async for chunk in closing])
    for _ in range(5):
        await asyncio.sleep(0)
    return heard, world.recorder.receipts[-1]


def tried(receipt: Receipt) -> list[str]:
    return [f"{one.provider} {one.outcome}" for one in receipt.attempts]


async def test_a_first_that_answers_in_time_is_alone() -> None:
    world = world_of(said("p"), said("q"))
    _, receipt = await asked(world)
    assert tried(receipt) == ["p ok"]
    assert world.providers["q"].attempts == []


async def test_a_second_that_is_sooner_answers_and_the_first_is_given_up() -> None:
    world = world_of(Script(before=[HANG]), said("q"))
    heard, receipt = await asked(world)
    assert heard.endswith(b"q")
    assert tried(receipt) == ["p outrun", "q ok"]
    assert world.pauses == [0.8]


async def test_a_first_that_is_sooner_after_all_answers_and_the_second_is_given_up() -> None:
    heard, receipt = await asked(world_of(said("p", 8), Script([quiet(), HANG])))
    assert heard.endswith(b"p")
    assert tried(receipt) == ["q outrun", "p ok"]


async def test_a_first_that_fails_in_time_is_followed_by_the_next_as_ever() -> None:
    _, receipt = await asked(world_of(Script(before=[StatusFault(500, b"")]), said("q")))
    assert tried(receipt) == ["p 500", "q ok"]


async def test_a_second_that_fails_leaves_the_first_alone() -> None:
    _, receipt = await asked(world_of(said("p", 12), Script(before=[StatusFault(500, b"")])))
    assert tried(receipt) == ["q 500", "p ok"]


async def test_when_both_fail_the_third_is_tried_and_not_hedged() -> None:
    world = world_of(
        Script(before=[*ticks(6), StatusFault(500, b"")]), Script(before=[StatusFault(503, b"")]), said("r", 9)
    )
    _, receipt = await asked(world)
    assert tried(receipt) == ["p 500", "q 503", "r ok"]
    assert world.pauses == [0.8]


async def test_a_refusal_of_the_request_is_told_although_the_other_failed_later() -> None:
    world = world_of(
        Script(before=[*ticks(6), StatusFault(400, b"{}")]),
        Script(before=[*ticks(9), StatusFault(503, b"")]),
        said("r"),
    )
    with pytest.raises(GatewayError) as caught:
        await asked(world)
    assert caught.value.status == 400
    assert world.providers["r"].attempts == [], "nobody else is asked what is wrong in itself"


async def test_a_fault_of_ours_ends_both_and_is_raised() -> None:
    world = world_of(Script(before=[*ticks(6), ValueError("a bug")]), Script(before=[HANG]))
    with pytest.raises(ValueError, match="a bug"):
        await asked(world)
    for one in world.snapshot.models["m"].deployments:
        assert world.health.busy(one) in (0, 1)
    await asyncio.sleep(0)
    assert [world.health.busy(one) for one in world.snapshot.models["m"].deployments] == [0, 0]


async def test_a_fallback_model_is_no_second_try() -> None:
    providers = {"p": ScriptedProvider(said("p", 9)), "q": ScriptedProvider(said("q"))}
    known = snapshot(model("m", ("p",), fallbacks=("n",)), model("n", ("q",)), hedge=Hedge(0.8))
    _, receipt = await asked(World(known, providers))
    assert tried(receipt) == ["p ok"]


@pytest.mark.parametrize(
    ("operation", "dialect"), [("files", "files"), ("passthrough", "passthrough"), ("chat", "openai_responses")]
)
async def test_what_is_not_safe_to_repeat_is_not_repeated(operation: str, dialect: str) -> None:
    world = world_of(said("p", 9), said("q"))
    _, receipt = await asked(world, operation=operation, dialect=dialect)
    assert tried(receipt) == ["p ok"]


async def test_two_dialects_and_a_plain_answer_are_hedged_alike() -> None:
    for ask, dialect in ((Ask("m", max_tokens=9), "anthropic_messages"), (STREAM, "anthropic_messages")):
        _, receipt = await asked(world_of(Script(before=[HANG]), said("q")), ask, dialect=dialect)
        assert tried(receipt) == ["p outrun", "q ok"]


async def test_the_hold_is_for_two_whole_answers_where_two_may_be_asked() -> None:
    ask = Ask("m", max_tokens=100)
    _, with_hedge = await asked(world_of(said("p"), said("q")), ask)
    _, without = await asked(world_of(said("p"), said("q"), hedge=None), ask)
    _, unrepeated = await asked(world_of(said("p"), said("q")), ask, operation="files")
    assert with_hedge.held_nano > 1.8 * without.held_nano
    assert unrepeated.held_nano == without.held_nano


async def test_by_percentile_nobody_is_hedged_until_enough_is_known() -> None:
    world = world_of(said("p"), said("q"), hedge=Hedge(None))
    (first, _) = world.snapshot.models["m"].deployments
    for _ in range(20):
        await asked(world)
    assert world.health.slow_s(first, 0.95) == 0.0
    world.providers["p"].scripts = [Script(before=[lambda: world.clock.advance(2.0), HANG])]
    _, receipt = await asked(world)
    assert tried(receipt) == ["p outrun", "q ok"]
    assert world.health.slow_s(first, 1.0) == 2.0, "what was given up took that long at least"


async def test_the_end_of_the_process_waits_for_what_was_given_up() -> None:
    world = world_of(Script([HANG]), said("q"))
    closing = await answer(world.call(ask=STREAM), world.rooms)
    async for _ in closing:
        pass
    assert await world.rooms.walker.races.running.ended(60.0)
    assert [source.given_back for source in world.providers["p"].sources] == [True]
