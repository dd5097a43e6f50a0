"""What a request owes to the rules, what a refusal says, and that no Hold is too small."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import KEY_ENTRY, PRICES, World, model, snapshot
from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.prices import KINDS, with_finer
from torana.core.snapshot import LimitRule, Prices
from torana.core.tickets import Caller, Grant, Hold
from torana.line.charges import charge_of
from torana.line.worth import cost_of, dearest_nano, estimate, most_output_tokens

CALLER = Caller("acme", "key-1", KEY_ENTRY, "dep", "red", "ann", "retail")


def grant(caller: Caller = CALLER, name: str = "m") -> Grant:
    return Grant(caller, model(name), "default@1")


def rule(scope: str = "key", match: str | None = None, counts: str = "requests", limit: int = 2) -> LimitRule:
    return LimitRule("r", scope, match, counts, limit, 0.0 if counts == "concurrency" else 60.0)


async def reserve(world: World) -> Hold:
    call = world.call()
    caller = await world.rooms.gate.identify(call)
    return await world.rooms.limits.reserve(world.rooms.policy.allow(caller, call), call)


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        ("key", "acme\0key-1"),
        ("user", "acme\0ann"),
        ("team", "acme\0red"),
        ("department", "acme\0dep"),
        ("lob", "acme\0retail"),
        ("tenant", "acme\0acme"),
        ("model", "acme\0m"),
    ],
)
def test_each_scope_has_a_counter_of_its_own_within_the_tenant(scope: str, subject: str) -> None:
    charge = charge_of(rule(scope), grant())
    assert charge is not None
    assert (charge.subject, charge.unit, charge.limit, charge.window_s) == (subject, "requests", 2, 60.0)


def test_callers_without_a_user_are_counted_by_key_those_without_a_team_not_at_all() -> None:
    nobody = grant(Caller("acme", "key-1", KEY_ENTRY))
    charge = charge_of(rule("user"), nobody)
    assert charge is not None and charge.subject == "acme\0key\0key-1"
    assert charge_of(rule("team"), nobody) is None


@pytest.mark.parametrize(("match", "owes"), [(None, True), ("red", True), ("blue", False), ("", False), ("re", False)])
def test_a_rule_for_somebody_else_costs_nothing(match: str | None, owes: bool) -> None:
    assert (charge_of(rule("team", match), grant()) is not None) is owes


def test_a_scope_nobody_knows_is_a_fault_not_a_pass() -> None:
    with pytest.raises(ValueError, match="scope"):
        charge_of(rule("planet"), grant())


async def test_a_rate_refusal_says_which_rule_how_many_and_until_when() -> None:
    world = World(snapshot(limits=(rule(),)))
    await reserve(world)
    world.clock.advance(20)
    await reserve(world)
    world.clock.advance(10)
    with pytest.raises(GatewayError) as caught:
        await reserve(world)
    error = caught.value
    assert (error.code, error.status) == ("RATE_LIMIT_EXCEEDED", 429)
    reset_at = str(error.details.pop("reset_at"))
    assert error.details == {"rule": "r", "current_count": 2, "limit": 2}
    assert error.retry_after_s == pytest.approx(30)
    assert reset_at.endswith("Z")
    assert datetime.fromisoformat(reset_at).timestamp() == pytest.approx(world.clock.now() + 30, abs=0.01)
    assert "r" in error.message and "2 requests per 60 s" in error.message


async def test_after_the_time_a_refusal_names_there_is_room_again() -> None:
    world = World(snapshot(limits=(rule(limit=1),)))
    await reserve(world)
    with pytest.raises(GatewayError) as caught:
        await reserve(world)
    assert caught.value.retry_after_s is not None
    world.clock.advance(caught.value.retry_after_s)
    await reserve(world)


async def test_too_many_at_once_are_refused_until_one_is_given_back() -> None:
    world = World(snapshot(limits=(rule(counts="concurrency"),)))
    holds = [await reserve(world), await reserve(world)]
    with pytest.raises(GatewayError) as caught:
        await reserve(world)
    assert caught.value.code == "CONCURRENCY_EXCEEDED"
    assert caught.value.details["current_count"] == 2
    assert caught.value.retry_after_s is not None and caught.value.retry_after_s > 0
    assert world.tally.holds_open == 2
    world.rooms.limits.settle(holds[0])
    await reserve(world)


async def test_a_refused_request_takes_nothing_of_any_rule() -> None:
    world = World(snapshot(limits=(rule("tenant", counts="concurrency", limit=9), rule(limit=1))))
    await reserve(world)
    with pytest.raises(GatewayError):
        await reserve(world)
    assert world.held_back() == 1
    assert world.tally.holds_open == 1


async def test_many_at_once_never_overrun_a_limit() -> None:
    world = World(snapshot(limits=(rule(counts="concurrency", limit=7),)))
    results = await asyncio.gather(*(reserve(world) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(result, Hold) for result in results) == 7
    assert world.held_back() == world.tally.holds_open == 7


async def test_without_rules_nothing_is_counted_but_the_hold() -> None:
    world = World()
    hold = await reserve(world)
    assert hold.taken is None
    assert (world.tally.holds_open, hold.currency) == (1, "USD")
    world.rooms.limits.settle(hold)
    assert world.tally.holds_open == 0


async def test_a_model_without_prices_holds_no_money_in_the_installations_currency() -> None:
    world = World(snapshot(model(prices=None), currency="INR"))
    hold = await reserve(world)
    assert (hold.amount_nano, hold.currency) == (0, "INR")


PRICE = st.integers(0, 10**13)
ANY_PRICES = st.builds(Prices, st.just("USD"), PRICE, PRICE, PRICE, PRICE, PRICE)


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[Ask, int, Usage]:
    """A request and any usage within its bounds: no more tokens in than bytes, no more out than allowed."""
    bytes_ = draw(st.integers(0, 10**6))
    limit = draw(st.none() | st.integers(0, 10**6))
    candidates = draw(st.integers(1, 16))
    cuts = sorted(draw(st.tuples(*[st.integers(0, bytes_)] * 3)))
    most = (4096 if limit is None else limit) * candidates
    usage = Usage(cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], draw(st.integers(0, most)))
    return Ask("m", max_tokens=limit, candidates=candidates), bytes_, usage


KINDS_WITHIN = {
    name: [kind for kind, one in KINDS.items() if one.part_of == name and kind != "reasoning"]
    for name in ("uncached", "cache_read", "cache_write", "output")
}
ALONE = sorted(kind for kind, one in KINDS.items() if not one.part_of)
SOME_KINDS = st.dictionaries(st.sampled_from(sorted(KINDS)), PRICE).map(lambda kinds: tuple(kinds.items()))
FLAT = st.builds(with_finer, ANY_PRICES, SOME_KINDS)
TIERED = st.builds(
    with_finer,
    ANY_PRICES,
    SOME_KINDS,
    st.dictionaries(st.integers(0, 10**6), FLAT, max_size=2).map(lambda tiers: tuple(tiers.items())),
)
EVERY_PRICES = st.builds(
    lambda prices, variants: with_finer(
        replace(prices, more=None),
        prices.more.kinds if prices.more else (),
        prices.more.tiers if prices.more else (),
        tuple(variants.items()),
    ),
    TIERED,
    st.dictionaries(st.sampled_from(["service_tier=priority", "speed=fast"]), TIERED, max_size=2),
)


@st.composite
def finer_exchanges(draw: st.DrawFn) -> tuple[Ask, int, Usage]:
    """The same with any part of each count of a finer kind, units up to those asked for, and any variant."""
    ask, bytes_, usage = draw(exchanges())
    reasoning = draw(st.integers(0, usage.output))
    extra = []
    for name, kinds in KINDS_WITHIN.items():
        left = getattr(usage, name) - (reasoning if name == "output" else 0)
        for kind in kinds:
            count = draw(st.integers(0, left))
            left -= count
            extra.append((kind, count))
    most = [(kind, draw(st.integers(0, 10**7))) for kind in draw(st.lists(st.sampled_from(ALONE), unique=True))]
    extra += [(kind, draw(st.integers(0, count))) for kind, count in most]
    extra += [(variant, 1) for variant in draw(st.sets(st.sampled_from(["service_tier=priority", "speed=fast"])))]
    return replace(ask, units=tuple(most)), bytes_, replace(usage, reasoning=reasoning, extra=tuple(extra))


@given(EVERY_PRICES, finer_exchanges())
def test_a_hold_is_never_less_for_any_kind_tier_or_variant(prices: Prices, exchange: tuple[Ask, int, Usage]) -> None:
    ask, bytes_, usage = exchange
    assert dearest_nano(prices, bytes_, most_output_tokens(ask, 4096), ask.units) >= cost_of(prices, usage) >= 0


@given(ANY_PRICES, exchanges())
def test_a_hold_is_never_less_than_what_the_request_can_cost(prices: Prices, exchange: tuple[Ask, int, Usage]) -> None:
    ask, bytes_, usage = exchange
    assert dearest_nano(prices, bytes_, most_output_tokens(ask, 4096)) >= cost_of(prices, usage)


def test_a_hold_is_the_dearest_case_not_more() -> None:
    amount = dearest_nano(PRICES, 100, most_output_tokens(Ask("m", max_tokens=10, candidates=2), 4096))
    assert amount == cost_of(PRICES, Usage(uncached=100, output=20)) == 100 * 2000 + 20 * 8000


async def test_files_count_as_their_dialect_says_and_a_lost_try_is_within_the_hold() -> None:
    world = World()
    call = world.call(b"x" * 9000, Ask("m", max_tokens=0, counted_bytes=30))
    caller = await world.rooms.gate.identify(call)
    hold = await world.rooms.limits.reserve(world.rooms.policy.allow(caller, call), call)
    alone = world.call(b"x" * 30, Ask("m", max_tokens=0))
    same = await world.rooms.limits.reserve(world.rooms.policy.allow(caller, alone), alone)
    assert hold.amount_nano == same.amount_nano > 0
    assert estimate(call.trail).uncached == 10


async def test_nothing_is_held_for_output_where_none_is_made() -> None:
    world = World()
    call = world.call(ask=Ask("m", max_tokens=0))
    caller = await world.rooms.gate.identify(call)
    await world.rooms.limits.reserve(world.rooms.policy.allow(caller, call), call)
    assert call.trail.most_output == 0


@pytest.mark.parametrize("kind", ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"])
async def test_a_hold_is_for_the_dearest_model_that_may_answer(kind: str) -> None:
    dear = replace(PRICES, input_nano=PRICES.input_nano * 100)
    plain = replace(model("m"), prices=PRICES)
    other = replace(model("dear"), prices=dear)
    alone = await reserve(World(snapshot(plain, other, retries=0)))
    both = await reserve(World(snapshot(replace(plain, **{kind: ("dear",)}), other, retries=0)))
    assert both.amount_nano > alone.amount_nano
