"""A hard cap on the whole line: what is asked of providers is bounded by what is held, and whatever becomes of requests,
their retries, hedges, fallbacks and shadows, the sum that is settled stays within it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, target
from hypothesis import strategies as st

from tests.line.asgi import CHAT, Visit, body_of, house_of
from tests.line.world import (
    BODY,
    HANG,
    KEY,
    PRICES,
    Script,
    ScriptedProvider,
    World,
    model,
    quiet,
    snapshot,
    text,
)
from torana.core.call import Ask, Call, Chunk, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken, StatusFault
from torana.core.snapshot import BudgetRule, Deployment, Hedge, Prices, Shadow
from torana.core.tickets import Attempt
from torana.dialects import gemini_content, openai_chat
from torana.line.answer import answer
from torana.line.settle import SLACK_EVENTS
from torana.line.worth import cost_of

CAP = BudgetRule("cap", "tenant", None, 1_000_000_000, "month")
MOST = 10
ASK = Ask("m", max_tokens=MOST)
STREAM = Ask("m", stream=True, max_tokens=MOST)


class Remembering(ScriptedProvider):
    """Keeps the bodies it was sent."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__(*scripts)
        self.bodies: list[bytes] = []

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        self.bodies.append(prompt.body)
        return await super().send(attempt, prompt)


def spoken(world: World, body: bytes = BODY) -> Call:
    """A call in the chat dialect, with all that the edge gives it."""
    call = world.call(body)
    call._read = openai_chat.read
    call.bound = openai_chat.bound
    return call


async def run(world: World, call: Call) -> bytes:
    closing = await answer(call, world.rooms)
    try:
        return b"".join([chunk.wire async for chunk in closing])
    finally:
        await closing.aclose()


@pytest.mark.parametrize(
    ("budget", "facts", "asked"),
    [
        (CAP, {}, b',"max_completion_tokens":4096}'),
        (CAP, {"assumed_max_tokens": 7}, b',"max_completion_tokens":7}'),
        (replace(CAP, hard=False), {}, b"}"),
    ],
)
async def test_an_answer_without_a_bound_gets_the_assumed_one_where_a_hard_budget_holds_for_it(
    budget: BudgetRule, facts: dict[str, Any], asked: bytes
) -> None:
    provider = Remembering()
    world = World(snapshot(budgets=(budget,), **facts), {"p": provider})
    await run(world, spoken(world))
    assert provider.bodies == [BODY[:-1] + asked]


async def test_a_models_own_bound_is_the_assumed_one_when_it_is_lower() -> None:
    provider = Remembering()
    world = World(snapshot(model(max_output_tokens=50), budgets=(CAP,)), {"p": provider})
    await run(world, spoken(world))
    assert provider.bodies[0].endswith(b'"max_completion_tokens":50}')
    (receipt,) = world.recorder.receipts
    assert receipt.held_nano == len(BODY) * 2000 + 50 * 8000


async def test_a_bound_of_the_callers_own_stays_to_the_byte() -> None:
    provider = Remembering()
    world = World(snapshot(budgets=(CAP,)), {"p": provider})
    body = BODY[:-1] + b', "max_tokens":3 }'
    await run(world, spoken(world, body))
    assert provider.bodies == [body]


def stream_of(events: int, **facts: Any) -> ScriptedProvider:
    return ScriptedProvider(
        Script([*[text("x") for _ in range(events)], *([Chunk(b"", False, **facts)] if facts else [])])
    )


async def test_a_stream_that_is_longer_than_what_was_held_for_is_ended() -> None:
    world = World(snapshot(budgets=(CAP,)), {"p": stream_of(1000)})
    heard: list[bytes] = []
    closing = await answer(world.call(ask=STREAM), world.rooms)
    with pytest.raises(GatewayError) as cut:
        async for chunk in closing:
            heard.append(chunk.wire)
    await closing.aclose()
    assert cut.value.code == "BUDGET_EXCEEDED"
    assert len(heard) == MOST + SLACK_EVENTS
    (receipt,) = world.recorder.receipts
    assert (receipt.ending, receipt.error_code, receipt.output_tokens) == ("cut", "BUDGET_EXCEEDED", MOST)
    assert receipt.cost_nano <= receipt.held_nano
    assert world.money_held() == world.tally.holds_open == 0
    assert all(source.closed for source in world.sources)


@pytest.mark.parametrize(
    ("budget", "events"), [(CAP, MOST + SLACK_EVENTS), (replace(CAP, hard=False), 1000)], ids=["within", "soft"]
)
async def test_other_streams_are_not(budget: BudgetRule, events: int) -> None:
    world = World(snapshot(budgets=(budget,)), {"p": stream_of(events, finish="stop")})
    assert len(await run(world, world.call(ask=STREAM))) == events
    assert world.recorder.receipts[0].ending == "completed"


async def test_what_is_billed_beyond_the_hold_is_settled_marked_and_blocks_what_comes_after() -> None:
    much = Usage(uncached=10, output=100_000)
    world = World(
        snapshot(budgets=(replace(CAP, limit_nano=1_000_000),)),
        {"p": ScriptedProvider(Script([text("x", usage=much, finish="stop")]))},
    )
    await run(world, world.call(ask=ASK))
    (receipt,) = world.recorder.receipts
    assert receipt.overrun
    assert receipt.cost_nano == cost_of(PRICES, much)
    with pytest.raises(GatewayError) as refused:
        await run(world, world.call(ask=Ask("m", max_tokens=1)))
    assert refused.value.code == "BUDGET_EXCEEDED"
    assert world.money_held() == 0


# --- everything at once


def nothing() -> None:
    """A turn of the loop."""


ALL = Usage(uncached=len(BODY), output=MOST)
"""As much as an honest provider can bill."""
LITTLE = Usage(uncached=1, output=1)


def whole(usage: Usage, turns: int = 0) -> Script:
    """An answer after so many turns of the loop."""
    return Script([quiet(), text("x", usage=usage, finish="stop")], before=[nothing] * turns)


SCRIPTS = st.sampled_from(
    [
        whole(ALL),
        whole(ALL, 9),
        whole(ALL, 30),
        whole(LITTLE),
        Script(before=[ConnectFailed()]),
        Script(before=[StatusFault(500, b"")]),
        Script(before=[StatusFault(429, b"")]),
        Script(before=[ConnectionBroken()]),
        Script(before=[*[nothing] * 9, ConnectionBroken()]),
        Script(before=[HANG]),
        Script([quiet(usage=ALL), HANG]),
        Script([quiet(usage=LITTLE), text("x"), ConnectionBroken()]),
        Script([text("x")] * MOST + [ConnectionBroken()]),
        Script([text("x")] * MOST + [HANG]),
    ]
)
PLAYED = st.lists(SCRIPTS, min_size=1, max_size=5)
DEARER = replace(PRICES, input_nano=5_000_000_000, output_nano=11_000_000_000)


def busy_world(played: dict[str, list[Script]], cap: int, retries: int, hedged: bool, prices: Prices) -> World:
    """A model with two deployments, a fallback with these prices, and a shadow with these too."""
    aside = Deployment("s", "up-s", prices=prices)
    models = (
        replace(model("m", ("p", "q")), fallbacks=("n",), shadow=Shadow(aside, 1.0)),
        replace(model("n", ("r",)), prices=prices),
    )
    facts = {"budgets": (replace(CAP, limit_nano=cap),), "breaker": None, "retries": retries, "deadline_s": 1e9}
    if hedged:
        facts["hedge"] = Hedge(0.5)
    kinds = dict.fromkeys(played, "echo")
    providers = {name: ScriptedProvider(*scripts) for name, scripts in played.items()}
    return World(snapshot(*models, kinds=kinds, **facts), providers)


@settings(max_examples=300, deadline=None)
@given(
    played=st.fixed_dictionaries({"p": PLAYED, "q": PLAYED, "r": PLAYED, "s": PLAYED}),
    requests=st.lists(st.tuples(st.booleans(), st.none() | st.integers(0, 20)), min_size=1, max_size=6),
    cap=st.integers(0, 8_000_000),
    retries=st.integers(0, 2),
    hedged=st.booleans(),
    prices=st.sampled_from([PRICES, DEARER]),
)
def test_what_is_settled_stays_within_the_cap_whatever_happens_and_nothing_stays_held(
    played: dict[str, list[Script]],
    requests: list[tuple[bool, int | None]],
    cap: int,
    retries: int,
    hedged: bool,
    prices: Prices,
) -> None:
    world = busy_world(played, cap, retries, hedged, prices)
    asyncio.run(play(world, requests, cap))
    target(max((one.cost_nano / one.held_nano for one in world.recorder.receipts if one.held_nano), default=0.0))


async def play(world: World, requests: list[tuple[bool, int | None]], cap: int) -> None:
    async def one(stream: bool, leaves: int | None) -> None:
        task = asyncio.ensure_future(run(world, world.call(ask=STREAM if stream else ASK)))
        for _ in range(150 if leaves is None else leaves):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, GatewayError):
            await task

    await asyncio.gather(*(one(*request) for request in requests))
    for _ in range(50):
        await asyncio.sleep(0)
    world.pool.close()
    await world.pool.ended()
    receipts = world.recorder.receipts
    assert sum(receipt.cost_nano for receipt in receipts) <= cap
    assert not any(receipt.overrun for receipt in receipts)
    assert world.money_held() == world.held_back() == world.tally.holds_open == 0
    assert len({receipt.receipt_id for receipt in receipts if receipt.operation == "shadow"}) == sum(
        receipt.operation == "shadow" for receipt in receipts
    )
    assert all(source.given_back for source in world.sources)


@pytest.mark.parametrize(
    ("path", "asked", "bounded"),
    [
        (CHAT, body_of(), {"max_completion_tokens": 4096}),
        (
            "/v1beta/models/m:generateContent",
            b'{"contents":[{"parts":[{"text":"hello"}]}]}',
            {"generationConfig": {"maxOutputTokens": 4096}},
        ),
    ],
)
async def test_what_comes_in_by_the_edge_is_bounded_in_its_own_dialect(
    path: str, asked: bytes, bounded: dict[str, Any]
) -> None:
    provider = Remembering()
    world = World(snapshot(budgets=(CAP,)), {"p": provider})
    house = house_of(world, named={"generateContent": gemini_content})
    visit = await Visit(house, path, body=[asked], headers=[("x-api-key", KEY)]).run()
    assert visit.status == 200
    (sent,) = provider.bodies
    assert json.loads(sent) == {**json.loads(asked), **bounded}
    assert world.recorder.receipts[0].request_bytes == len(asked)


async def test_the_caller_of_a_stream_that_is_ended_is_told_in_its_last_event() -> None:
    script = Script([text('data: {"choices":[{"delta":{"content":"x"}}]}\n\n') for _ in range(100)])
    world = World(snapshot(budgets=(CAP,)), {"p": ScriptedProvider(script)})
    visit = await Visit(house_of(world), CHAT, body=[body_of(stream=True, max_tokens=MOST)]).run()
    assert visit.status == 200
    *_, last = [line for line in visit.text.split(b"\n\n") if line]
    assert json.loads(last.removeprefix(b"data: "))["error_code"] == "BUDGET_EXCEEDED"
    assert visit.text.count(b'"content":"x"') == MOST + SLACK_EVENTS
