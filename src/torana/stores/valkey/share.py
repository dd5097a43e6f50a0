"""What one process knows of one tenant's shared counters: their keys, what it holds of them, what it has yet to say.

It asks no store and decides nothing. Kept by the counters; one tenant's keys lie in one slot of a cluster.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, NamedTuple
from urllib.parse import quote

from torana.core.budget_name import UNHELD, budget_name, read_budget_name
from torana.ports.store import Charge
from torana.stores.valkey.allotments import Allotment

MOST_QUEUED = 10_000
"""Corrections that wait for the store; older ones are dropped: a window forgets them soon, and what is held is declared."""
MOST_KEYS = 100_000
LARGEST = 2**53 - 1
"""What the scripts count exactly."""
LONGEST_MS = 400 * 86_400_000


class Moment(float):
    """The time of a taking by the store's clock, epoch seconds, with how it was taken."""

    __slots__ = ("away", "leased")

    away: bool
    """The store was away: rules that count in this process then were counted there."""
    leased: bool
    """Its money was taken from what this process has."""


def moment(at: float, *, away: bool = False, leased: bool = True) -> Moment:
    """A Moment."""
    made = Moment(at)
    made.away = away
    made.leased = leased
    return made


class Place(NamedTuple):
    """Where a charge is counted."""

    key: str
    name: str
    """Of a budget: its name in Receipts."""


class Share:
    """One tenant's."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.prefix = f"torana:{{{quote(tenant, safe='')}}}:"
        self.alive = self.prefix + "alive"
        self.applied = self.prefix + "applied"
        self.allotments: dict[str, Allotment] = {}
        """By name of the budget."""
        self.held: dict[str, int] = {}
        """By key, how many requests at once are this process's."""
        self.back: deque[dict[str, Any]] = deque(maxlen=MOST_QUEUED)
        """What the store must be told, with the next decision or soon."""
        self.since = 0
        """Since when the tenant's keys are in the store, by its clock; 0: not asked yet."""
        self.met = False
        """The store knows that this process may hold something of the tenant."""
        self.dirty = False
        """The store may believe another thing of what this process holds."""
        self.booking = asyncio.Lock()
        self.unbooked = False
        """Nobody knows whether the last booking came through."""
        self.booked_to = 0
        """The position in the spool up to which what this process holds is settled: read again, it must not be once more."""
        self.in_flight = 0
        self.gate: asyncio.Event | None = None
        """Closed while this process declares what it holds."""
        self._places: dict[Charge, Place] = {}

    def mine(self, proc: str) -> str:
        """The key of the set that names the counters in which a process holds something."""
        return f"{self.prefix}of:{proc}"

    def place(self, charge: Charge) -> Place:
        """Where the charge is counted."""
        found = self._places.get(charge)
        if found is None:
            if len(self._places) >= MOST_KEYS:
                self._places.clear()
            found = self._places[charge] = self._placed(charge)
        return found

    def _placed(self, charge: Charge) -> Place:
        if charge.algorithm == "spend":
            name = budget_name(charge.rule_id, charge.subject, charge.starts_at, min(charge.ends_at, LARGEST))
            return Place(self.budget_key(name), name)
        parts = (charge.algorithm, f"{charge.window_s:g}", charge.rule_id, *charge.subject.split("\0"))
        return Place(self.prefix + "/".join([quote(part, safe="=+@:") for part in parts]), "")

    def budget_key(self, name: str) -> str:
        """The key of a budget."""
        return f"{self.prefix}spend/{name.removeprefix(UNHELD)}"

    def allotment(self, charge: Charge) -> Allotment:
        """What this process has of the budget."""
        key, name = self.place(charge)
        found = self.allotments.get(name)
        if found is None:
            found = self.allotments[name] = Allotment(key, name, charge)
        found.charge = charge
        return found


def tenant_of(charge: Charge) -> str:
    """Every subject begins with its tenant."""
    return charge.subject.partition("\0")[0]


def window_of_budget(name: str) -> dict[str, int]:
    """When the budget's window begins and ends, as the scripts want it: milliseconds."""
    known = read_budget_name(name)
    return {"begins": known.starts_at * 1000, "ends": min(known.ends_at * 1000, LARGEST)}


def row_of(charge: Charge, key: int, amount: int) -> dict[str, Any]:
    """A charge as ``decide.lua`` reads it. ``key``: the place of its key, from 1."""
    row: dict[str, Any] = {
        "key": key,
        "how": charge.algorithm,
        "amount": min(amount, LARGEST),
        "most": min(charge.capacity, LARGEST),
        "hard": charge.hard,
    }
    if charge.algorithm == "spend":
        row["begins"] = int(charge.starts_at * 1000)
        row["ends"] = int(min(charge.ends_at * 1000, LARGEST))
        row["wish"] = 0
    elif charge.algorithm != "held":
        row["window"] = max(1, round(charge.window_s * 1000))
        row["rate"] = charge.limit
    return row
