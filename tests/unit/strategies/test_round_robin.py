"""Each of the best priority in turn; the next in line stands in for it; lower priorities are last."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.round_robin import order


def deployments(count: int, priority: int = 1) -> list[Deployment]:
    return [Deployment(f"p{priority}", str(number), priority=priority) for number in range(count)]


def names(candidates: list[Deployment], turn: int) -> str:
    return "".join(one.model for one in order(candidates, Facts(0.5, turn, {})))


def test_turns_go_round() -> None:
    three = deployments(3)
    assert [names(three, turn) for turn in range(4)] == ["012", "120", "201", "012"]


@given(st.integers(1, 6), st.integers(1, 20))
def test_over_whole_rounds_each_is_first_equally_often(count: int, rounds: int) -> None:
    firsts = Counter(names(deployments(count), turn)[0] for turn in range(count * rounds))
    assert set(firsts.values()) == {rounds}


@given(st.integers(0, 100))
def test_a_lower_priority_never_comes_before_a_higher_one(turn: int) -> None:
    ordered = order([*deployments(2, 5), *deployments(3, 1)], Facts(0.5, turn, {}))
    assert [one.priority for one in ordered] == [1, 1, 1, 5, 5]
