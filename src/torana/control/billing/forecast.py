"""What a month will come to: daily costs by weekday and level, with an interval.

Each day costs a level times the factor of its weekday; the level is a mean that forgets by half in two weeks and follows a
trend as far as that is more than chance. The interval is of days that vary by themselves around a level that drifts; floats,
back-tested by ``scripts/forecast.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

WEEK = 7
HISTORY_DAYS = 56
HALF_LIFE_DAYS = 14.0
DRAWN_BY = 1.0
"""As many weeks of factor one are mixed into each weekday's mean."""
WIDTH = 1.45
"""Standard deviations to either side: more than the 1.28 of a normal 80 %, for both are estimated (docs/forecast.md)."""
COVERS = 0.8
"""How often the interval is meant to hold what comes."""
STEEPEST = 0.03
"""No level is taken to grow by more a day."""
TREND_FROM_DAYS = 28
UNKNOWN_TREND = 0.006**2
"""The variance of a trend that is not known."""
NEIGHBOURS = 3.0
"""Days that follow each other are alike: a slope is so much less certain than least squares say."""
LEAST_DAYS = 7
"""Of history; with less there is an estimate and no interval."""
METHOD = "weekday factors x exponentially weighted level (half-life 14 days) with a shrunk trend; interval for 80 %"


class Forecast(NamedTuple):
    """In units of the currency, as floats."""

    expected: float
    low: float | None
    high: float | None
    """None: too little is known."""
    days: tuple[float, ...]
    """What each day to come is expected to cost."""


def forecast(history: Sequence[float], weekday: int, ahead: int) -> Forecast:
    """The sum of ``ahead`` days from a day of this weekday (0 is Monday) on; ``history`` ends with the day before it."""
    known = list(history[-HISTORY_DAYS:])
    first = (weekday - len(known)) % WEEK
    if not known or not any(known):
        return Forecast(
            0.0, None if len(known) < LEAST_DAYS else 0.0, None if len(known) < LEAST_DAYS else 0.0, (0.0,) * ahead
        )
    factors = _factors(known, first)
    bare = [value / factors[(first + day) % WEEK] for day, value in enumerate(known)]
    # Times the factor: sums by sums, for a mean of quotients of factors that are drawn towards one would be too low.
    weights = [
        factors[(first + day) % WEEK] * 0.5 ** ((len(known) - 1 - day) / HALF_LIFE_DAYS) for day in range(len(known))
    ]
    trend = _trend(bare)
    # The level as of the day ahead of the history, each known day brought there by the trend.
    brought = [value * math.exp(trend.daily * (len(known) - day)) for day, value in enumerate(bare)]
    level = _mean(brought, weights)
    days = tuple(level * math.exp(trend.daily * day) * factors[(weekday + day) % WEEK] for day in range(ahead))
    expected = sum(days)
    if len(known) < LEAST_DAYS or level <= 0:
        return Forecast(expected, None, None, days)
    spread = WIDTH * math.sqrt(_variance(brought, weights, trend, days))
    return Forecast(expected, max(0.0, expected - spread), expected + spread, days)


class _Trend(NamedTuple):
    daily: float
    """By what the logarithm of the level grows a day."""
    variance: float
    """Of that."""


def _variance(brought: Sequence[float], weights: Sequence[float], trend: _Trend, days: Sequence[float]) -> float:
    """Of the sum of the days ahead: chance of each day, what is not known of the level, its drift and its trend."""
    level = _mean(brought, weights)
    count = len(brought)
    squares = [(value / level - 1.0) ** 2 for value in brought]
    noise = _mean(squares, weights) * count / max(1, count - 2)
    of_level = noise * sum(weight**2 for weight in weights) / sum(weights) ** 2
    centre = sum((count - day) * weight for day, weight in enumerate(weights)) / sum(weights)
    of_trend = trend.variance * (centre + len(days) / 2) ** 2
    of_all = of_level + of_trend + _drift(brought, len(days))
    return noise * sum(day**2 for day in days) + of_all * sum(days) ** 2


def _trend(bare: Sequence[float]) -> _Trend:
    """The slope of the logarithms by least squares, drawn towards none by as much as chance could have made it."""
    count = len(bare)
    if count < TREND_FROM_DAYS:
        return _Trend(0.0, UNKNOWN_TREND)
    floor = sum(bare) / count / 100
    logs = [math.log(max(value, floor)) for value in bare]
    middle, mean = (count - 1) / 2, sum(logs) / count
    across = count * (count**2 - 1) / 12
    slope = sum((day - middle) * (value - mean) for day, value in enumerate(logs)) / across
    rest = sum((value - mean - slope * (day - middle)) ** 2 for day, value in enumerate(logs))
    variance = NEIGHBOURS * rest / (count - 2) / across
    believed = slope**2 / (slope**2 + variance) if slope else 0.0
    daily = max(-STEEPEST, min(STEEPEST, believed * slope))
    return _Trend(daily, believed * variance + (1 - believed) * UNKNOWN_TREND / 4)


def _factors(known: Sequence[float], first: int) -> list[float]:
    """What each weekday is to the mean of all; never nought, for it divides."""
    overall = sum(known) / len(known)
    found = []
    for weekday in range(WEEK):
        own = [value for day, value in enumerate(known) if (first + day) % WEEK == weekday]
        factor = (sum(own) / overall + DRAWN_BY) / (len(own) + DRAWN_BY)
        found.append(max(factor, 0.01))
    return found


def _drift(bare: Sequence[float], ahead: int) -> float:
    """The relative variance of the level over the days ahead: weeks of the history against those before them.

    What chance alone makes two weeks differ by is taken off; a level that wanders does so with the square root of time.
    """
    weeks = [sum(bare[end - WEEK : end]) / WEEK for end in range(len(bare), WEEK - 1, -WEEK)][::-1]
    if len(weeks) < 2:
        return 0.02
    steps = [math.log(max(after, 1e-12) / max(before, 1e-12)) for before, after in pairwise(weeks)]
    within = _within(bare, weeks)
    drift = sum(step**2 for step in steps) / len(steps) - 2 * within / WEEK
    # The mean over the days ahead lies at half their distance, and the level's own mean some days back.
    return max(drift, 0.0) * (ahead / 2 + HALF_LIFE_DAYS / 2) / WEEK


def _within(bare: Sequence[float], weeks: Sequence[float]) -> float:
    """The relative variance of days within their week."""
    start = len(bare) - WEEK * len(weeks)
    squares = [
        (bare[start + WEEK * week + day] / mean - 1.0) ** 2
        for week, mean in enumerate(weeks)
        if mean > 0
        for day in range(WEEK)
    ]
    return sum(squares) / max(1, len(squares) - len(weeks)) if squares else 0.0


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)
