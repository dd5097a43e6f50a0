"""What the line asks of stores: counters for limits, keys for identity.

A store does not know rules' meaning nor HTTP. One decision is one call, for all rules of a request
together, so that a networked store needs one round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torana.core.snapshot import KeyEntry


class Charge(NamedTuple):
    """One rule's demand on a counter: ``amount`` against ``limit`` over ``window_s`` (0: held until given back)."""

    rule_id: str
    subject: str
    """Which counter of the rule: the tenant and the scope's value."""
    amount: int
    limit: int
    window_s: float


class Overrun(NamedTuple):
    """The first charge that did not fit, with what the caller must be told."""

    charge: Charge
    used: int
    reset_in_s: float


class Counters(Protocol):
    """Atomic counting over all rules of one request."""

    async def reserve(self, charges: Sequence[Charge], now: float) -> Overrun | None:
        """Take all charges, or none and say which one did not fit. ``now``: epoch seconds."""
        ...

    def release(self, charges: Sequence[Charge]) -> None:
        """Give back what is held until given back (window_s == 0). Never awaits, never raises."""
        ...


class StoredKey(NamedTuple):
    """A virtual key with the digest it is found by."""

    digest: bytes
    entry: KeyEntry


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
