"""What every Counters store promises: all charges of a request or none, exact against a naive model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.ports.store import Charge, Counters
from torana.stores import memory

NOW = 1_750_000_000.0


@pytest.fixture(params=["memory"])
def counters(request: pytest.FixtureRequest) -> Counters:
    return memory.open(memory.Settings())


def charge(limit: int, window_s: float = 60.0, amount: int = 1, rule: str = "r", subject: str = "acme/priya") -> Charge:
    return Charge(rule, subject, amount, limit, window_s)


async def test_a_limit_met_exactly_is_not_overrun_and_one_more_is(counters: Counters) -> None:
    for _ in range(3):
        assert await counters.reserve([charge(3)], NOW) is None
    overrun = await counters.reserve([charge(3)], NOW)
    assert overrun is not None
    assert (overrun.charge, overrun.used) == (charge(3), 3)


async def test_what_is_older_than_the_window_no_longer_counts(counters: Counters) -> None:
    await counters.reserve([charge(1)], NOW)
    assert await counters.reserve([charge(1)], NOW + 59.9) is not None
    assert await counters.reserve([charge(1)], NOW + 60) is None


async def test_a_refusal_says_when_there_is_room_again_and_then_there_is(counters: Counters) -> None:
    for second in (0, 10, 20):
        await counters.reserve([charge(3)], NOW + second)
    overrun = await counters.reserve([charge(3, amount=2)], NOW + 30)
    assert overrun is not None
    assert overrun.reset_in_s == pytest.approx(40)
    assert await counters.reserve([charge(3, amount=2)], NOW + 30 + overrun.reset_in_s) is None


async def test_what_can_never_fit_waits_for_nothing(counters: Counters) -> None:
    overrun = await counters.reserve([charge(3, amount=4)], NOW)
    assert overrun is not None
    assert (overrun.used, overrun.reset_in_s) == (0, 60.0)


async def test_one_charge_that_does_not_fit_takes_nothing_of_the_others(counters: Counters) -> None:
    wide, narrow = charge(2, rule="wide"), charge(0, rule="narrow")
    overrun = await counters.reserve([wide, narrow], NOW)
    assert overrun is not None
    assert overrun.charge == narrow
    assert await counters.reserve([wide], NOW) is None
    assert await counters.reserve([wide], NOW) is None


async def test_the_same_counter_twice_in_one_request_counts_twice(counters: Counters) -> None:
    assert await counters.reserve([charge(3, amount=2), charge(3, amount=2)], NOW) is not None
    assert await counters.reserve([charge(4, amount=2), charge(4, amount=2)], NOW) is None
    assert await counters.reserve([charge(4)], NOW) is not None


async def test_rules_and_subjects_have_counters_of_their_own(counters: Counters) -> None:
    assert await counters.reserve([charge(1)], NOW) is None
    assert await counters.reserve([charge(1, subject="acme/arun")], NOW) is None
    assert await counters.reserve([charge(1, rule="other")], NOW) is None
    assert await counters.reserve([charge(1)], NOW) is not None


async def test_what_is_held_counts_until_it_is_given_back(counters: Counters) -> None:
    held = charge(2, window_s=0)
    assert await counters.reserve([held], NOW) is None
    assert await counters.reserve([held], NOW + 10**6) is None
    overrun = await counters.reserve([held], NOW + 10**6)
    assert overrun is not None
    assert overrun.used == 2
    counters.release([held])
    assert await counters.reserve([held], NOW) is None


async def test_giving_back_too_often_makes_no_room_that_is_not_there(counters: Counters) -> None:
    held = charge(1, window_s=0)
    for _ in range(5):
        counters.release([held])
    assert await counters.reserve([held], NOW) is None
    assert await counters.reserve([held], NOW) is not None


async def test_giving_back_does_not_touch_windows(counters: Counters) -> None:
    await counters.reserve([charge(1)], NOW)
    counters.release([charge(1)])
    assert await counters.reserve([charge(1)], NOW) is not None


async def test_a_clock_set_back_does_not_lock_callers_out_for_longer_than_the_window(counters: Counters) -> None:
    await counters.reserve([charge(1)], NOW)
    assert await counters.reserve([charge(1)], NOW - 3600) is not None
    assert await counters.reserve([charge(1)], NOW - 3600 + 60) is None


class Naive:
    """Remembers everything."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, Charge]] = []
        self.held: list[Charge] = []

    def fits(self, charges: list[Charge], now: float) -> bool:
        for number, asked in enumerate(charges):
            same = [c for c in charges[: number + 1] if c[:2] == asked[:2]]
            if asked.window_s:
                before = [c for at, c in self.taken if c[:2] == asked[:2] and at > now - asked.window_s]
            else:
                before = [c for c in self.held if c[:2] == asked[:2]]
            if sum(c.amount for c in before) + sum(c.amount for c in same) > asked.limit:
                return False
        for asked in charges:
            if asked.window_s:
                self.taken.append((now, asked))
            else:
                self.held.append(asked)
        return True


RULES = {"minute": 60.0, "hour": 3600.0, "at once": 0.0}
CHARGES = st.lists(
    st.builds(
        lambda rule, subject, amount, limit: Charge(rule, subject, amount, limit, RULES[rule]),
        st.sampled_from(sorted(RULES)),
        st.sampled_from(["a", "b"]),
        st.integers(1, 4),
        st.integers(0, 12),
    ),
    max_size=4,
)


@given(steps=st.lists(st.tuples(st.integers(0, 40), CHARGES, st.booleans()), max_size=60))
async def test_decisions_are_those_of_a_model_that_remembers_everything(
    steps: list[tuple[int, list[Charge], bool]],
) -> None:
    counters, naive, now = memory.open(memory.Settings()), Naive(), NOW
    for later, charges, gives_back in steps:
        now += later
        assert (await counters.reserve(charges, now) is None) == naive.fits(charges, now)
        if gives_back and naive.held:
            counters.release([naive.held.pop(0)])
