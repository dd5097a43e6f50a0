"""First places follow the weights; so do the second ones among what is left; a weight of nothing comes last."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.weighted import order

DRAWS = 20_000


def deployments(*weights: int) -> list[Deployment]:
    return [Deployment("p", str(number), weight=weight) for number, weight in enumerate(weights)]


def ordered(candidates: list[Deployment], draw: float) -> str:
    return "".join(one.model for one in order(candidates, Facts(draw, 0, {})))


@pytest.mark.parametrize("weights", [(1,), (1, 1), (3, 1), (1, 2, 7), (5, 0, 5), (1, 1, 1, 1), (1000, 1)])
def test_over_evenly_spread_draws_each_order_is_as_frequent_as_its_weights_say(weights: tuple[int, ...]) -> None:
    """Exact up to the grid: draws are spread evenly, so nothing is left to chance."""
    seen = Counter(ordered(deployments(*weights), (step + 0.5) / DRAWS) for step in range(DRAWS))
    for order_of in permutations(range(len(weights))):
        wanted, left = 1.0, sum(weights)
        for place in order_of:
            if left == 0:
                break
            wanted *= weights[place] / left
            left -= weights[place]
        found = seen["".join(map(str, order_of))] / DRAWS
        if 0 not in weights:
            assert found == pytest.approx(wanted, abs=0.002), order_of


@given(st.floats(0, 1, exclude_max=True))
def test_a_weight_of_nothing_comes_after_every_other_weight(draw: float) -> None:
    assert ordered(deployments(0, 1, 0, 4), draw)[2:] == "02"


@given(st.floats(0, 1, exclude_max=True))
def test_without_any_weight_the_order_is_as_written(draw: float) -> None:
    assert ordered(deployments(0, 0, 0), draw) == "012"


@given(st.floats(0, 1, exclude_max=True))
def test_a_lower_priority_never_comes_before_a_higher_one(draw: float) -> None:
    heavy = Deployment("p", "x", weight=10**6, priority=2)
    light = Deployment("p", "y", weight=1, priority=1)
    assert [one.model for one in order([heavy, light], Facts(draw, 0, {}))] == ["y", "x"]


@pytest.mark.parametrize("draw", [0.0, 0.25, 0.5, 0.75, 1 - 2**-53])
def test_the_edges_of_a_draw_choose_somebody(draw: float) -> None:
    assert sorted(ordered(deployments(1, 1, 1, 1), draw)) == list("0123")
