"""reach: time-outs as people write them, and turns by weight."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.snapshot import Deadlines
from torana.upstream.reach import Rotation, Timeouts


def test_without_first_token_a_stream_has_a_minute_and_a_plain_answer_the_total() -> None:
    assert Timeouts().deadlines(stream=True) == Deadlines(5, 60, 30, 600)
    assert Timeouts().deadlines(stream=False) == Deadlines(5, 600, 30, 600)
    assert Timeouts(total=20).deadlines(stream=True).first_token_s == 20
    assert Timeouts(first_token=7).deadlines(stream=False).first_token_s == 7


@pytest.mark.parametrize("given", [{"connect": 0}, {"total": -1}, {"idle": "3"}, {"first": 3}])
def test_wrong_time_outs_are_refused(given: dict) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, Timeouts)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_everyone_gets_turns_by_weight_and_nobody_waits_longer_than_a_round(weights: list[int]) -> None:
    rotation = Rotation(list("abcde"[: len(weights)]), weights)
    round_ = sum(weights)
    taken = [rotation.take() for _ in range(2 * round_)]
    assert all("abcde"[position] == thing for position, thing in taken)
    assert taken[:round_] == taken[round_:]
    assert [sum(position == one for position, _ in taken[:round_]) for one in range(len(weights))] == weights


def test_turns_are_spread() -> None:
    rotation = Rotation("ab", [3, 3])
    assert "".join(rotation.take()[1] for _ in range(6)) == "ababab"


def test_turns_among_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Rotation([], [])
