"""Plays of a provider's bad day: the whole line, scripted providers, a clock that moves when told."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.line.world import HANG, PLAIN, STREAM, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.faults import ConnectionBroken, FirstTokenTimeout, StatusFault, UpstreamFault
from torana.core.snapshot import Breaker
from torana.line.answer import answer
from torana.ports.receipt import Receipt

BREAKER = Breaker(failures=3, window_s=30.0, open_s=20.0)


def world_of(*scripts: Script, second: tuple[Script, ...] = (PLAIN,), breaker: Breaker | None = BREAKER) -> World:
    """Provider ``p`` is tried first and plays ``scripts``; ``q`` is its stand-in."""
    providers = {"p": ScriptedProvider(*scripts), "q": ScriptedProvider(*second)}
    return World(snapshot(model("m", ("p", "q")), breaker=breaker), providers)


async def asked(world: World, ask: Ask | None = None) -> Receipt:
    """The Receipt of one request, whatever became of it."""
    with contextlib.suppress(GatewayError):
        closing = await answer(world.call(ask=ask), world.rooms)
        try:
            async for _ in closing:
                pass
        finally:
            await closing.aclose()
    return world.recorder.receipts[-1]


def tried(receipt: Receipt) -> list[str]:
    return [f"{one.provider} {one.outcome}" for one in receipt.attempts]


def failing(*faults: UpstreamFault) -> Script:
    return Script(before=faults)


@pytest.mark.parametrize("fault", [StatusFault(500, b""), FirstTokenTimeout(), ConnectionBroken()], ids=str)
async def test_after_so_many_failures_the_second_deployment_is_tried_first_and_the_first_is_dropped(
    fault: UpstreamFault,
) -> None:
    world = world_of(failing(fault))
    for _ in range(3):
        receipt = await asked(world)
        assert len(receipt.attempts) == 2 and receipt.ending == "completed"
        assert receipt.dropped == []
    receipt = await asked(world)
    assert tried(receipt) == ["q ok"]
    ((provider, name, reason),) = receipt.dropped
    assert (provider, name) == ("p", "up-m")
    assert reason.startswith("breaker open until ")


async def test_after_its_rest_one_request_probes_it_and_the_others_pass_it_by() -> None:
    world = world_of(failing(StatusFault(503, b"")))
    for _ in range(3):
        await asked(world)
    world.clock.advance(20.0)
    world.providers["p"].scripts = [Script(before=[HANG])]
    probe = asyncio.create_task(asked(world))
    for _ in range(5):
        await asyncio.sleep(0)
    for _ in range(3):
        receipt = await asked(world)
        assert tried(receipt) == ["q ok"]
        assert "probe is under way" in receipt.dropped[0].reason
    assert len(world.providers["p"].attempts) == 4
    probe.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await probe
    world.providers["p"].scripts = [PLAIN]
    assert tried(await asked(world)) == ["p ok"], "the probe told nothing: the next request is one"
    assert tried(await asked(world)) == ["p ok"]


async def test_a_probe_that_fails_is_answered_by_the_stand_in_and_the_rest_begins_anew() -> None:
    world = world_of(failing(StatusFault(503, b"")))
    for _ in range(3):
        await asked(world)
    world.clock.advance(20.0)
    receipt = await asked(world)
    assert tried(receipt) == ["p 503", "q ok"] and receipt.ending == "completed"
    world.clock.advance(19.0)
    assert tried(await asked(world)) == ["q ok"]
    world.clock.advance(1.0)
    assert tried(await asked(world)) == ["p 503", "q ok"]


async def test_requests_at_fault_and_refused_credentials_open_nothing() -> None:
    for status in (400, 401, 404, 422):
        world = world_of(failing(StatusFault(status, b"{}")))
        for _ in range(10):
            assert tried(await asked(world))[0] == f"p {status}"


async def test_a_provider_that_asks_for_quiet_gets_it() -> None:
    world = world_of(failing(StatusFault(429, b"", retry_after_s=30.0)))
    assert tried(await asked(world)) == ["p 429", "q ok"]
    receipt = await asked(world)
    assert tried(receipt) == ["q ok"]
    assert receipt.dropped[0].reason.startswith("cooling down until ")
    world.clock.advance(30.0)
    world.providers["p"].scripts = [PLAIN]
    assert tried(await asked(world)) == ["p ok"]


async def test_streams_that_break_after_their_first_content_count_too() -> None:
    broken = Script([text("data: a\n\n"), ConnectionBroken()])
    world = world_of(broken, second=(Script([text("data: a\n\n")]),))
    for _ in range(3):
        receipt = await asked(world, STREAM)
        assert (tried(receipt), receipt.ending) == (["p ok"], "upstream_broken")
    assert tried(await asked(world, STREAM)) == ["q ok"]


async def test_with_all_of_them_down_the_request_is_still_tried_once() -> None:
    world = world_of(failing(StatusFault(500, b"")), second=(failing(StatusFault(500, b"")),))
    for _ in range(3):
        assert tried(await asked(world)) == ["p 500", "q 500"]
    receipt = await asked(world)
    assert tried(receipt) == ["p 500"]
    assert receipt.error_code == "UPSTREAM_ERROR"
    world.providers["p"].scripts = [PLAIN]
    assert (await asked(world)).ending == "completed"


async def test_the_breaker_outlives_a_new_snapshot() -> None:
    world = world_of(failing(StatusFault(500, b"")))
    for _ in range(3):
        await asked(world)
    world.rooms = world.build()
    assert tried(await asked(world)) == ["q ok"]


async def test_without_a_breaker_the_first_is_tried_each_time() -> None:
    world = world_of(failing(StatusFault(500, b"")), breaker=None)
    for _ in range(10):
        assert tried(await asked(world)) == ["p 500", "q ok"]


@pytest.mark.parametrize(
    "script",
    [
        PLAIN,
        failing(StatusFault(500, b"")),
        failing(StatusFault(400, b"{}")),
        Script(before=[ValueError("a bug")]),
        Script([text("data: a\n\n"), ConnectionBroken()]),
        Script([text("data: a\n\n"), ValueError("a bug")]),
    ],
    ids=["well", "500", "400", "bug", "broken", "late bug"],
)
@pytest.mark.parametrize("ask", [STREAM, Ask("m")], ids=["stream", "plain"])
async def test_however_a_request_ends_nothing_stays_in_flight(script: Script, ask: Ask) -> None:
    world = world_of(script)
    with contextlib.suppress(ValueError):
        await asked(world, ask)
    first, second = world.snapshot.models["m"].deployments
    assert (world.health.busy(first), world.health.busy(second)) == (0, 0)


async def test_a_stream_is_in_flight_until_its_end_and_a_caller_who_leaves_ends_it() -> None:
    world = world_of(Script([text("data: a\n\n"), text("data: b\n\n")]))
    (first, _) = world.snapshot.models["m"].deployments
    closing = await answer(world.call(ask=STREAM), world.rooms)
    await anext(closing)
    assert world.health.busy(first) == 1
    await closing.aclose()
    assert world.health.busy(first) == 0


async def test_a_deployment_that_had_little_of_the_time_is_not_blamed_for_the_deadline() -> None:
    world = world_of(Script(before=[HANG]), breaker=Breaker(failures=1))
    world.snapshot = snapshot(model("m", ("p", "q")), breaker=Breaker(failures=1), deadline_s=0.02)
    world.rooms = world.build()
    (first, _) = world.snapshot.models["m"].deployments
    await asked(world, STREAM)
    assert world.health.condition(first).breaker == "closed", "by its clock no time passed"
    world.providers["p"].scripts = [Script(before=[lambda: world.clock.advance(0.015), HANG])]
    await asked(world, STREAM)
    assert world.health.condition(first).breaker == "open"
