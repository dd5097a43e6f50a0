"""A Plan is all candidates, each once: in it, or dropped with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import KEY_ENTRY, World, model, snapshot
from torana.core.call import Prompt
from torana.core.snapshot import Deployment, KeyEntry, ModelEntry, Snapshot
from torana.core.tickets import Caller, Grant, Plan
from torana.line.route import Router
from torana.strategies import priority, round_robin, weighted

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
    return plan_by(Router(known, STRATEGIES, draw, ready), wanted, key)


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
    router = Router(snapshot(one, two), STRATEGIES, lambda: 0.0, READY)
    seen = [plan_by(router, wanted).attempts[0].deployment.model for wanted in (one, one, two, one, two)]
    assert seen == ["a", "b", "c", "a", "d"]


def test_a_model_with_one_deployment_draws_nothing() -> None:
    def never() -> float:
        raise AssertionError("drawn")

    assert len(planned(snapshot(), model(), draw=never).attempts) == 1


def test_a_strategy_nobody_opened_is_a_fault() -> None:
    with pytest.raises(KeyError):
        planned(snapshot(), model("m", ("p", "q"), strategy="unheard_of"))
