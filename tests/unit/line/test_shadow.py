"""Copies of requests: who gets them, how many at once, and that the caller never notices."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.line.world import (
    HANG,
    KEY_ENTRY,
    PLAIN,
    PRICES,
    STREAM,
    Script,
    ScriptedProvider,
    World,
    model,
    snapshot,
    text,
)
from torana.core.call import Ask, Usage
from torana.core.faults import StatusFault
from torana.core.snapshot import Breaker, Deployment, Shadow
from torana.line.answer import answer
from torana.ports.receipt import Receipt

ASIDE = Deployment("s", "up-s", prices=PRICES)


def world_of(aside: Script = PLAIN, told: Shadow | None = None, **facts: Any) -> World:
    providers = {"p": ScriptedProvider(PLAIN), "s": ScriptedProvider(aside)}
    return World(snapshot(model("m", ("p",), shadow=told or Shadow(ASIDE, 1.0)), **facts), providers)


async def asked(world: World, ask: Ask | None = None, operation: str = "chat") -> Receipt:
    """The caller's own Receipt, after the copy had time to run."""
    call = world.call(ask=ask)
    call.operation = operation
    call.trail.operation = operation
    closing = await answer(call, world.rooms)
    async for _ in closing:
        pass
    for _ in range(10):
        await asyncio.sleep(0)
    return next(one for one in reversed(world.recorder.receipts) if one.operation != "shadow")


def copies(world: World) -> list[Receipt]:
    return [one for one in world.recorder.receipts if one.operation == "shadow"]


@pytest.mark.parametrize("ask", [Ask("m"), STREAM], ids=["plain", "stream"])
async def test_a_copy_is_read_to_its_end_and_has_a_receipt_of_its_own(ask: Ask) -> None:
    used = Usage(uncached=9, output=4)
    steps = [text("a"), text("b", usage=used, finish="stop")] if ask.stream else [text("a", usage=used)]
    world = world_of(Script(steps))
    own = await asked(world, ask)
    (copy,) = copies(world)
    assert (own.provider, [one.provider for one in own.attempts]) == ("p", ["p"])
    assert (copy.provider, copy.ending, copy.output_tokens) == ("s", "completed", 4)
    assert (copy.request_id, copy.tenant, copy.key_id) == (own.request_id, own.tenant, own.key_id)
    assert copy.cost_nano == 9 * 2_000 + 4 * 8_000
    assert world.tally.holds_open == 0


async def test_only_its_share_is_copied() -> None:
    marks = iter([0.2, 0.3, 0.29, 0.9])
    world = world_of(told=Shadow(ASIDE, 0.3))
    world.draws = lambda: next(marks)
    world.rooms = world.build()
    for _ in range(4):
        await asked(world)
    assert len(copies(world)) == 2


async def test_a_request_that_was_not_answered_is_not_copied() -> None:
    world = world_of()
    world.providers["p"].scripts = [Script(before=[StatusFault(400, b"{}")])]
    with pytest.raises(Exception, match="400"):
        await asked(world)
    assert copies(world) == [] and world.providers["s"].attempts == []


async def test_a_policy_or_a_key_that_forbids_it_is_heeded() -> None:
    for world in (world_of(shadows=False), world_of(key=replace(KEY_ENTRY, shadows=False))):
        await asked(world)
        assert world.providers["s"].attempts == []


async def test_what_is_not_safe_to_repeat_is_not_copied() -> None:
    world = world_of()
    await asked(world, operation="files")
    assert world.providers["s"].attempts == []


async def test_a_condition_keeps_other_callers_from_it() -> None:
    mine = replace(ASIDE, when=(("caller.team", "red"),))
    theirs = replace(ASIDE, when=(("caller.team", "blue"),))
    for aside, number in ((mine, 1), (theirs, 0)):
        world = world_of(told=Shadow(aside, 1.0))
        await asked(world)
        assert len(copies(world)) == number


async def test_no_more_than_so_many_run_at_once_and_the_rest_is_let_go() -> None:
    world = world_of(Script(before=[HANG]), Shadow(ASIDE, 1.0, at_once=2))
    for _ in range(5):
        assert (await asked(world)).ending == "completed"
    assert len(world.providers["s"].attempts) == 2
    world.pool.close()
    await world.pool.ended()
    assert [one.ending for one in copies(world)] == ["shutdown", "shutdown"]
    assert world.tally.holds_open == 0


async def test_the_end_of_the_process_ends_copies_and_lets_none_begin() -> None:
    world = world_of()
    world.pool.close()
    await asked(world)
    assert world.providers["s"].attempts == []


async def test_a_copy_has_a_deadline_of_its_own_which_says_nothing_of_the_deployment() -> None:
    told = Shadow(ASIDE, 1.0, deadline_s=0.01)
    world = world_of(Script([text("a"), HANG]), told, breaker=Breaker(failures=1))
    await asked(world, STREAM)
    while not copies(world):
        await asyncio.sleep(0.001)
    assert (copies(world)[0].ending, copies(world)[0].error_code) == ("deadline", "UPSTREAM_TIMEOUT")
    assert world.health.condition(ASIDE).breaker == "closed"
    assert world.health.busy(ASIDE) == 0


async def test_a_copy_is_tried_once_and_its_failure_is_nobody_elses() -> None:
    world = world_of(Script(before=[StatusFault(503, b"")]), retries=3)
    own = await asked(world)
    assert own.ending == "completed"
    (copy,) = copies(world)
    assert ([one.outcome for one in copy.attempts], copy.ending) == (["503"], "upstream_error")
    assert world.pauses == []


async def test_a_bug_in_a_copy_is_a_receipt_and_not_the_callers() -> None:
    world = world_of(Script(before=[ValueError("a bug")]))
    assert (await asked(world)).ending == "completed"
    assert [one.ending for one in copies(world)] == ["internal"]
    assert world.health.busy(ASIDE) == 0
