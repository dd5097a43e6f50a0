"""Requests that are asked of two deployments at once: however the two, the caller and the clock fall together, one answer
leaves, the Hold is closed once, both bills are in it, and nothing stays open."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.line.world import HANG, PRICES, STREAM, Script, ScriptedProvider, Step, World, model, quiet, snapshot, text
from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken, StatusFault
from torana.core.snapshot import Deployment, Hedge, Shadow
from torana.line.answer import answer
from torana.line.worth import cost_of

PLAIN_ASK = Ask("m", max_tokens=50)
STREAM_ASK = replace(STREAM, max_tokens=50)
USED = Usage(uncached=20, output=7)
TICK = "tick"


def steps_of(names: list[str], world: World) -> list[Step]:
    """Ticks, waits and faults by name."""
    found: dict[str, Step] = {
        TICK: lambda: None,
        "late": lambda: world.clock.advance(100.0),
        "hang": HANG,
        "refused": ConnectFailed(),
        "broken": ConnectionBroken(),
        "503": StatusFault(503, b""),
        "400": StatusFault(400, b"{}"),
        "bug": ValueError("a bug"),
    }
    return [found[name] for name in names]


def script_of(before: list[str], within: list[str], world: World, who: str) -> Script:
    """Steps before the head, then steps before the content, then the answer."""
    answered: list[Step] = [quiet(), *steps_of(within, world), text(who, usage=USED, finish="stop")]
    return Script(answered, before=steps_of(before, world))


def hedging(**facts: object) -> World:
    """Two deployments, the second asked when the first did not begin at once."""
    providers = {"p": ScriptedProvider(), "q": ScriptedProvider()}
    return World(snapshot(model("m", ("p", "q")), hedge=Hedge(0.5), breaker=None, deadline_s=30.0, **facts), providers)


STEPS = st.lists(
    st.sampled_from([TICK, TICK, TICK, "late", "hang", "refused", "broken", "503", "400", "bug"]), max_size=5
)


@settings(max_examples=400, deadline=None)
@given(
    first=st.tuples(STEPS, STEPS),
    second=st.tuples(STEPS, STEPS),
    leaves=st.none() | st.integers(0, 12),
    retries=st.integers(0, 1),
    stream=st.booleans(),
)
@example(([TICK] * 3, []), ([], []), None, 0, True)
@example(([TICK] * 3, []), (["hang"], []), 4, 0, True)
@example((["hang"], []), (["hang"], []), 6, 0, False)
@example(([TICK, "bug"], []), (["hang"], []), None, 0, False)
@example(([TICK, TICK, "400"], []), ([TICK, TICK, "503"], []), None, 1, True)
def test_of_every_interleaving_one_settlement_comes(
    first: tuple[list[str], list[str]],
    second: tuple[list[str], list[str]],
    leaves: int | None,
    retries: int,
    stream: bool,
) -> None:
    asyncio.run(one_settlement(first, second, leaves, retries, STREAM_ASK if stream else PLAIN_ASK))


async def one_settlement(
    first: tuple[list[str], list[str]], second: tuple[list[str], list[str]], leaves: int | None, retries: int, ask: Ask
) -> None:
    world = hedging(retries=retries)
    world.providers["p"].scripts = [script_of(*first, world, "p")]
    world.providers["q"].scripts = [script_of(*second, world, "q")]
    heard: list[bytes] = []

    async def caller() -> None:
        closing = await answer(world.call(ask=ask), world.rooms)
        try:
            async for chunk in closing:
                heard.append(chunk.wire)
        finally:
            await closing.aclose()

    task = asyncio.create_task(caller())
    for _ in range(60 if leaves is None else leaves):
        await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, GatewayError, ValueError):
        await task
    for _ in range(10):
        await asyncio.sleep(0)

    if not world.recorder.receipts:
        assert leaves == 0, "only a request that never began leaves nothing"
        return
    (receipt,) = world.recorder.receipts
    (hold,) = world.recorder.holds
    assert hold is not None and hold.closed
    assert world.tally.holds_open == 0
    assert receipt.cost_nano <= receipt.held_nano
    assert all(source.given_back for source in world.sources)
    for one in world.snapshot.models["m"].deployments:
        assert world.health.busy(one) == 0
    said = [wire for wire in heard if wire in (b"p", b"q")]
    assert len(said) <= 1
    if receipt.ending == "completed":
        assert said == [receipt.provider.encode()]
        assert receipt.attempts[-1].outcome == "ok"
    begun = [one for one in receipt.attempts if one.outcome in ("outrun", "cancelled")]
    if begun:
        assert receipt.cost_nano > 0, "what was given up may be billed"


@settings(max_examples=100, deadline=None)
@given(stream=st.booleans(), lead=st.integers(4, 9))
def test_the_loser_is_in_the_receipt_and_in_the_bill(stream: bool, lead: int) -> None:
    async def play() -> None:
        world = hedging()
        world.providers["p"].scripts = [script_of([TICK] * lead * 3, [], world, "p")]
        world.providers["q"].scripts = [script_of([], [], world, "q")]
        ask = STREAM_ASK if stream else PLAIN_ASK
        closing = await answer(world.call(ask=ask), world.rooms)
        assert b"".join([chunk.wire async for chunk in closing]).endswith(b"q")
        (receipt,) = world.recorder.receipts
        assert [(one.provider, one.outcome) for one in receipt.attempts] == [("p", "outrun"), ("q", "ok")]
        assert (receipt.provider, receipt.output_tokens) == ("q", USED.output)
        tokens = -(-receipt.request_bytes // 3)
        lost = Usage(uncached=tokens, output=0 if stream else 50)
        assert receipt.cost_nano == cost_of(PRICES, USED) + cost_of(PRICES, lost)

    asyncio.run(play())


# --- shadows

ASIDE = Deployment("s", "up-s", prices=PRICES)


def shadowed(aside: Script, **facts: object) -> World:
    """One deployment and a shadow that gets every request."""
    providers = {"p": ScriptedProvider(Script([text("p", usage=USED, finish="stop")])), "s": ScriptedProvider(aside)}
    told = {"share": 1.0, **facts}
    return World(snapshot(model("m", ("p",), shadow=Shadow(ASIDE, **told)), breaker=None), providers)  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(before=STEPS, within=STEPS, closes=st.integers(0, 14), stream=st.booleans())
def test_a_shadow_has_one_settlement_of_its_own_whatever_becomes_of_it(
    before: list[str], within: list[str], closes: int, stream: bool
) -> None:
    async def play() -> None:
        world = shadowed(Script())
        world.providers["s"].scripts = [script_of(before, within, world, "s")]
        closing = await answer(world.call(ask=STREAM_ASK if stream else PLAIN_ASK), world.rooms)
        assert [chunk.wire async for chunk in closing] == [b"p"], "its answer goes to nobody"
        await closing.aclose()
        for _ in range(closes):
            await asyncio.sleep(0)
        world.pool.close()
        await world.pool.ended()
        (own,) = [one for one in world.recorder.receipts if one.operation != "shadow"]
        aside = [one for one in world.recorder.receipts if one.operation == "shadow"]
        assert (own.ending, own.provider) == ("completed", "p")
        assert len(aside) <= 1
        assert own.cost_nano == cost_of(PRICES, USED)
        assert world.tally.holds_open == 0
        assert all(source.given_back for source in world.sources)
        assert world.health.busy(ASIDE) == 0
        if closes > 0:
            (receipt,) = aside
            assert receipt.request_id == own.request_id
            assert receipt.receipt_id != own.receipt_id
            assert receipt.cost_nano <= receipt.held_nano

    asyncio.run(play())
