"""A change of a budget that lets more be spent is a raise, and so is whatever is not known to be stricter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.objects.book import ObjectRow
from torana.control.objects.raises import raises

THERE: dict[str, Any] = {"scope": "tenant", "limit": "10.00", "per": "month", "hard": True, "alerts": [0.5]}


def row(**more: Any) -> ObjectRow:
    return ObjectRow("acme", "budgets", "monthly", "stored", {**THERE, **more})


@pytest.mark.parametrize(
    "change",
    [
        {"limit": "10.01"}, {"hard": False}, {"per": "day"}, {"match": "acme"}, {"where": {"model": "a"}}, {"by_policy": True},
        {"on_store_failure": "allow"}, {"scope": "user"}, {"also": ["model"]}, {"limit": "all of it"}, {"time_zone": "Asia/Kolkata"},
    ],
)  # fmt: skip
def test_what_lets_more_be_spent_is_a_raise(change: dict[str, Any]) -> None:
    assert raises(row(), {**THERE, **change})


@pytest.mark.parametrize(
    "change", [{}, {"limit": "9.99"}, {"limit": "10"}, {"alerts": [0.8]}, {"where": {}}, {"match": None}]
)
def test_what_is_stricter_or_the_same_is_none(change: dict[str, Any]) -> None:
    assert not raises(row(), {**THERE, **change})


def test_a_new_budget_is_none_and_its_end_is_one() -> None:
    assert not raises(None, THERE)
    assert raises(row(), None)
    assert not raises(row(hard=False), {**THERE, "hard": True})


@given(st.decimals(0, 10**9, places=9), st.decimals(0, 10**9, places=9))
def test_limits_are_compared_as_amounts(old: Any, new: Any) -> None:
    assert raises(row(limit=f"{old:f}"), {**THERE, "limit": f"{new:f}"}) == (new > old)
