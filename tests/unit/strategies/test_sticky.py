"""One key, one deployment, in every process; shares by weight; only what must move moves."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts
from torana.strategies.sticky import order

KEYS = [f"conversation-{number}" for number in range(4000)]


def deployments(*weights: int) -> list[Deployment]:
    return [Deployment("p", str(number), weight=weight) for number, weight in enumerate(weights)]


def names(candidates: list[Deployment], key: str, turn: int = 0, draw: float = 0.0) -> str:
    return "".join(one.model for one in order(candidates, Facts(draw, turn, {}, sticky_key=key)))


@given(st.text(), st.integers(0, 9), st.floats(0, 1, exclude_max=True))
def test_neither_turn_nor_draw_moves_a_key(key: str, turn: int, draw: float) -> None:
    assert names(deployments(1, 1, 1), key, turn, draw) == names(deployments(1, 1, 1), key)


def test_the_order_is_the_same_in_every_process() -> None:
    assert [names(deployments(1, 1, 1), key) for key in ("ann", "bob", "")] == ["021", "120", "120"]


@pytest.mark.parametrize("weights", [(1, 1), (3, 1), (1, 2, 1)])
def test_shares_follow_the_weights(weights: tuple[int, ...]) -> None:
    firsts = Counter(names(deployments(*weights), key)[0] for key in KEYS)
    for number, weight in enumerate(weights):
        assert firsts[str(number)] / len(KEYS) == pytest.approx(weight / sum(weights), abs=0.03)


def test_when_one_goes_only_its_own_keys_move() -> None:
    for key in KEYS[:500]:
        whole = names(deployments(1, 1, 1, 1), key)
        assert names(deployments(1, 1, 1), key) == whole.replace("3", "")


@given(st.text())
def test_a_weight_of_nothing_comes_last(key: str) -> None:
    assert names(deployments(0, 1, 2), key)[-1] == "0"
