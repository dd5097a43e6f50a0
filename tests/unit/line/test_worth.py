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
from torana.core.prices import Prices, with_finer
from torana.core.trail import Trail
from torana.line.answer import answer
from torana.line.worth import BYTES_PER_TOKEN, cost_of, estimate, told, total_cost
from torana.ports.receipt import Receipt

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


FINE = with_finer(
    Prices("USD", 1_000_000_000, 100_000_000, 1_250_000_000, 5_000_000_000),
    (
        ("cache_write_1h", 2_000_000_000), ("input_audio", 7_000_000_000), ("reasoning", 9_000_000_000),
        ("web_searches", 10_000_000_000), ("audio_ms", 360_000_000), ("image", 40_000_000), ("image/1024x1024/hd", 80_000_000),
    ),
    ((1000, Prices("USD", 2_000_000_000, output_nano=8_000_000_000)),),
    (("speed=fast", Prices("USD", 6_000_000_000, output_nano=30_000_000_000)),),
)  # fmt: skip


@pytest.mark.parametrize(("usage", "nano"), [
    (Usage(100, output=10), 100_000 + 50_000),
    (Usage(100, output=10, extra=(("input_audio", 40),)), 60 * 1000 + 40 * 7000 + 50_000),
    (Usage(cache_write=100, extra=(("cache_write_1h", 30),)), 70 * 1250 + 30 * 2000),
    (Usage(output=10, reasoning=4), 6 * 5000 + 4 * 9000),
    (Usage(1000, output=1), 1_000_000 + 5000), (Usage(1001, output=1), 1001 * 2000 + 8000),
    (Usage(900, cache_read=101), 1001 * 2000 - 101 * 2000),
    (Usage(100, output=10, extra=(("speed=fast", 1),)), 600_000 + 300_000),
    (Usage(extra=(("web_searches", 3),)), 30_000_000), (Usage(extra=(("audio_ms", 9000),)), 900_000),
    (Usage(extra=(("image/1024x1024/hd", 2),)), 160_000_000), (Usage(extra=(("image/1024x1024/low", 2),)), 80_000_000),
    (Usage(extra=(("image/1792x1024", 1),)), 40_000_000), (Usage(extra=(("characters", 10**9),)), 0),
])  # fmt: skip
def test_each_kind_costs_its_own_price_and_else_what_it_is_part_of(usage: Usage, nano: int) -> None:
    assert cost_of(FINE, usage) == nano


def test_thirds_of_a_nano_unit_are_rounded_once_after_all_is_added_up() -> None:
    prices = with_finer(
        Prices("USD", 333_333), (("audio_ms", 1_000_001),)
    )  # a third of a nano a token, 0.28 a millisecond
    assert cost_of(prices, Usage(1, extra=(("audio_ms", 1),))) == 1  # 0.333333 + 0.2777781 = 0.611
    assert cost_of(prices, Usage(1)) == cost_of(prices, Usage(extra=(("audio_ms", 1),))) == 0


def unit_trail(prices: Prices, units: tuple[tuple[str, int], ...], usage: Usage | None) -> Trail:
    trail = Trail("", "", 0.0, 0.0)
    trail.prices, trail.units, trail.usage, trail.sent = prices, units, usage, True
    return trail


def test_pictures_priced_each_cost_what_was_asked_for_where_the_answer_tells_no_usage() -> None:
    prices = with_finer(Prices("USD"), (("image", 40_000_000),))
    trail = unit_trail(prices, (("image/auto/auto", 3),), None)
    assert not told(trail)
    trail.usage = estimate(trail)
    assert (total_cost(trail), trail.usage.estimated) == (120_000_000, False)


def test_the_length_of_a_file_is_an_estimate() -> None:
    prices = with_finer(Prices("USD"), (("audio_ms", 360_000_000),))
    assert estimate(unit_trail(prices, (("audio_ms", 9000),), None)).estimated


@pytest.mark.parametrize(("prices", "usage", "is_told"), [
    (Prices("USD", 5), Usage(extra=(("audio_ms", 9000),)), False), (Prices("USD", 5), Usage(7), True),
    (with_finer(Prices("USD"), (("audio_ms", 5),)), Usage(extra=(("audio_ms", 9000),)), True),
    (with_finer(Prices("USD"), (("audio_ms", 5),)), Usage(7, output=8), False),
    (with_finer(Prices("USD", 5), (("audio_ms", 5),)), Usage(7, output=8), True),
])  # fmt: skip
def test_a_usage_counts_as_told_when_its_prices_can_be_put_on_it(prices: Prices, usage: Usage, is_told: bool) -> None:
    assert told(unit_trail(prices, (("audio_ms", 99_000),), usage)) is is_told
