"""Weights keep their proportion as whole numbers; orders become priorities."""

from __future__ import annotations

from decimal import Decimal

import pytest

from torana.wiring.imports.shares import places, whole_weights


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        (["2", "1"], [2, 1]), (["0.7", "0.3"], [7, 3]), (["0.25", "1"], [25, 100]), (["0", "1"], [0, 1]),
        (["0", "0"], None), (["-1", "2"], None), (["1e9", "1"], None), (["0.00000001", "1"], None), ([None, "1"], None),
    ],
)  # fmt: skip
def test_weights(given: list[str | None], weights: list[int] | None) -> None:
    assert whole_weights([Decimal(one) if one else None for one in given]) == weights


@pytest.mark.parametrize(
    ("orders", "priorities"),
    [([1, 2], [1, 2]), ([5, None], [5, 6]), ([-1, 3], [1, 2]), ([10**9, 1], [2, 1]), ([None], [1])],
)
def test_orders(orders: list[int | None], priorities: list[int]) -> None:
    assert places(orders) == priorities
