from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from torana.control.billing.forecast import forecast

OFFICE = (1.2, 1.25, 1.2, 1.15, 1.1, 0.4, 0.3)


def test_what_never_changes_is_foretold_exactly() -> None:
    found = forecast([100.0] * 56, 3, 10)
    assert math.isclose(found.expected, 1000.0)
    assert found.low is not None
    assert found.low <= 1000.0


def test_quiet_days_of_the_week_are_foretold_as_quiet() -> None:
    found = forecast([100.0 * OFFICE[day % 7] for day in range(56)], 0, 7)
    assert all(found.days[day] > 2 * found.days[6] for day in range(5))
    assert 645 < found.expected < 675


def test_growth_goes_on() -> None:
    found = forecast([100.0 * math.exp(0.01 * day) for day in range(56)], 0, 10)
    truth = sum(100.0 * math.exp(0.01 * day) for day in range(56, 66))
    assert abs(found.expected - truth) / truth < 0.1


def test_less_than_a_week_gives_an_estimate_and_no_interval() -> None:
    found = forecast([5.0, 5.0, 5.0], 2, 4)
    assert math.isclose(found.expected, 20.0, rel_tol=0.3)
    assert (found.low, found.high) == (None, None)


def test_nothing_known_foretells_nothing() -> None:
    assert forecast([], 0, 5).expected == 0.0
    assert forecast([0.0] * 20, 0, 5).high == 0.0


def test_what_comes_is_mostly_within_the_interval() -> None:
    held = 0
    for seed in range(200):
        dice = random.Random(seed)
        days = [100.0 * OFFICE[day % 7] * math.exp(dice.gauss(0, 0.2)) for day in range(86)]
        found = forecast(days[:56], 0, 30)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= sum(days[56:]) <= found.high
    assert held >= 160


@given(st.lists(st.floats(0, 1e12), max_size=70), st.integers(0, 6), st.integers(1, 31))
def test_whatever_the_history_the_figures_are_in_order(history: list[float], weekday: int, ahead: int) -> None:
    found = forecast(history, weekday, ahead)
    assert len(found.days) == ahead
    assert math.isfinite(found.expected)
    if found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.expected <= found.high
