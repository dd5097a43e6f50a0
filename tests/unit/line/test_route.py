"""A Plan is all candidates, each once: in it, or dropped with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import KEY_ENTRY, PRICES, World, model, snapshot
from torana.core.call import Prompt
from torana.core.snapshot import Breaker, Deployment, KeyEntry, ModelEntry, Snapshot
from torana.core.tickets import Caller, Grant, Plan
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


def plan_by(router: Router, wanted: ModelEntry, key: KeyEntry = KEY_ENTRY) -> Plan:
    call = World().call()
    prompt = Prompt(call, wanted.name, call.body)
    plan = router.plan(Grant(Caller("acme", "key-1", key), wanted, "default@1"), prompt)
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
    assert sticky_key(caller._replace(user=""), "", None) == "key-1"
    assert len(sticky_key(caller, "x" * 100_000, None)) == LONGEST_STICKY_KEY


def test_foreseeing_takes_nobodys_turn() -> None:
    wanted = model("m", ("p", "q"), strategy="round_robin", deployments=(Deployment("p", "a"), Deployment("q", "b")))
    router, _, _ = router_of(wanted)
    grant = Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1")
    assert {router.foresee(grant).attempts[0].deployment.provider for _ in range(5)} == {"p"}
    assert order_of(plan_by(router, wanted)) == order_of(Plan(router.foresee(grant).attempts[::-1]))


def test_foreseeing_says_that_the_only_deployment_rests() -> None:
    wanted = model()
    router, health, clock = router_of(wanted)
    hurt(health, clock, "p")
    plan = router.foresee(Grant(Caller("acme", "key-1", KEY_ENTRY), wanted, "default@1"))
    assert len(plan.attempts) == 1 and plan.note.startswith("nothing else is left")
