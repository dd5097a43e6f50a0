"""What the line asks of stores: counters for limits and budgets, keys for identity.

A store does not know rules' meaning nor HTTP. One decision is one call, for all rules of a request
together, so that a networked store needs one round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from torana.core.snapshot import KeyEntry

FOREVER = float("inf")


CounterName = tuple[str, str, float, str]


class Charge(NamedTuple):
    """One rule's demand on a counter, the same for every request of one grant; how much, each request says.

    ``unit``: requests, tokens, concurrency or money. ``algorithm``: sliding_window, fixed_window, token_bucket, held
    or spend.
    """

    rule_id: str
    subject: str
    """Which counter of the rule: the tenant and the scope's value; of a budget, the name of its window too."""
    window_s: float
    """0: no window; what is held, and budgets."""
    algorithm: str
    limit: int
    unit: str = "requests"
    burst: int = 0
    """Size of a token bucket."""
    hard: bool = True
    """Whether more than the limit is refused; else it is only counted."""
    ends_at: float = FOREVER
    """When a budget's window is over, epoch seconds."""
    on_store_failure: str = "local"
    """When the shared counters are away: allow, deny, or count in this process (local)."""
    starts_at: float = 0.0
    """When a budget's window began, epoch seconds."""

    @property
    def counter(self) -> CounterName:
        """The name of its counter: equal for two charges of one counter."""
        return self[:4]

    @property
    def capacity(self) -> int:
        """The most that may be used at one moment."""
        return self.burst if self.algorithm == "token_bucket" else self.limit


class Overrun(NamedTuple):
    """The first charge that did not fit, with what the caller must be told."""

    charge: Charge
    used: int
    reset_in_s: float
    away: bool = False
    """Nobody knows whether it fits: the shared counters are away, and the rule says to refuse then."""


class Given(list[int]):
    """How much of each charge is used, and what ``settle`` must be told as the time of taking."""

    __slots__ = ("at", "unheld")

    def __init__(self, used: Sequence[int], at: float, unheld: bool = False) -> None:
        super().__init__(used)
        self.at = at
        self.unheld = unheld
        """Whether its money was taken from no shared counter: its Receipt tells of spending that was never held."""


class Counter(Protocol):
    """One counter of one algorithm (``core/counting``), in this process."""

    def used(self, now: float) -> int:
        """How much counts against the limit at ``now``, epoch seconds."""
        ...

    def take(self, amount: int, now: float) -> None:
        """Count ``amount``. After ``used`` with the same ``now``."""
        ...

    def settle(self, amount: int, actual: int, at: float) -> None:
        """What was taken at ``at`` as ``amount`` turned out to be ``actual``."""
        ...

    def fits_in_s(self, amount: int, limit: int, now: float) -> float:
        """Seconds until ``amount`` may fit, if nothing else is taken."""
        ...

    def idle(self, now: float) -> bool:
        """Whether it says the same as a new one, and may be forgotten."""
        ...


Spent = Callable[[Charge, int, int], None]
"""Told of money settled: the budget's charge, how much of it is spent now, how much was before."""


class Counters(Protocol):
    """Atomic counting over all rules of one request."""

    async def reserve(self, charges: Sequence[Charge], amounts: Sequence[int], now: float) -> Overrun | list[int]:
        """Take all charges and say how much of each is used then; or none, and say which one did not fit.

        ``amounts``: by charge; ``now``: epoch seconds. Counters that go by another clock than ours give a ``Given``.
        """
        ...

    def settle(
        self, charges: Sequence[Charge], amounts: Sequence[int], actuals: Sequence[int], at: float, now: float
    ) -> None:
        """What was reserved at ``at`` as ``amounts`` turned out to be ``actuals``. Never awaits, never raises.

        What is held until given back (concurrency) is given back, whatever its actual says.
        """
        ...

    async def used(self, charges: Sequence[Charge], now: float) -> Sequence[tuple[int, int]]:
        """How much counts against each charge, and how much of it is held for requests under way."""
        ...

    def restore(self, charge: Charge, settled: int) -> None:
        """At least this much was spent in the budget's window: what records say. Never lowers what is counted already."""
        ...

    def listen(self, spent: Spent) -> None:
        """Who is told when money was settled. Called on the event loop, cheaply; must not raise."""
        ...


class StoredKey(NamedTuple):
    """A virtual key with the digest it is found by."""

    digest: bytes
    entry: KeyEntry
    rules: str = ""
    """Limits, budgets and policy of this key alone, as JSON; empty for none."""


class Keys(Protocol):
    """Virtual keys in a database. Blocking: called from a worker thread."""

    def version(self) -> int:
        """A number that grows with every change of any key."""
        ...

    def load(self) -> Sequence[StoredKey]:
        """All keys that are not deleted, revoked ones included."""
        ...

    def add(self, key: StoredKey) -> None:
        """Store a new key. Raises ValueError when its id or digest is taken."""
        ...

    def revoke(self, tenant: str, key_id: str, at: float) -> bool:
        """Revoke; False when the tenant has no such key."""
        ...

    def close(self) -> None:
        """Give up connections; a later call opens them again."""
        ...
