"""What this process has taken of a rate, a token limit or a concurrency limit before it needed it, and until when.

It asks no store and decides nothing: the shared counter has counted it already, so the limit stays what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torana.ports.store import Charge

SLICES = 120
"""Into how many slices ``prelude.lua`` divides a sliding window."""
LEASE_MS = 1000
"""No lease is longer: what is not used goes back then."""
PLACES_MS = 250
"""How long places of a concurrency limit may lie idle here."""
SHORTEST_MS = 20
"""A slice that is shorter is over before much of it is used: then nothing is taken in advance."""
MARGIN_MS = 2.0
"""The store's clock counts whole milliseconds, and no two clocks go at the same speed."""
MOST_TIMES = 1024


class Term(NamedTuple):
    """When a lease may be used, milliseconds by the store's clock: it counts in the slice or window from ``begins``."""

    begins: float
    ends: float


class Lease:
    """Of one counter. ``free``: counted by the store and not used; of a concurrency limit, places that lie idle."""

    __slots__ = (
        "asking",
        "charge",
        "free",
        "granted",
        "key",
        "least",
        "most",
        "seen_ms",
        "taken_ms",
        "term",
        "times",
        "total",
        "until_ms",
    )

    def __init__(self, key: str, charge: Charge, times: int) -> None:
        self.key = key
        self.charge = charge
        self.least = self.times = times
        """How many times what a request asks for is taken at once."""
        self.asking = False
        """A call under way may bring more."""
        self.free = 0
        self.granted = 0
        self.most = 0
        """Of what comes back from requests, so much is kept."""
        self.taken_ms = 0
        """When it was taken, by the store's clock."""
        self.term = Term(0, 0)
        self.until_ms = 0.0
        """Until when it may be used, by this process's clock."""
        self.seen_ms = 0.0
        self.total = 0
        """What the store counted when it was asked last, what is free here included."""

    @property
    def used(self) -> int:
        """What counts against the limit, by what the store said last."""
        return max(0, self.total - self.free)

    def covers(self, amount: int, local_ms: float) -> bool:
        """Whether the amount may be used now."""
        return self.free >= amount and local_ms < self.until_ms

    def spend(self, amount: int, local_ms: float) -> None:
        """Use it."""
        self.free -= amount
        self.seen_ms = local_ms

    def wish(self, amount: int, local_ms: float) -> int:
        """How much to take beyond the amount; more when what was taken before was used up in time."""
        if self.granted and self.free < amount and local_ms < self.until_ms:
            self.times = min(MOST_TIMES, self.times * 2)
        return amount * self.times

    def begin(self, extra: int, total: int, now_ms: int, sent_ms: float) -> None:
        """So much was taken by a script that ran at ``now_ms`` by its clock, not before ``sent_ms`` by ours."""
        self.free = self.granted = self.most = extra
        self.total, self.taken_ms, self.seen_ms = total, now_ms, sent_ms
        self.term = term_of(self.charge, now_ms)
        # The store's clock showed now_ms no earlier than we sent: so it is never later there than we think.
        self.until_ms = sent_ms + self.term.ends - now_ms - MARGIN_MS

    def keep(self, amount: int, at_ms: float, local_ms: float) -> int:
        """So much of a request that was taken at ``at_ms`` is not needed; how much of it is kept for the next one.

        Negative: it needed more. What does not count in the same slice goes to the store.
        """
        if local_ms >= self.until_ms or not self.term.begins <= at_ms < self.term.ends:
            return 0
        kept = min(amount, self.most - self.free) if amount > 0 else max(amount, -self.free)
        self.free += kept
        return kept

    def end(self) -> tuple[int, int]:
        """Give up what is free; how much was taken, and how much of it that is. The next one is smaller if that is most."""
        granted, free = self.granted, self.free
        if free * 2 > granted:
            self.times = max(self.least, self.times // 2)
        self.granted = self.free = 0
        self.until_ms = 0.0
        return granted, free


def term_of(charge: Charge, now_ms: int) -> Term:
    """In which slice or window of the charge's counter the moment lies, and how long a lease of that moment is good."""
    longest = now_ms + LEASE_MS
    window = max(1, round(charge.window_s * 1000))
    if charge.algorithm == "sliding_window":
        number = now_ms * SLICES // window
        return Term(number * window / SLICES, min(longest, (number + 1) * window / SLICES))
    if charge.algorithm == "fixed_window":
        number = now_ms // window
        return Term(number * window, min(longest, (number + 1) * window))
    return Term(0, now_ms + (PLACES_MS if charge.algorithm == "held" else LEASE_MS))


def may_be_leased(charge: Charge) -> bool:
    """Whether it is worth while to take of the charge's counter in advance."""
    least = {"sliding_window": SHORTEST_MS * SLICES, "fixed_window": SHORTEST_MS * 10}.get(charge.algorithm, 0)
    return charge.algorithm != "spend" and charge.window_s * 1000 >= least


def returned(lease: Lease, row: dict[str, Any], process: str) -> dict[str, Any] | None:
    """What the store must be told of a lease that ends; None: nothing. ``row``: the charge as the scripts read it."""
    how = lease.charge.algorithm
    granted, free = lease.end()
    if how == "token_bucket":
        return {**row, "lease": granted, "actual": granted - free, "proc": process} if granted else None
    if not free:
        return None
    if how == "held":
        return {"how": "held", "amount": free}
    return {**row, "amount": free, "actual": 0, "at": lease.taken_ms}


class Plan(NamedTuple):
    """Where the charges of one request are counted: worked out once for all requests of one grant."""

    charges: Sequence[Charge]
    names: tuple[str, ...]
    """By charge: of money the name of its budget, else its counter's key."""
    money: bool
    """Whether any is money."""
    once: bool
    """Whether no two are one counter."""
