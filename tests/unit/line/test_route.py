"""A Plan is all candidates, each once: in it, or dropped with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import KEY_ENTRY, PRICES, World, model, snapshot
from torana.core.call import Ask, Prompt
from torana.core.errors import GatewayError
from torana.core.policies import FREE, Choice, Terms
from torana.core.snapshot import Breaker, Canary, Deployment, Hedge, KeyEntry, ModelEntry, Shadow, Snapshot
from torana.core.tickets import Caller, Dropped, Grant, Plan
from torana.line.health import Health
from torana.line.route import LONGEST_STICKY_KEY, Router, sticky_key
from torana.ports.strategy import Facts
from torana.strategies import priority, round_robin, weighted
from torana.testing.clock import FakeClock

STRATEGIES = {"priority": priority.order, "round_robin": round_robin.order, "weighted": weighted.order}
READY = frozenset({"p", "q"})


def planned(
    known: Snapshot,
    wanted: ModelEntry,
    *,
    key: KeyEntry = KEY_ENTRY,
    ready: frozenset[str] = READY,
    draw: Callable[[], float] = lambda: 0.5,
) -> Plan:
    return plan_by(Router(known, STRATEGIES, draw, ready, Health(FakeClock())), wanted, key)


def plan_by(router: Router, wanted: ModelEntry, key: KeyEntry = KEY_ENTRY, terms: Terms = FREE) -> Plan:
    call = World().call()
    call.operation = "chat"
    prompt = Prompt(call, wanted.name, call.body)
    plan = router.plan(Grant(Caller("acme", "key-1", key), wanted, "default@1", terms=terms), prompt)
    assert prompt.trail.dropped == plan.dropped
    return plan


DEPLOYMENTS = st.lists(
    st.builds(
        Deployment,
        st.sampled_from(["p", "q", "closed"]),
        st.text("abc", min_size=1, max_size=3),
        st.integers(0, 5),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=6,
).map(tuple)


@given(DEPLOYMENTS, DEPLOYMENTS, st.sampled_from(sorted(STRATEGIES)), st.floats(0, 1, exclude_max=True))
def test_every_candidate_is_tried_once_or_dropped_with_a_reason(
    first: tuple[Deployment, ...], second: tuple[Deployment, ...], strategy: str, draw: float
) -> None:
    wanted = ModelEntry("m", first, strategy=strategy, fallbacks=("n",))
    plan = planned(snapshot(wanted, ModelEntry("n", second, strategy=strategy)), wanted, draw=lambda: draw)
    tried = Counter((one.deployment.provider, one.deployment.model) for one in plan.attempts)
    dropped = Counter((one.provider, one.model) for one in plan.dropped)
    assert tried + dropped == Counter((one.provider, one.model) for one in (*first, *second))
    assert all(one.reason for one in plan.dropped)
    assert all(one.deployment.provider in READY for one in plan.attempts)
    assert [one.number for one in plan.attempts] == list(range(1, len(plan.attempts) + 1))
    assert plan.strategy == strategy


def test_fallbacks_come_after_the_models_own_deployments_and_are_marked() -> None:
    wanted = model("m", ("p", "q"), fallbacks=("n",))
    plan = planned(snapshot(wanted, model("n", ("q",))), wanted)
    assert [(one.deployment.provider, one.deployment.model, one.fallback) for one in plan.attempts] == [
        ("p", "up-m", False), ("q", "up-m", False), ("q", "up-n", True),
    ]  # fmt: skip


def test_a_fallback_that_does_not_exist_is_dropped_and_said_so() -> None:
    wanted = model("m", fallbacks=("gone",))
    plan = planned(snapshot(wanted), wanted)
    assert [(one.model, one.reason) for one in plan.dropped] == [("gone", "no such model")]
    assert len(plan.attempts) == 1


def test_a_fallback_the_key_may_not_use_is_not_tried() -> None:
    wanted = model("m", fallbacks=("n",))
    plan = planned(snapshot(wanted, model("n")), wanted, key=replace(KEY_ENTRY, models=("m",)))
    assert [(one.model, one.reason) for one in plan.dropped] == [("n", "the key may not use it")]
    assert all(not one.fallback for one in plan.attempts)


def test_a_provider_that_could_not_be_opened_is_dropped() -> None:
    wanted = model("m", ("closed", "p"))
    plan = planned(snapshot(wanted), wanted)
    assert [one.deployment.provider for one in plan.attempts] == ["p"]
    assert [(one.provider, one.reason) for one in plan.dropped] == [("closed", "the provider is not configured")]


def test_with_nothing_ready_the_plan_is_empty_and_says_why() -> None:
    wanted = model("m", ("p", "q"))
    plan = planned(snapshot(wanted), wanted, ready=frozenset())
    assert plan.attempts == ()
    assert len(plan.dropped) == 2


def test_turns_are_counted_per_model() -> None:
    one = model("one", strategy="round_robin", deployments=(Deployment("p", "a"), Deployment("p", "b")))
    two = model("two", strategy="round_robin", deployments=(Deployment("p", "c"), Deployment("p", "d")))
    router = Router(snapshot(one, two), STRATEGIES, lambda: 0.0, READY, Health(FakeClock()))
    seen = [plan_by(router, wanted).attempts[0].deployment.model for wanted in (one, one, two, one, two)]
    assert seen == ["a", "b", "c", "a", "d"]


def test_a_model_with_one_deployment_draws_nothing() -> None:
    def never() -> float:
        raise AssertionError("drawn")

    assert len(planned(snapshot(), model(), draw=never).attempts) == 1


def test_a_strategy_nobody_opened_is_a_fault() -> None:
    with pytest.raises(KeyError):
        planned(snapshot(), model("m", ("p", "q"), strategy="unheard_of"))


# --- what rests

SOON = Breaker(1, 30.0, 10.0)
LATE = Breaker(1, 30.0, 60.0)


def hurt(health: Health, clock: FakeClock, provider: str, name: str = "up-m", breaker: Breaker = SOON) -> None:
    now = clock.monotonic()
    health.begin(Deployment(provider, name), now).failed("500", now, now, breaker)


def router_of(*models: ModelEntry) -> tuple[Router, Health, FakeClock]:
    clock = FakeClock(now=1_750_000_000.0)
    health = Health(clock)
    return Router(snapshot(*models), STRATEGIES, lambda: 0.5, READY, health), health, clock


def order_of(plan: Plan) -> list[tuple[str, str]]:
    return [(one.deployment.provider, one.deployment.model) for one in plan.attempts]


def test_a_deployment_whose_breaker_is_open_is_dropped_with_the_reason_until_it_may_be_probed() -> None:
    wanted = model("m", ("p", "q"))
    router, health, clock = router_of(wanted)
    hurt(health, clock, "p")
    plan = plan_by(router, wanted)
    assert order_of(plan) == [("q", "up-m")]
    assert plan.attempts[0].number == 1
    assert plan.dropped == (("p", "up-m", "breaker open until 2025-06-15T15:06:50Z"),)
    clock.advance(10.0)
    plan = plan_by(router, wanted)
    assert (order_of(plan), plan.dropped) == ([("p", "up-m"), ("q", "up-m")], ())


def test_one_that_cools_down_is_dropped_too() -> None:
    wanted = model("m", ("p", "q"))
    router, health, clock = router_of(wanted)
    health.of(Deployment("p", "up-m")).cool(5.0, clock.monotonic())
    (dropped,) = plan_by(router, wanted).dropped
    assert dropped.reason == "cooling down until 2025-06-15T15:06:45Z"


def test_a_fallback_that_is_well_is_tried_before_anything_that_rests() -> None:
    wanted = model("m", ("p",), fallbacks=("n",))
    router, health, clock = router_of(wanted, model("n", ("q",)))
    hurt(health, clock, "p")
    plan = plan_by(router, wanted)
    assert [(one.deployment.model, one.fallback, one.number) for one in plan.attempts] == [("up-n", True, 1)]
    assert plan.note == ""


def test_when_all_rest_the_one_that_rests_for_the_shortest_time_is_tried_and_it_is_said() -> None:
    wanted = model("m", ("p", "q"))
    router, health, clock = router_of(wanted)
    hurt(health, clock, "p", breaker=LATE)
    hurt(health, clock, "q", breaker=SOON)
    plan = plan_by(router, wanted)
    assert order_of(plan) == [("q", "up-m")]
    assert plan.note == "nothing else is left: tried although breaker open until 2025-06-15T15:06:50Z"
    assert [(one.provider, one.reason) for one in plan.dropped] == [("p", "breaker open until 2025-06-15T15:07:40Z")]


def test_the_only_deployment_of_a_model_is_always_tried_by_one_plan_that_is_kept() -> None:
    wanted = model()
    router, health, clock = router_of(wanted)
    hurt(health, clock, "p")
    first = plan_by(router, wanted)
    assert order_of(first) == [("p", "up-m")]
    clock.advance(99.0)
    assert plan_by(router, wanted).attempts == first.attempts
    assert plan_by(router, wanted).note == ""


@given(st.sets(st.integers(0, 5)), DEPLOYMENTS, DEPLOYMENTS)
def test_whatever_rests_every_candidate_is_tried_once_or_dropped_and_something_is_tried(
    resting: set[int], first: tuple[Deployment, ...], second: tuple[Deployment, ...]
) -> None:
    wanted = ModelEntry("m", first, fallbacks=("n",))
    router, health, clock = router_of(wanted, ModelEntry("n", second))
    both = (*first, *second)
    for number in resting:
        if number < len(both):
            hurt(health, clock, both[number].provider, both[number].model)
    plan = plan_by(router, wanted)
    dropped = Counter((one.provider, one.model) for one in plan.dropped)
    assert Counter(order_of(plan)) + dropped == Counter((one.provider, one.model) for one in both)
    assert bool(plan.attempts) == any(one.provider in READY for one in both)
    assert [one.number for one in plan.attempts] == list(range(1, len(plan.attempts) + 1))
    assert all(one.reason for one in plan.dropped)


# --- what strategies are told


def test_strategies_are_told_latency_load_price_and_what_sticks() -> None:
    cheap = replace(PRICES, input_nano=1_000_000, output_nano=2_000_000)
    deployments = (Deployment("p", "a"), Deployment("q", "a", prices=cheap))
    wanted = model("m", deployments=deployments, strategy="spy")
    seen: list[Facts] = []

    def spy(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
        seen.append(facts)
        return candidates

    clock = FakeClock()
    health = Health(clock)
    router = Router(snapshot(wanted), {"spy": spy}, lambda: 0.5, READY, health)
    now = clock.monotonic()
    health.begin(deployments[0], now).content(now - 2.0, now)
    plan = plan_by(router, wanted)
    (facts,) = seen
    assert [facts.latency_s(one) for one in deployments] == [2.0, None]
    assert [facts.busy(one) for one in deployments] == [1, 0]
    assert [facts.price_nano(one) for one in deployments] == [10_000_000, 3_000]
    assert facts.sticky_key == "key-1"
    assert [one.prices for one in plan.attempts] == [PRICES, cheap]


def test_what_sticks_is_the_conversation_then_the_user_then_the_key() -> None:
    caller = Caller("acme", "key-1", KEY_ENTRY, user="ann")
    assert sticky_key(caller, "chat-7", "end-user") == "chat-7"
    assert sticky_key(caller, "", "end-user") == "end-user"
    assert sticky_key(caller, "", None) == "ann"
    assert sticky_key(replace(caller, user=""), "", None) == "key-1"
    assert len(sticky_key(caller, "x" * 100_000, None)) == LONGEST_STICKY_KEY


def test_foreseeing_takes_nobodys_turn() -> None:
    wanted = model("m", ("p", "q"), strategy="round_robin", deployments=(Deployment("p", "a"), Deployment("q", "b")))
    router, _, _ = router_of(wanted)
    grant = Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1")
    assert {router.foresee(grant, Ask("m")).attempts[0].deployment.provider for _ in range(5)} == {"p"}
    assert order_of(plan_by(router, wanted)) == order_of(Plan(router.foresee(grant, Ask("m")).attempts[::-1]))


def test_foreseeing_says_that_the_only_deployment_rests() -> None:
    wanted = model()
    router, health, clock = router_of(wanted)
    hurt(health, clock, "p")
    plan = router.foresee(Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1"), Ask("m"))
    assert len(plan.attempts) == 1 and plan.note.startswith("nothing else is left")


# --- what requests use, and what deployments declared

SEES = Deployment("p", "sees", capabilities=frozenset({"tools", "vision"}))
BLIND = Deployment("q", "blind", capabilities=frozenset({"tools"}))
SILENT = Deployment("q", "silent")


def plan_for(router: Router, wanted: ModelEntry, ask: Ask) -> Plan:
    return router.foresee(Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1"), ask)


def needing(*needs: str) -> Ask:
    return Ask("m", needs=frozenset(needs))


def test_what_never_declared_what_the_request_uses_is_dropped_with_the_reason() -> None:
    wanted = model("m", deployments=(BLIND, SEES, SILENT))
    router, _, _ = router_of(wanted)
    plan = plan_for(router, wanted, needing("vision", "tools"))
    assert order_of(plan) == [("p", "sees"), ("q", "silent")]
    assert plan.dropped == (("q", "blind", "never declared vision"),)
    assert order_of(plan_for(router, wanted, needing("tools"))) == [("q", "blind"), ("p", "sees"), ("q", "silent")]


def test_a_fallback_that_is_able_is_tried_instead_of_the_models_own_that_is_not() -> None:
    wanted = model("m", deployments=(BLIND,), fallbacks=("n",))
    router, _, _ = router_of(wanted, model("n", deployments=(SEES,)))
    plan = plan_for(router, wanted, needing("vision"))
    assert [(one.deployment.model, one.fallback, one.number) for one in plan.attempts] == [("sees", True, 1)]


def test_with_none_able_all_are_tried_so_that_the_provider_says_no() -> None:
    wanted = model("m", deployments=(BLIND, SEES))
    router, _, _ = router_of(wanted)
    plan = plan_for(router, wanted, needing("audio"))
    assert order_of(plan) == [("q", "blind"), ("p", "sees")]
    assert [one.number for one in plan.attempts] == [1, 2]
    assert (plan.dropped, plan.note) == ((), "nothing else is left: tried although it never declared audio")


def test_one_that_is_able_and_rests_is_tried_before_one_that_is_not_able() -> None:
    wanted = model("m", deployments=(BLIND, SEES))
    router, health, clock = router_of(wanted)
    hurt(health, clock, "p", "sees")
    plan = plan_for(router, wanted, needing("vision"))
    assert order_of(plan) == [("p", "sees")]
    assert plan.note.startswith("nothing else is left: tried although breaker open")
    assert plan.dropped == (("q", "blind", "never declared vision"),)


@given(st.frozensets(st.sampled_from(["tools", "vision"])), st.sets(st.integers(0, 4)), DEPLOYMENTS)
def test_whatever_is_needed_every_candidate_is_tried_once_or_dropped_and_something_is_tried(
    needs: frozenset[str], mute: set[int], some: tuple[Deployment, ...]
) -> None:
    declared = [replace(one, capabilities=frozenset() if at in mute else None) for at, one in enumerate(some)]
    wanted = ModelEntry("m", tuple(declared))
    router, _, _ = router_of(wanted)
    plan = plan_for(router, wanted, Ask("m", needs=needs))
    dropped = Counter((one.provider, one.model) for one in plan.dropped)
    assert Counter(order_of(plan)) + dropped == Counter((one.provider, one.model) for one in some)
    assert bool(plan.attempts) == any(one.provider in READY for one in some)
    assert [one.number for one in plan.attempts] == list(range(1, len(plan.attempts) + 1))


@pytest.mark.parametrize(("needs", "tokens"), [((), 25 + 50), (("tools",), 25 + 50), (("vision",), 0)])
def test_strategies_are_told_what_is_needed_and_how_long_it_may_be(needs: tuple[str, ...], tokens: int) -> None:
    seen: list[Facts] = []

    def spy(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
        seen.append(facts)
        return candidates

    wanted = model("m", ("p", "q"), strategy="spy")
    router = Router(snapshot(wanted), {"spy": spy}, lambda: 0.5, READY, Health(FakeClock()))
    call = World().call(ask=Ask("m", max_tokens=50, needs=frozenset(needs)))
    router.plan(Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1"), Prompt(call, "m", b"x" * 100))
    assert [(one.needs, one.tokens) for one in seen] == [(frozenset(needs), tokens)]


# --- fallbacks that are kept for one refusal


def kept(plan: Plan) -> list[tuple[str, str, int]]:
    return [(one.deployment.model, one.only, one.number) for one in plan.attempts]


def with_kept(**facts: Any) -> tuple[ModelEntry, ...]:
    """``m`` with fallbacks of each kind, and what they name."""
    wanted = ModelEntry(
        "m",
        (Deployment("p", "up-m"),),
        fallbacks=("n",),
        context_window_fallbacks=("long",),
        content_policy_fallbacks=("n", "lax"),
    )
    others = [model(name, ("q",), **facts) for name in ("n", "long", "lax")]
    return wanted, *others


def test_fallbacks_kept_for_a_refusal_come_last_and_say_for_which() -> None:
    wanted, *others = with_kept()
    plan = planned(snapshot(wanted, *others), wanted)
    assert kept(plan) == [
        ("up-m", "", 1), ("up-n", "", 2), ("up-long", "context_window", 3),
        ("up-n", "content_policy", 4), ("up-lax", "content_policy", 5),
    ]  # fmt: skip
    assert [one.fallback for one in plan.attempts] == [False, True, True, True, True]


def test_a_kept_fallback_is_no_way_out_when_all_else_rests() -> None:
    wanted = ModelEntry("m", (Deployment("p", "up-m"),), context_window_fallbacks=("long",))
    router, health, clock = router_of(wanted, model("long", ("q",)))
    hurt(health, clock, "p")
    plan = plan_by(router, wanted)
    assert kept(plan) == [("up-m", "", 1), ("up-long", "context_window", 2)]
    assert plan.note.startswith("nothing else is left")


def test_kept_fallbacks_that_rest_or_are_unable_or_not_allowed_are_dropped_with_the_reason() -> None:
    blind = frozenset({"tools"})
    wanted = ModelEntry(
        "m", (Deployment("p", "up-m"),), context_window_fallbacks=("long", "gone"), content_policy_fallbacks=("lax",)
    )
    lax = ModelEntry("lax", (Deployment("q", "up-lax", capabilities=blind),))
    router, health, clock = router_of(wanted, model("long", ("q",)), lax)
    hurt(health, clock, "q", "up-long")
    plan = plan_for(router, wanted, needing("vision"))
    assert kept(plan) == [("up-m", "", 1)]
    assert [(one.model, one.reason) for one in plan.dropped] == [
        ("gone", "no such model"),
        ("up-long", "breaker open until 2025-06-15T15:06:50Z"),
        ("up-lax", "never declared vision"),
    ]
    closed = planned(snapshot(*with_kept()), with_kept()[0], key=replace(KEY_ENTRY, models=("m",)))
    assert [one.reason for one in closed.dropped] == ["the key may not use it"] * 4


# --- conditions

IN_EU = (("header.x-region", "eu"),)


def test_a_deployment_whose_condition_does_not_hold_is_dropped_with_the_reason_whatever_else_is_left() -> None:
    wanted = model("m", deployments=(Deployment("p", "eu", when=IN_EU), Deployment("q", "us")))
    router, _, _ = router_of(wanted)
    grant = Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1")
    assert order_of(router.foresee(grant, Ask("m"), headers=(("x-region", "eu"),))) == [("p", "eu"), ("q", "us")]
    plan = router.foresee(grant, Ask("m"), headers=(("x-region", "us"),))
    assert order_of(plan) == [("q", "us")]
    assert plan.dropped == (("p", "eu", "its condition on header.x-region does not hold"),)


def test_a_lone_deployment_with_a_condition_is_judged_for_each_request() -> None:
    wanted = model("m", deployments=(Deployment("p", "eu", when=IN_EU),))
    router, _, _ = router_of(wanted)
    assert router.headers == {b"x-region"}
    grant = Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1")
    for region in ("eu", "us", "eu"):
        call = World().call()
        call.trail.headers = (("x-region", region),)
        plan = router.plan(grant, Prompt(call, "m", call.body))
        assert len(plan.attempts) == (region == "eu")
        assert call.trail.dropped == plan.dropped


def test_shares_are_drawn_among_those_whose_conditions_hold() -> None:
    closed = tuple(Deployment("p", f"eu-{at}", when=IN_EU) for at in range(3))
    wanted = model("m", strategy="round_robin", deployments=(*closed, Deployment("q", "a"), Deployment("q", "b")))
    router, _, _ = router_of(wanted)
    assert [plan_by(router, wanted).attempts[0].deployment.model for _ in range(4)] == ["a", "b", "a", "b"]


# --- faults that an operator asks for

ASKING = (("x-torana-inject", "503"),)


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("may", [True, False])
def test_faults_are_asked_for_only_where_that_is_on_and_by_who_may(on: bool, may: bool) -> None:
    wanted = model()
    router = Router(snapshot(wanted, inject=on), STRATEGIES, lambda: 0.5, READY, Health(FakeClock()))
    assert router.headers == ({b"x-torana-inject"} if on else frozenset())
    key = replace(KEY_ENTRY, permissions=frozenset({"routing.inject"} if may else ()))
    grant = Grant(Caller("acme", "key-1", key), wanted, "default@1")
    call = World().call()
    call.trail.headers = ASKING
    if on and not may:
        with pytest.raises(GatewayError, match="needs the permission"):
            router.plan(grant, Prompt(call, "m", call.body))
        return
    router.plan(grant, Prompt(call, "m", call.body))
    assert call.trail.inject == ((("503", ""),) if on else ())


# --- canaries, shadows, hedges

STABLE = Deployment("p", "stable")
TRIAL = Deployment("q", "trial")


def on_trial(share: float, **facts: Any) -> ModelEntry:
    return ModelEntry("m", (STABLE,), canary=Canary(TRIAL, share, **facts))


def of_user(router: Router, wanted: ModelEntry, user: str) -> Plan:
    key = replace(KEY_ENTRY, user=user)
    return router.foresee(Grant(Caller("acme", "key-1", key, user=user), wanted, "default@1"), Ask("m"))


def routing(draw: Callable[[], float] = lambda: 0.5, health: Health | None = None, **facts: Any) -> Router:
    return Router(snapshot(**facts), STRATEGIES, draw, READY, health or Health(FakeClock()))


def test_a_canary_is_first_for_its_share_of_users_and_the_same_each_time() -> None:
    router = routing()
    chosen = {f"user-{n}": of_user(router, on_trial(0.2), f"user-{n}").attempts[0].canary for n in range(1000)}
    assert 150 < sum(chosen.values()) < 250
    again = routing(draw=lambda: 0.0)
    for user, canary in chosen.items():
        plan = of_user(again, on_trial(0.2), user)
        assert plan.attempts[0].canary is canary
        assert [one.deployment for one in plan.attempts] == ([TRIAL, STABLE] if canary else [STABLE])
        assert bool(plan.dropped) is not canary


def test_who_was_in_the_share_stays_in_it_when_it_grows() -> None:
    router = routing()
    for number in range(200):
        few, many = (of_user(router, on_trial(share), f"user-{number}").attempts[0].canary for share in (0.2, 0.5))
        assert many or not few


def test_a_canary_that_is_not_sticky_is_drawn_for_each_request() -> None:
    for draw, canary in ((0.29, True), (0.3, False)):
        plan = of_user(routing(lambda draw=draw: draw), on_trial(0.3, sticky=False), "ann")  # type: ignore[misc]
        assert plan.attempts[0].canary is canary


def test_nobody_is_in_a_share_of_nothing_and_all_are_in_the_whole() -> None:
    for user in ("ann", "bob", ""):
        assert not of_user(routing(), on_trial(0.0), user).attempts[0].canary
        assert of_user(routing(), on_trial(1.0), user).attempts[0].canary


def test_a_canary_that_rests_or_is_not_able_is_left_out_with_the_reason() -> None:
    health = Health(FakeClock())
    health.of(TRIAL).cool(30.0, health._clock.monotonic())
    plan = of_user(routing(health=health), on_trial(1.0), "ann")
    assert [one.deployment for one in plan.attempts] == [STABLE]
    assert plan.dropped[0].reason.startswith("cooling down")
    unable = ModelEntry("m", (STABLE,), canary=Canary(replace(TRIAL, when=(("caller.team", "blue"),)), 1.0))
    assert [one.deployment for one in of_user(routing(), unable, "ann").attempts] == [STABLE]


def test_the_plan_of_a_shadow_is_there_unless_the_policy_the_key_or_a_condition_forbids_it() -> None:
    aside = Deployment("q", "aside")
    entry = ModelEntry("m", (STABLE,), shadow=Shadow(aside, 0.1))
    plan = plan_by(routing(), entry)
    assert plan.shadow is not None and [one.deployment for one in plan.shadow.attempts] == [aside]
    assert [one.deployment for one in plan.attempts] == [STABLE], "it answers nobody"
    assert plan_by(routing(), entry, terms=Terms(shadows=False)).shadow is None
    assert plan_by(routing(), entry, replace(KEY_ENTRY, shadows=False)).shadow is None
    others = ModelEntry("m", (STABLE,), shadow=Shadow(replace(aside, when=(("caller.tenant", "b"),)), 0.1))
    assert plan_by(routing(), others).shadow is None
    gone = ModelEntry("m", (STABLE,), shadow=Shadow(Deployment("closed", "x"), 0.1))
    assert plan_by(routing(), gone).shadow is None


def test_a_hedge_needs_a_second_deployment_of_the_same_model() -> None:
    hedge = Hedge(0.8)
    two = ModelEntry("m", (STABLE, TRIAL))
    assert plan_by(routing(hedge=hedge), two).hedge_s == 0.8
    assert plan_by(routing(), two).hedge_s is None
    assert plan_by(routing(hedge=hedge), ModelEntry("m", (STABLE,))).hedge_s is None
    known = (model("n", ("q",)),)
    alone = ModelEntry("m", (STABLE,), fallbacks=("n",))
    assert (
        of_user(
            Router(snapshot(*known, hedge=hedge), STRATEGIES, lambda: 0.5, READY, Health(FakeClock())), alone, "a"
        ).hedge_s
        is None
    )


# --- policies


def test_what_the_policy_left_out_of_the_model_is_told_first() -> None:
    wanted = model("m", providers=("p",))
    left_out = Dropped("q", "x", "the policy does not allow the region us")
    grant = Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1", barred=(left_out,))
    plan = Router(snapshot(wanted), STRATEGIES, lambda: 0.5, READY, Health(FakeClock())).foresee(grant, Ask("m"))
    assert plan.dropped == (left_out,)


def test_fallbacks_go_to_no_model_and_no_place_that_the_policy_does_not_allow() -> None:
    split = model("split", deployments=(Deployment("p", "a", region="us"), Deployment("q", "b", region="eu")))
    wanted = model("m", deployments=(Deployment("p", "m", region="eu"),), fallbacks=("denied", "split"))
    router = Router(snapshot(wanted, model("denied"), split), STRATEGIES, lambda: 0.5, READY, Health(FakeClock()))
    terms = Terms(models=Choice(denied=frozenset({"denied"})), regions=Choice(frozenset({frozenset({"eu"})})))
    plan = plan_by(router, wanted, terms=terms)
    assert [(one.deployment.provider, one.deployment.model) for one in plan.attempts] == [("p", "m"), ("q", "b")]
    assert [(one.model, one.reason) for one in plan.dropped] == [
        ("denied", "the policy does not allow it"), ("a", "the policy does not allow the region us"),
    ]  # fmt: skip
