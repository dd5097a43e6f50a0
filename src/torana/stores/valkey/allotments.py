"""What this process has of each budget: money granted by the shared counter, and how much of that is in use.

It asks no store. What is granted and not in use serves the next request without a round trip; the cap stays hard,
because the shared counter has counted it already.
"""

from __future__ import annotations

from torana.ports.store import Charge
from torana.stores.valkey.leases import MOST_TIMES

SOON_S = 0.5
"""What was granted should last about so long: when it did not, twice as much is asked for."""


class Allotment:
    """One budget's share of one process. Nano-units.

    ``granted``: what the store holds for this process. ``in_use``: Holds that are open, and what was spent and is not
    booked yet. ``pending``: of these, what was spent.
    """

    __slots__ = (
        "asked_s",
        "charge",
        "granted",
        "in_use",
        "key",
        "name",
        "pending",
        "times",
        "touched_s",
        "used_elsewhere",
    )

    def __init__(self, key: str, name: str, charge: Charge) -> None:
        self.key = key
        self.name = name
        self.charge = charge
        self.granted = 0
        self.in_use = 0
        self.pending = 0
        self.times = 0
        """How many times what a request needs was asked for last."""
        self.asked_s = 0.0
        self.touched_s = 0.0
        self.used_elsewhere = 0
        """What counted against the limit when the store was asked last, less what is granted here."""

    @property
    def free(self) -> int:
        """What is granted and not in use."""
        return max(0, self.granted - self.in_use)

    @property
    def used(self) -> int:
        """What counts against the limit, by what the store said last."""
        return self.used_elsewhere + self.in_use

    def covers(self, amount: int, local_ms: float) -> bool:
        """Whether the amount may be used now."""
        return max(0, self.granted - self.in_use) >= amount

    def spend(self, amount: int, local_ms: float) -> None:
        """Use it."""
        self.in_use += amount
        self.touched_s = local_ms / 1000

    def wish(self, amount: int, least: int, now_s: float) -> int:
        """How much to ask for where a request needs ``amount``: ``least`` times that, more when the last did not last."""
        if not self.times:
            self.times = least
        elif now_s - self.asked_s < SOON_S:
            self.times = min(MOST_TIMES, self.times * 2)
        else:
            self.times = max(least, self.times // 2)
        self.asked_s = now_s
        return amount * self.times

    def settle(self, amount: int, actual: int) -> None:
        """What was taken as ``amount`` cost ``actual``, which stays in use until it is booked."""
        self.in_use += actual - amount
        self.pending += actual

    def booked(self, cost: int, taken: int) -> None:
        """So much was booked; ``taken`` of it from what was granted."""
        self.granted -= taken
        self.in_use -= cost
        self.pending -= cost

    def give_back(self) -> int:
        """Give up what is free; how much that was."""
        free = self.free
        self.granted -= free
        return free

    @property
    def idle(self) -> bool:
        """Whether nothing of it is left."""
        return not self.granted and not self.in_use
