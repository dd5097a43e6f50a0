"""What every Counters store promises: all charges of a request or none, exact against models that remember everything."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.counters.models import MODELS, NOW, Naive, held, limit, spend
from tests.contract.counters.shared import Booked
from torana.ports.store import Charge, Counters, Overrun
from torana.stores import memory


@pytest.fixture(params=["memory", "valkey", "valkey with leases"])
async def counters(request: pytest.FixtureRequest) -> AsyncIterator[Counters]:
    if request.param == "memory":
        yield memory.open(memory.Settings())
        return
    shared = Booked(request.getfixturevalue("valkey").url, lease=16 if "leases" in request.param else 0)
    yield shared
    await shared.aclose()


SLICE_S = 0.5
"""What a minute's window may be too strict by where it is kept in slices."""


def late_s(counters: Counters) -> float:
    return SLICE_S if isinstance(counters, Booked) else 0.0


async def take(counters: Counters, charge: Charge, now: float = NOW, amount: int = 1) -> bool:
    return not isinstance(await counters.reserve([charge], [amount], now), Overrun)


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket"])
async def test_a_limit_met_exactly_is_not_overrun_and_one_more_is(counters: Counters, algorithm: str) -> None:
    charge = limit(3, algorithm=algorithm)
    for _ in range(3):
        assert await take(counters, charge)
    overrun = await counters.reserve([charge], [1], NOW)
    assert isinstance(overrun, Overrun)
    assert (overrun.charge, overrun.used) == (charge, 3)


async def test_what_is_older_than_the_window_no_longer_counts(counters: Counters) -> None:
    await take(counters, limit(1))
    assert not await take(counters, limit(1), NOW + 59.9)
    assert await take(counters, limit(1), NOW + 60 + late_s(counters))


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket"])
async def test_a_refusal_says_when_there_is_room_again_and_then_there_is(counters: Counters, algorithm: str) -> None:
    charge = limit(3, algorithm=algorithm)
    for second in (0, 10, 20):
        await take(counters, charge, NOW + second)
    later = NOW + 25
    overrun = await counters.reserve([charge], [3], later)
    assert isinstance(overrun, Overrun)
    assert not await take(counters, charge, later + overrun.reset_in_s - 0.01, 3)
    assert await take(counters, charge, later + overrun.reset_in_s, 3)


async def test_a_bucket_gives_its_burst_at_once_then_its_rate(counters: Counters) -> None:
    bucket = limit(60, algorithm="token_bucket", burst=10)
    assert [await take(counters, bucket) for _ in range(11)] == [True] * 10 + [False]
    assert await take(counters, bucket, NOW + 1)
    assert not await take(counters, bucket, NOW + 1)


async def test_a_fixed_window_forgets_all_at_its_edge(counters: Counters) -> None:
    fixed = limit(1, algorithm="fixed_window")
    edge = NOW - NOW % 60 + 60
    assert await take(counters, fixed, edge - 0.001)
    assert await take(counters, fixed, edge)
    assert not await take(counters, fixed, edge + 59.9)


async def test_what_can_never_fit_waits_for_nothing(counters: Counters) -> None:
    overrun = await counters.reserve([limit(3)], [4], NOW)
    assert isinstance(overrun, Overrun)
    assert (overrun.used, overrun.reset_in_s) == (0, 60.0)


async def test_one_charge_that_does_not_fit_takes_nothing_of_the_others(counters: Counters) -> None:
    wide, narrow, money = limit(2, rule="wide"), limit(0, rule="narrow"), spend(10)
    overrun = await counters.reserve([wide, money, narrow], [1, 5, 1], NOW)
    assert isinstance(overrun, Overrun)
    assert overrun.charge == narrow
    assert await take(counters, wide)
    assert await take(counters, wide)
    assert await counters.used([money], NOW) == [(0, 0)]


async def test_the_same_counter_twice_in_one_request_counts_twice(counters: Counters) -> None:
    assert isinstance(await counters.reserve([limit(3), limit(3)], [2, 2], NOW), Overrun)
    assert await counters.reserve([limit(4), limit(4)], [2, 2], NOW) == [2, 4]
    assert not await take(counters, limit(4))


async def test_what_is_taken_is_said_by_charge(counters: Counters) -> None:
    money = spend(100)
    assert await counters.reserve([limit(9), money], [2, 30], NOW) == [2, 30]
    assert await counters.reserve([limit(9), money], [3, 5], NOW) == [5, 35]


async def test_rules_and_subjects_have_counters_of_their_own(counters: Counters) -> None:
    assert await take(counters, limit(1))
    assert await take(counters, limit(1, subject="acme\0arun"))
    assert await take(counters, limit(1, rule="other"))
    assert not await take(counters, limit(1))


async def test_what_is_held_counts_until_it_is_given_back(counters: Counters) -> None:
    charge = held(2)
    assert await take(counters, charge)
    assert await take(counters, charge, NOW + 10**6)
    overrun = await counters.reserve([charge], [1], NOW + 10**6)
    assert isinstance(overrun, Overrun)
    assert overrun.used == 2
    counters.settle([charge], [1], [1], NOW, NOW)
    assert await take(counters, charge)


async def test_giving_back_too_often_makes_no_room_that_is_not_there(counters: Counters) -> None:
    charge = held(1)
    for _ in range(5):
        counters.settle([charge], [1], [1], NOW, NOW)
    assert await take(counters, charge)
    assert not await take(counters, charge)


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket"])
async def test_what_was_reserved_too_high_makes_room_and_what_was_too_low_takes_it(
    counters: Counters, algorithm: str
) -> None:
    charge = limit(100, algorithm=algorithm)
    assert await take(counters, charge, NOW, 60)
    counters.settle([charge], [60], [10], NOW, NOW + 1)
    assert (await counters.used([charge], NOW))[0][0] <= 10
    assert await take(counters, charge, NOW, 90)
    counters.settle([charge], [90], [95], NOW, NOW)
    assert not await take(counters, charge)


async def test_a_budget_is_used_by_what_is_spent_and_what_is_held(counters: Counters) -> None:
    budget = spend(100)
    assert await take(counters, budget, amount=70)
    overrun = await counters.reserve([budget], [31], NOW)
    assert isinstance(overrun, Overrun)
    assert (overrun.used, overrun.reset_in_s) == (70, budget.ends_at - NOW)
    counters.settle([budget], [70], [20], NOW, NOW)
    assert await take(counters, budget, amount=80)
    assert await counters.used([budget], NOW) == [(100, 80)]


async def test_a_budget_remembers_what_was_spent_before_the_store_began(counters: Counters) -> None:
    budget = spend(100)
    counters.restore(budget, 90)
    assert not await take(counters, budget, amount=11)
    assert await take(counters, budget, amount=10)
    counters.settle([budget], [10], [5], NOW, NOW)
    counters.restore(budget, 92)
    assert await counters.used([budget], NOW) == [(95, 0)]


async def test_a_soft_limit_counts_and_lets_pass(counters: Counters) -> None:
    soft = spend(10)._replace(hard=False)
    assert await take(counters, soft, amount=50)
    assert await counters.used([soft], NOW) == [(50, 50)]


async def test_listeners_hear_of_money_that_was_settled_and_of_what_was_spent_before(counters: Counters) -> None:
    heard: list[tuple[str, int, int]] = []
    counters.listen(lambda charge, spent, before: heard.append((charge.rule_id, spent, before)))
    budget = spend(100)
    for cost in (30, 0, 12):
        await take(counters, budget, amount=40)
        counters.settle([budget], [40], [cost], NOW, NOW)
    await counters.used([budget], NOW)
    assert heard == [("budget", 30, 0), ("budget", 42, 30)]


async def test_a_clock_set_back_does_not_lock_callers_out_for_longer_than_the_window(counters: Counters) -> None:
    for algorithm in ("sliding_window", "fixed_window", "token_bucket"):
        charge = limit(1, algorithm=algorithm)
        await take(counters, charge)
        assert not await take(counters, charge, NOW - 3600)
        assert await take(counters, charge, NOW - 3600 + 60 + late_s(counters))


RULES = {
    "minute": limit(0),
    "hour": limit(0, window_s=3600.0),
    "fixed": limit(0, algorithm="fixed_window"),
    "bucket": limit(12, algorithm="token_bucket", burst=5),
    "at once": held(0),
    "budget": spend(0),
}
ASKED = st.lists(
    st.builds(
        lambda rule, subject, amount, most: (
            RULES[rule]._replace(rule_id=rule, subject=subject, limit=RULES[rule].limit if rule == "bucket" else most),
            amount,
        ),
        st.sampled_from(sorted(RULES)),
        st.sampled_from(["t\0a", "t\0b"]),
        st.integers(1, 4),
        st.integers(0, 12),
    ),
    max_size=4,
)


@given(steps=st.lists(st.tuples(st.integers(0, 40), ASKED, st.none() | st.integers(0, 3)), max_size=60))
async def test_decisions_are_those_of_models_that_remember_everything(
    steps: list[tuple[int, list[tuple[Charge, int]], int | None]],
) -> None:
    counters, naive, now = memory.open(memory.Settings()), Naive(MODELS), NOW
    open_: list[tuple[list[Charge], list[int], float]] = []
    for later, asked, actual in steps:
        now += later
        charges, amounts = [charge for charge, _ in asked], [amount for _, amount in asked]
        taken = not isinstance(await counters.reserve(charges, amounts, now), Overrun)
        assert taken == naive.reserve(charges, amounts, now)
        if taken:
            open_.append((charges, amounts, now))
        if actual is not None and open_:
            charges, amounts, at = open_.pop(0)
            actuals = [actual] * len(charges)
            counters.settle(charges, amounts, actuals, at, now)
            naive.settle(charges, amounts, actuals, at)
