"""What is left of a caller's limits after a request, for the headers of its answer.

Of all rules of one unit the one with the least left is told. Called by the edge; a request without limits costs a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from torana.core.tickets import Hold
from torana.line.charges import Rate
from torana.line.limits import Taken


class Allowance(NamedTuple):
    """The tightest rule of one unit: its limit, what is left of it, and the seconds after which all of it is there."""

    unit: str
    limit: int
    remaining: int
    reset_s: float


def allowances(hold: Hold) -> list[Allowance]:
    """One for each unit that the caller has a rule of rates about."""
    taken = cast("Taken | None", hold.taken)
    if taken is None:
        return []
    told: list[Allowance] = []
    for rates in taken.owed.rates:
        rate, remaining = tightest(rates, taken.used)
        reset_s = rate.window_s
        if rate.algorithm != "sliding_window":
            used = rate.capacity - remaining
            reset_s = reset_of(rate.algorithm, reset_s, used / rate.limit if rate.limit else 1.0, taken.at)
        told.append(Allowance(rate.unit, rate.capacity, max(0, remaining), reset_s))
    return told


def tightest(rates: Sequence[Rate], used: Sequence[int]) -> tuple[Rate, int]:
    """The first of the rules, one at least, with the least left, and what that is."""
    tight = rates[0]
    least = tight.capacity - used[tight.place]
    for one in rates[1:]:
        left = one.capacity - used[one.place]
        if left < least:
            tight, least = one, left
    return tight, least


def reset_of(algorithm: str, window_s: float, share: float, at: float) -> float:
    """Seconds until all of a limit is there again, if nothing else is asked. ``share``: how much of it is used."""
    match algorithm:
        case "fixed_window":
            return window_s - at % window_s
        case "token_bucket":
            return window_s * share
        case _:
            return window_s
