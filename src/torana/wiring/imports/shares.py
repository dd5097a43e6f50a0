"""Weights and orders of other gateways as the whole numbers of ours.

It knows no format. Used by the readers of foreign configurations.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

MOST = 1_000_000


def whole_weights(weights: Sequence[Decimal | None]) -> list[int] | None:
    """Whole weights in the same proportion; None when there are none within our bounds, or all are 0."""
    given = [weight for weight in weights if weight is not None]
    if len(given) < len(weights) or any(weight < 0 or weight > MOST for weight in given) or not any(given):
        return None
    if any(len(weight.as_tuple().digits) > 20 for weight in given):
        return None
    for digits in range(7):
        scaled = [weight.scaleb(digits) for weight in given]
        if all(one == one.to_integral_value() for one in scaled):
            return [int(one) for one in scaled] if max(scaled) <= MOST else None
    return None


def places(orders: Sequence[int | None]) -> list[int]:
    """Priorities: the orders themselves where ours can hold them, else their ranks; what has none comes last."""
    given = sorted({order for order in orders if order is not None})
    fits = all(0 <= order < MOST for order in given)
    ranks = {order: order if fits else rank for rank, order in enumerate(given, 1)}
    last = max(ranks.values(), default=0) + 1
    return [last if order is None else ranks[order] for order in orders]
