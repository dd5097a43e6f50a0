"""What is left of a caller's limits after a request, for the headers of its answer.

Of all rules of one unit the one with the least left is told. Called by the edge; a request without limits costs a look.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from torana.core.tickets import Hold
from torana.line.limits import Taken

UNITS = ("requests", "tokens")


class Allowance(NamedTuple):
    """The tightest rule of one unit: its limit, what is left of it, and the seconds after which all of it is there."""

    unit: str
    limit: int
    remaining: int
    reset_s: float


def allowances(hold: Hold) -> list[Allowance]:
    """One for each of UNITS that the caller has a rule about."""
    taken = cast("Taken | None", hold.taken)
    if taken is None:
        return []
    found: dict[str, Allowance] = {}
    for charge, used in zip(taken.owed.charges, taken.used, strict=True):
        if charge.unit in UNITS:
            remaining = max(0, charge.capacity - used)
            known = found.get(charge.unit)
            if known is None or remaining < known.remaining:
                reset_s = reset_of(
                    charge.algorithm, charge.window_s, used / charge.limit if charge.limit else 1.0, taken.at
                )
                found[charge.unit] = Allowance(charge.unit, charge.capacity, remaining, reset_s)
    return list(found.values())


def reset_of(algorithm: str, window_s: float, share: float, at: float) -> float:
    """Seconds until all of a limit is there again, if nothing else is asked. ``share``: how much of it is used."""
    match algorithm:
        case "fixed_window":
            return window_s - at % window_s
        case "token_bucket":
            return window_s * share
        case _:
            return window_s
