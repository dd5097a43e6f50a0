"""Every try that a provider may bill is in the cost: failed ones by estimate, each at the prices of its own model."""

from __future__ import annotations

import pytest

from tests.line.world import (
    BODY,
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
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken, StatusFault
from torana.core.snapshot import Prices
from torana.core.tickets import Receipt
from torana.line.answer import answer
from torana.line.worth import BYTES_PER_TOKEN, cost_of

DEAR = Prices("USD", input_nano=20_000_000_000, output_nano=80_000_000_000)
INPUT = -(-len(BODY) // BYTES_PER_TOKEN)
ANSWER = Usage(uncached=5, output=7)
BROKEN = Script(before=[ConnectionBroken()])


async def receipt_of(world: World, ask: Ask) -> Receipt:
    closing = await answer(world.call(ask=ask), world.rooms)
    async for _ in closing:
        pass
    (receipt,) = world.recorder.receipts
    return receipt


def two_models(first: ScriptedProvider, second: ScriptedProvider) -> World:
    models = (model("m", fallbacks=("dear",)), model("dear", ("q",), prices=DEAR))
    return World(snapshot=snapshot(*models), providers={"p": first, "q": second})


async def test_a_fallback_is_billed_at_its_own_prices() -> None:
    world = two_models(ScriptedProvider(Script(before=[StatusFault(500, b"")])), ScriptedProvider(PLAIN))
    receipt = await receipt_of(world, Ask("m"))
    assert receipt.cost_nano == cost_of(DEAR, ANSWER)
    assert receipt.provider == "q"


async def test_the_hold_is_that_of_the_dearest_candidate() -> None:
    world = two_models(ScriptedProvider(PLAIN), ScriptedProvider(PLAIN))
    receipt = await receipt_of(world, Ask("m", max_tokens=10))
    lost = cost_of(DEAR, Usage(uncached=INPUT))  # one more try, of the other model
    assert receipt.held_nano == cost_of(DEAR, Usage(uncached=len(BODY), output=10)) + lost
    assert receipt.cost_nano == cost_of(PRICES, ANSWER)


async def test_a_stream_try_that_broke_before_its_content_is_billed_its_input() -> None:
    world = World(snapshot=snapshot(retries=1), providers={"p": ScriptedProvider(BROKEN, stream_of("a"))})
    receipt = await receipt_of(world, STREAM)
    assert receipt.cost_nano == cost_of(PRICES, ANSWER) + cost_of(PRICES, Usage(uncached=INPUT))
    assert (receipt.input_tokens, receipt.usage_estimated) == (5, False)
    assert [attempt.outcome for attempt in receipt.attempts] == ["broken", "ok"]


async def test_a_plain_answer_that_never_came_may_have_been_as_long_as_it_was_allowed_to_be() -> None:
    world = World(providers={"p": ScriptedProvider(BROKEN)})
    with pytest.raises(GatewayError):
        await receipt_of(world, Ask("m", max_tokens=50))
    (receipt,) = world.recorder.receipts
    assert receipt.cost_nano == cost_of(PRICES, Usage(uncached=INPUT, output=50)) <= receipt.held_nano


async def test_the_hold_covers_every_try_that_may_be_lost() -> None:
    world = World(snapshot=snapshot(retries=2), providers={"p": ScriptedProvider(BROKEN)})
    with pytest.raises(GatewayError):
        await receipt_of(world, Ask("m", max_tokens=50))
    (receipt,) = world.recorder.receipts
    assert len(receipt.attempts) == 3
    assert receipt.cost_nano == cost_of(PRICES, Usage(uncached=3 * INPUT, output=50)) <= receipt.held_nano


@pytest.mark.parametrize("fault", [ConnectFailed(), StatusFault(503, b"")], ids=["never sent", "refused"])
async def test_a_try_that_no_provider_bills_costs_nothing(fault: Exception) -> None:
    world = World(snapshot=snapshot(retries=1), providers={"p": ScriptedProvider(Script(before=[fault]), PLAIN)})
    receipt = await receipt_of(world, Ask("m"))
    assert receipt.cost_nano == cost_of(PRICES, ANSWER)


async def test_a_plain_answer_without_usage_is_estimated_by_its_bytes() -> None:
    wire = "{" + "x" * 298 + "}"
    world = World(providers={"p": ScriptedProvider(Script([text(wire, finish="stop")]))})
    receipt = await receipt_of(world, Ask("m", max_tokens=1000))
    assert (receipt.output_tokens, receipt.usage_estimated) == (100, True)


async def test_an_estimate_is_never_above_what_was_held_for() -> None:
    wire = "{" + "x" * 298 + "}"
    world = World(providers={"p": ScriptedProvider(Script([text(wire, finish="stop")]))})
    receipt = await receipt_of(world, Ask("m", max_tokens=8))
    assert receipt.output_tokens == 8
    assert receipt.cost_nano <= receipt.held_nano


def stream_of(content: str) -> Script:
    return Script([text(f"data: {content}\n\n", usage=ANSWER, finish="stop")])
