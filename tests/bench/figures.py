"""The arithmetic of the report: medians, percentiles, spread, slope. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """Several rounds of one figure."""

    median: float
    low: float
    high: float
    rounds: int


def spread(values: Sequence[float]) -> Spread:
    """Median, lowest and highest of at least one value."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


def ratios(values: Sequence[float], yardstick: Sequence[float]) -> list[float]:
    """Each round's value over the yardstick's value of the same round, so that a slow minute cancels out."""
    return [value / unit for value, unit in zip(values, yardstick, strict=True) if unit > 0]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted values; 0 when there are none."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least-squares slope through (x, y) points; 0 with fewer than two different x."""
    if len(points) < 2:
        return 0.0
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    width = sum((x - mean_x) ** 2 for x, _ in points)
    if width == 0:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / width
