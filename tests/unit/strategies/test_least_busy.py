"""The fewest in flight first; equals take turns, so that quiet hours do not all go to one."""

from __future__ import annotations

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.least_busy import order

THREE = [Deployment(name, "m") for name in "abc"]


def names(in_flight: dict[str, int], turn: int = 0) -> str:
    return "".join(
        one.provider for one in order(THREE, Facts(0.5, turn, {}, busy=lambda one: in_flight.get(one.provider, 0)))
    )


def test_the_least_busy_comes_first() -> None:
    assert names({"a": 3, "b": 1, "c": 2}) == "bca"
    assert names({"a": 3, "b": 1, "c": 2}, turn=2) == "bca"


def test_equals_take_turns() -> None:
    assert [names({}, turn)[0] for turn in range(4)] == ["a", "b", "c", "a"]
    assert [names({"b": 1}, turn)[0] for turn in range(3)] == ["a", "c", "c"]


def test_priority_comes_before_load() -> None:
    first, second = Deployment("a", "m", priority=1), Deployment("b", "m", priority=2)
    assert order([second, first], Facts(0.5, 0, {}, busy=lambda one: 9 if one == first else 0)) == [first, second]
