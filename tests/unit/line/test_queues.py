"""Places around tries: taken before, given back in every ending, waited for in time, and elsewhere where there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.line.world import HANG, PLAIN, STREAM, Script, ScriptedProvider, World, model, quiet, snapshot, text
from torana.core.call import Ask
from torana.core.capacity import Capacity, PriorityRule, QueueRules
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken, StatusFault
from torana.core.snapshot import Hedge, Shadow
from torana.line.answer import answer
from torana.line.settle import Closing
from torana.strategies import priority

GOOD = Script([text("data: a\n\n"), text("data: b\n\n", finish="stop")])
ONE = {("p", ""): Capacity(1)}
BOTH = {("p", ""): Capacity(1), ("q", ""): Capacity(1)}


def world_of(*scripts: Script, second: Sequence[Script] = (), strategy: str = "priority", **facts: object) -> World:
    """One place at the provider ``p``, unless ``facts`` say otherwise; ``q`` is the model's second where it has scripts."""
    providers = {"p": ScriptedProvider(*scripts)}
    if second:
        providers["q"] = ScriptedProvider(*second)
    entry = model("m", tuple(providers), strategy=strategy)
    orders = {"priority": priority.order, "sticky": priority.order}
    return World(snapshot(entry, **{"capacities": ONE, **facts}), providers, strategies=orders)


def in_use(world: World) -> int:
    return sum(one.in_use for one in world.queues.survey())


def waiting(world: World) -> int:
    return sum(sum(one.waiting.values()) for one in world.queues.survey())


async def read(closing: Closing) -> None:
    try:
        async for _ in closing:
            pass
    finally:
        await closing.aclose()


async def whole(world: World, ask: Ask = STREAM) -> None:
    await read(await answer(world.call(ask=ask), world.rooms))


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0)


async def test_an_answer_has_its_place_until_its_end_and_the_next_begins_then() -> None:
    world = world_of(GOOD)
    first = await answer(world.call(ask=STREAM), world.rooms)
    second = asyncio.create_task(whole(world))
    await until(lambda: waiting(world))
    assert (in_use(world), len(world.providers["p"].attempts)) == (1, 1)
    await read(first)
    await second
    assert (in_use(world), waiting(world), len(world.providers["p"].attempts)) == (0, 0, 2)


@pytest.mark.parametrize(
    "script",
    [
        PLAIN,
        GOOD,
        Script(before=[ConnectFailed()]),
        Script(before=[StatusFault(400, b"")]),
        Script(before=[StatusFault(500, b"")]),
        Script(before=[GatewayError("REQUEST_INVALID", "no")]),
        Script(before=[RuntimeError("a bug")]),
        Script([quiet(), ConnectionBroken()]),
        Script([text("a"), ConnectionBroken()]),
        Script([text("a"), RuntimeError("a bug")]),
        Script([]),
    ],
    ids=["whole", "stream", "connect", "400", "500", "refused", "bug", "early", "late", "late-bug", "empty"],
)
@pytest.mark.parametrize("retries", [0, 2])
async def test_every_ending_gives_the_place_back(script: Script, retries: int) -> None:
    world = world_of(script, retries=retries)
    with suppress(Exception):  # any ending
        await whole(world)
    assert (in_use(world), waiting(world)) == (0, 0)
    assert all(source.given_back for source in world.sources)


@pytest.mark.parametrize("script", [Script(before=[HANG]), Script([HANG]), Script([text("a"), HANG])])
async def test_a_caller_who_hangs_up_gives_the_place_back(script: Script) -> None:
    world = world_of(script)
    task = asyncio.create_task(whole(world))
    await until(lambda: in_use(world))
    for _ in range(9):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert in_use(world) == 0


async def test_a_caller_who_hangs_up_leaves_the_queue_at_once_and_nothing_was_sent() -> None:
    world = world_of(GOOD)
    first = await answer(world.call(ask=STREAM), world.rooms)
    second = asyncio.create_task(whole(world))
    await until(lambda: waiting(world))
    second.cancel()
    await asyncio.wait({second})
    assert waiting(world) == 0
    assert (world.recorder.receipts[0].ending, world.recorder.receipts[0].attempts) == ("client_gone_early", [])
    await read(first)
    assert in_use(world) == 0


async def test_a_place_that_comes_as_its_caller_leaves_goes_to_the_next() -> None:
    world = world_of(GOOD)
    first = await answer(world.call(ask=STREAM), world.rooms)
    second, third = (asyncio.create_task(whole(world)) for _ in range(2))
    await until(lambda: waiting(world) == 2)
    await first.aclose()  # gives the second its place; it is cancelled before it can run
    second.cancel()
    await asyncio.wait({second, third})
    assert (second.cancelled(), third.exception(), in_use(world)) == (True, None, 0)


async def test_who_waits_until_his_deadline_is_told_the_queue_and_when_to_come_back() -> None:
    world = world_of(GOOD, deadline_s=0.01)
    first = await answer(world.call(ask=STREAM), world.rooms)
    with pytest.raises(GatewayError) as caught:
        await whole(world)
    assert (caught.value.code, caught.value.status, caught.value.retry_after_s) == ("OVERLOADED", 503, 2.0)
    assert caught.value.details == {"queue": "normal", "at": "p", "waiting": 1}
    assert (world.recorder.receipts[0].ending, world.recorder.receipts[0].cost_nano) == ("refused", 0)
    assert waiting(world) == 0
    await first.aclose()


async def test_a_full_queue_is_said_at_once_by_name() -> None:
    world = world_of(GOOD, queue=QueueRules(most=0))
    first = await answer(world.call(ask=STREAM), world.rooms)
    with pytest.raises(GatewayError, match="p is at its capacity, and the queue of the class normal is full") as caught:
        await whole(world)
    assert caught.value.retry_after_s == 1.0
    assert world.queues.waited["normal"].refused == 1
    await first.aclose()


async def test_another_deployment_of_the_model_that_has_room_is_used_at_once() -> None:
    world = world_of(GOOD, second=[GOOD])
    first = await answer(world.call(ask=STREAM), world.rooms)
    second = await answer(world.call(ask=STREAM), world.rooms)
    assert (first.reply.attempt.deployment.provider, second.reply.attempt.deployment.provider) == ("p", "q")
    await first.aclose()
    await second.aclose()


async def test_who_waits_takes_whichever_deployment_of_the_model_is_free_first() -> None:
    world = world_of(GOOD, second=[GOOD], capacities=BOTH)
    first, second = [await answer(world.call(ask=STREAM), world.rooms) for _ in range(2)]
    third = asyncio.create_task(answer(world.call(ask=STREAM), world.rooms))
    await until(lambda: waiting(world) == 2)
    await second.aclose()
    assert (await third).reply.attempt.deployment.provider == "q"
    assert waiting(world) == 0
    await first.aclose()
    await (await third).aclose()
    assert in_use(world) == 0


async def test_a_strategy_that_stays_waits_though_another_deployment_has_room() -> None:
    world = world_of(GOOD, second=[GOOD], strategy="sticky")
    first = await answer(world.call(ask=STREAM), world.rooms)
    second = asyncio.create_task(answer(world.call(ask=STREAM), world.rooms))
    await until(lambda: waiting(world))
    await first.aclose()
    assert (await second).reply.attempt.deployment.provider == "p"
    await (await second).aclose()


async def test_a_fallback_model_is_asked_when_the_queue_is_full() -> None:
    providers = {"p": ScriptedProvider(GOOD), "q": ScriptedProvider(GOOD)}
    models = (model("m", fallbacks=("n",)), model("n", ("q",)))
    world = World(snapshot(*models, capacities=ONE, queue=QueueRules(most=0)), providers)
    first = await answer(world.call(ask=STREAM), world.rooms)
    second = await answer(world.call(ask=STREAM), world.rooms)
    assert second.reply.attempt.fallback
    await first.aclose()
    await second.aclose()


async def test_a_retry_lets_others_go_while_it_pauses() -> None:
    seen: list[int] = []
    world = world_of(Script(before=[StatusFault(503, b"")]), GOOD, retries=1)

    async def pause(seconds: float) -> None:
        seen.append(in_use(world))

    world.rooms.walker._sleep = pause
    await whole(world)
    assert seen == [0]
    assert in_use(world) == 0


async def test_the_loser_of_a_race_gives_its_place_back_and_the_winner_keeps_its_own() -> None:
    world = world_of(Script(before=[HANG]), second=[GOOD], capacities=BOTH, hedge=Hedge(0.0))
    closing = await answer(world.call(ask=STREAM), world.rooms)
    assert closing.reply.attempt.deployment.provider == "q"
    await until(lambda: in_use(world) == 1)
    await closing.aclose()
    assert in_use(world) == 0


async def test_no_hedge_waits_nor_passes_those_who_do() -> None:
    world = world_of(Script([*[quiet()] * 50, text("late")]), second=[GOOD], capacities=BOTH, hedge=Hedge(0.0))
    other = world.queues.of(world.snapshot.models["m"].deployments[1])
    assert other is not None
    slot = other.take()
    assert slot is not None
    closing = await answer(world.call(ask=STREAM), world.rooms)
    assert closing.reply.attempt.deployment.provider == "p"
    assert (world.providers["q"].attempts, world.queues.waited) == ([], {})
    await closing.aclose()
    slot.give_back()
    assert in_use(world) == 0


async def test_a_shadow_takes_a_place_that_is_free_and_waits_for_none() -> None:
    providers = {"p": ScriptedProvider(GOOD), "q": ScriptedProvider(GOOD)}
    entry = model("m")
    where = replace(entry.deployments[0], provider="q")
    world = World(
        snapshot(replace(entry, shadow=Shadow(where, 1.0)), capacities={("q", where.model): Capacity(1)}), providers
    )
    queue = world.queues.of(where)
    assert queue is not None
    slot = queue.take()
    assert slot is not None
    await whole(world)
    await world.pool.ended()
    assert (providers["q"].attempts, queue.turns.sizes()) == ([], {"normal": 0})
    slot.give_back()
    await whole(world)
    await world.pool.ended()
    assert (len(providers["q"].attempts), queue.in_use) == (1, 0)


async def test_the_first_rule_about_a_request_names_its_class() -> None:
    rules = (
        PriorityRule((("team", "blue"),), "batch"),
        PriorityRule((("team", "red"), ("model", "n")), "batch"),
        PriorityRule((("user", "ann"),), "interactive"),
    )
    world = world_of(GOOD, queue=QueueRules({"interactive": 2, "normal": 1, "batch": 1}, rules=rules))
    first = await answer(world.call(ask=STREAM), world.rooms)
    place = world.queues.place_of(first.trail)
    assert place == ("interactive", "acme", "ann")
    await first.aclose()


async def test_the_time_in_the_queue_is_on_the_receipt_and_is_no_time_of_ours() -> None:
    world = world_of(GOOD)
    first = await answer(world.call(ask=STREAM), world.rooms)
    second = asyncio.create_task(whole(world))
    await until(lambda: waiting(world))
    world.clock.advance(3.5)
    await first.aclose()
    await second
    receipt = world.recorder.receipts[1]
    assert (receipt.waited_ms, receipt.overhead_us, receipt.upstream_ms) == (3500, 0, 0)
    assert world.queues.waited["normal"] == (1, 3.5, 0)


async def test_a_configuration_without_the_capacity_lets_those_go_who_wait() -> None:
    world = world_of(GOOD)
    first = await answer(world.call(ask=STREAM), world.rooms)
    second = asyncio.create_task(whole(world))
    await until(lambda: waiting(world))
    world.queues.adopt(replace(world.snapshot, capacities={}))
    await second
    await first.aclose()
    assert world.queues.survey() == []


def test_a_deployment_goes_by_its_own_capacity_before_its_providers() -> None:
    world = world_of(capacities={("p", ""): Capacity(5), ("p", "up-m"): Capacity(1)})
    own = world.snapshot.models["m"].deployments[0]
    found = [world.queues.of(one) for one in (own, replace(own, model="x"), replace(own, provider="q"))]
    assert [one and one.name for one in found] == [("p", "up-m"), ("p", ""), None]


def test_without_any_capacity_the_walker_asks_no_queue() -> None:
    assert world_of(capacities={}).rooms.walker.queues is None


SCRIPTS = [
    PLAIN,
    GOOD,
    Script(before=[ConnectFailed()]),
    Script(before=[StatusFault(503, b"")]),
    Script(before=[HANG]),
    Script([quiet(), text("a"), HANG]),
    Script([text("a"), ConnectionBroken()]),
    Script([text("a"), quiet(), text("b", finish="stop")]),
]


@settings(deadline=None)
@given(data=st.data())
def test_whatever_the_requests_do_no_place_leaks_and_none_is_taken_twice(data: st.DataObject) -> None:
    scripts = data.draw(st.lists(st.sampled_from(SCRIPTS), min_size=1, max_size=12))
    others = data.draw(st.lists(st.sampled_from(SCRIPTS), min_size=1, max_size=12))
    hedge = data.draw(st.sampled_from([None, Hedge(0.0)]))
    most = data.draw(st.integers(0, 3))
    steps = data.draw(st.lists(st.tuples(st.sampled_from(["start", "start", "run", "cancel"]), st.integers(0, 9))))

    async def play() -> None:
        world = world_of(*scripts, second=others, capacities=BOTH, hedge=hedge, queue=QueueRules(most=most), retries=1)
        tasks: list[asyncio.Task[None]] = []
        for step, number in steps:
            if step == "start":
                tasks.append(asyncio.create_task(whole(world)))
            elif step == "cancel" and tasks:
                tasks[number % len(tasks)].cancel()
            else:
                for _ in range(number):
                    await asyncio.sleep(0)
            assert all(one.in_use <= 1 for one in world.queues.survey())
        for _ in range(60):
            await asyncio.sleep(0)
        for task in tasks:  # what hangs, and what waits behind it
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(20):
            await asyncio.sleep(0)
        assert (in_use(world), waiting(world)) == (0, 0)
        assert world.tally.holds_open == 0

    asyncio.run(play())
