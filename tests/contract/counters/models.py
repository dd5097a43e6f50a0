"""Models of the counting algorithms that remember everything and add it up anew each time, in exact fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from torana.ports.store import Charge

NOW = 1_750_000_000.0
BUDGET_ENDS = NOW + 86_400


def limit(
    most: int,
    window_s: float = 60.0,
    algorithm: str = "sliding_window",
    rule: str = "r",
    subject: str = "acme\0priya",
    burst: int = 0,
) -> Charge:
    """A charge of a rate or of tokens."""
    size = (burst or most) if algorithm == "token_bucket" else 0
    return Charge(rule, subject, window_s, algorithm, most, burst=size)


def held(most: int) -> Charge:
    """A charge of concurrency."""
    return Charge("at once", "acme\0priya", 0.0, "held", most, "concurrency")


def spend(most: int) -> Charge:
    """A charge on a budget."""
    return Charge("budget", "acme\0priya\0month\x002026-11-01", 0.0, "spend", most, "money", ends_at=BUDGET_ENDS)


class Taking:
    """One amount, when it was taken; corrected in place."""

    def __init__(self, charge: Charge, amount: int, at: float) -> None:
        self.charge = charge
        self.amount = amount
        self.at = at
        self.over = False


class Model(Protocol):
    """How much of these takings counts at ``now``."""

    def __call__(self, takings: Sequence[Taking], charge: Charge, now: float) -> Fraction: ...


def sliding(takings: Sequence[Taking], charge: Charge, now: float) -> Fraction:
    """Takings younger than the window."""
    return Fraction(sum(one.amount for one in takings if one.at > now - charge.window_s))


def fixed(takings: Sequence[Taking], charge: Charge, now: float) -> Fraction:
    """Takings since the last full multiple of the window."""
    return Fraction(sum(one.amount for one in takings if one.at // charge.window_s == now // charge.window_s))


def outstanding(takings: Sequence[Taking], charge: Charge, now: float) -> Fraction:
    """Takings not given back."""
    return Fraction(sum(one.amount for one in takings if not one.over))


def everything(takings: Sequence[Taking], charge: Charge, now: float) -> Fraction:
    """All takings, at what they turned out to be."""
    return Fraction(sum(one.amount for one in takings))


class Bucket:
    """What is missing of a bucket, as a fraction, event by event."""

    def __init__(self) -> None:
        self.missing = Fraction(0)
        self.seen = Fraction(0)

    def at(self, charge: Charge, now: float) -> Fraction:
        """What is missing at ``now``."""
        passed = Fraction(now) - self.seen
        self.missing = max(Fraction(0), self.missing - passed * charge.limit / Fraction(charge.window_s))
        self.seen = Fraction(now)
        return self.missing

    def add(self, amount: int) -> None:
        """Take, or put back what is negative."""
        self.missing = max(Fraction(0), self.missing + amount)


MODELS: Mapping[str, Model] = {
    "sliding_window": sliding,
    "fixed_window": fixed,
    "held": outstanding,
    "spend": everything,
}


class Naive:
    """Decides as the contract says, from everything that ever happened."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = models
        self._takings: dict[tuple[object, ...], list[Taking]] = {}
        self._buckets: dict[tuple[object, ...], Bucket] = {}

    def reserve(self, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> bool:
        """Whether all fit; then they are taken."""
        asked: dict[tuple[object, ...], int] = {}
        for charge, amount in zip(charges, amounts, strict=True):
            asked[charge.counter] = asked.get(charge.counter, 0) + amount
            if self._used(charge, now) + asked[charge.counter] > charge.capacity:
                return False
        for charge, amount in zip(charges, amounts, strict=True):
            if charge.algorithm == "token_bucket":
                self._bucket(charge).add(amount)
            else:
                self._takings.setdefault(charge.counter, []).append(Taking(charge, amount, now))
        return True

    def settle(self, charges: Sequence[Charge], amounts: Sequence[int], actuals: Sequence[int], at: float) -> None:
        """Correct what was taken at ``at``."""
        for charge, amount, actual in zip(charges, amounts, actuals, strict=True):
            if charge.algorithm == "token_bucket":
                self._bucket(charge).add(actual - amount)
                continue
            one = next(
                one for one in self._takings[charge.counter] if (one.at, one.amount, one.over) == (at, amount, False)
            )
            one.amount, one.over = actual, True

    def _used(self, charge: Charge, now: float) -> Fraction:
        if charge.algorithm == "token_bucket":
            return self._bucket(charge).at(charge, now)
        return self._models[charge.algorithm](self._takings.get(charge.counter, []), charge, now)

    def _bucket(self, charge: Charge) -> Bucket:
        return self._buckets.setdefault(charge.counter, Bucket())
