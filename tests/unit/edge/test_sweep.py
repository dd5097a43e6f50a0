"""The sweep ends bodies that dawdle and answers under a revoked key, each once, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.line.asgi import Visit, body_of, house_of, turns
from tests.line.world import HANG, HASH_KEY, KEY_ENTRY, Script, ScriptedProvider, World, snapshot, text
from torana.core.snapshot import IssuerEntry
from torana.core.tickets import Caller
from torana.core.tokens import BY_ID, Revocation, Revoked, Token
from torana.edge.house import Bounds, House
from torana.edge.sweep import EVERY_S, leave, sweep, sweep_on
from torana.line.bearers import Bearers
from torana.line.identify import Gate

A = text("data: a\n\n")


async def streaming(world: World) -> tuple[House, asyncio.Task[Visit], Visit]:
    house = house_of(world, Bounds(body_timeout_s=5.0))
    visit = Visit(house, body=[body_of(stream=True)])
    task = visit.start()
    await turns(20)
    assert not task.done()
    return house, task, visit


def world_with_a_stream() -> World:
    return World(providers={"p": ScriptedProvider(Script([A, HANG]))})


async def test_a_stream_under_a_key_that_was_revoked_meanwhile_is_ended_and_told() -> None:
    world = world_with_a_stream()
    house, task, visit = await streaming(world)
    sweep(house)
    await turns()
    assert not task.done()
    world.snapshot = snapshot(key=replace(KEY_ENTRY, revoked=True))
    house.rooms = world.build()
    sweep(house)
    await asyncio.wait_for(task, 5)
    assert b"TOKEN_REVOKED" in visit.text
    (receipt,) = world.recorder.receipts
    assert (receipt.ending, receipt.error_code) == ("revoked", "TOKEN_REVOKED")


async def test_another_callers_revocation_ends_nothing() -> None:
    world = world_with_a_stream()
    house, task, visit = await streaming(world)
    (trail,) = house.running.values()
    other = replace(KEY_ENTRY, key_id="key-2")
    trail.caller = Caller("acme", "key-2", other)
    revoked = snapshot(key=replace(KEY_ENTRY, revoked=True))
    world.snapshot = replace(revoked, keys={**revoked.keys, b"2": other})
    house.rooms = world.build()
    sweep(house)
    await turns()
    assert not task.done()
    visit.hang_up()
    await asyncio.wait_for(task, 5)


async def test_an_answer_may_take_longer_than_a_body() -> None:
    world = world_with_a_stream()
    house, task, visit = await streaming(world)
    world.clock.advance(3600)
    sweep(house)
    await turns()
    assert not task.done()
    visit.hang_up()
    await asyncio.wait_for(task, 5)


async def test_who_is_leaving_is_not_cancelled_again() -> None:
    world = world_with_a_stream()
    house, task, _ = await streaming(world)
    (running,) = house.running.items()
    leave(*running, "shutdown")
    leave(*running, "revoked")
    assert task.cancelling() == 1
    await asyncio.wait_for(task, 5)
    assert world.recorder.receipts[0].ending == "shutdown"


async def test_an_empty_house_is_swept_without_harm() -> None:
    sweep(house_of(World()))


async def test_it_sweeps_until_it_is_cancelled() -> None:
    world = world_with_a_stream()
    house, task, _ = await streaming(world)
    sweeper = asyncio.create_task(sweep_on(house))
    world.snapshot = snapshot(key=replace(KEY_ENTRY, revoked=True))
    house.rooms = world.build()
    await asyncio.wait_for(task, EVERY_S + 10)
    assert not sweeper.done()
    sweeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sweeper


async def test_a_stream_under_a_key_that_was_removed_meanwhile_is_ended() -> None:
    world = world_with_a_stream()
    house, task, visit = await streaming(world)
    world.snapshot = replace(snapshot(), keys={})
    house.rooms = world.build()
    sweep(house)
    await asyncio.wait_for(task, 5)
    assert b"TOKEN_REVOKED" in visit.text


async def test_a_stream_under_a_token_that_was_revoked_meanwhile_is_ended_and_told() -> None:
    world = world_with_a_stream()
    house, task, visit = await streaming(world)
    (trail,) = house.running.values()
    assert trail.caller is not None
    trail.caller = replace(trail.caller, token=Token("iss", "ann", "t1", None, 9e9, {}))
    revoked = Revoked()
    world.snapshot = replace(snapshot(), issuers={"iss": IssuerEntry("iss", "acme")})
    bearers = Bearers(world.snapshot, NoTokens(), revoked)
    house.rooms = world.build(gate=Gate({}, HASH_KEY, world.clock, bearers=bearers))
    sweep(house)
    await turns()
    assert not task.done()
    revoked.take([Revocation("acme", BY_ID, "t1")])
    sweep(house)
    await asyncio.wait_for(task, 5)
    assert b"TOKEN_REVOKED" in visit.text
    assert world.recorder.receipts[0].ending == "revoked"


class NoTokens:
    """Verifies nothing: the token was verified before."""

    epoch = 0

    async def verify(self, digest: bytes, text: str) -> Token:
        raise AssertionError("nobody asks")
