"""What one process knows of one tenant's shared counters: their keys, what it holds of them, what it has yet to say.

It asks no store and decides nothing. Kept by the counters; one tenant's keys lie in one slot of a cluster.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from torana.core.budget_name import UNHELD, budget_name, read_budget_name
from torana.ports.store import Charge
from torana.stores.valkey.allotments import Allotment
from torana.stores.valkey.leases import LEASE_MS, Lease, Plan, returned

MOST_QUEUED = 10_000
"""Corrections that wait for the store; older ones are dropped: a window forgets them soon, and what is held is declared."""
MOST_KEYS = 100_000
MOST_PLANS = 10_000
LARGEST = 2**53 - 1
"""What the scripts count exactly."""


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
        """By key, how many requests at once are this process's; idle places of leases included."""
        self.leases: dict[str, Lease] = {}
        """By key: those that are open, and how large others were."""
        self.open: dict[str, Lease] = {}
        """Those of which something may be free."""
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
        self.bringing: asyncio.Event | None = None
        """Set once a call is over that asks for more than its request needs: others need not ask as well."""
        self.brought = True
        """Whether the last such call brought more."""
        self._places: dict[Charge, Place] = {}
        self._plans: dict[int, Plan] = {}

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

    def plan(self, charges: Sequence[Charge]) -> Plan:
        """Where the charges are counted. Remembered by the identity of the tuple, which lives as long as it is."""
        found = self._plans.get(id(charges))
        if found is not None and found.charges is charges:
            return found
        places = [self.place(one) for one in charges]
        names = tuple(place.name or place.key for place in places)
        found = Plan(charges, names, any(place.name for place in places), len(set(names)) == len(names))
        if type(charges) is tuple:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            self._plans[id(charges)] = found
        return found

    def lease(self, charge: Charge, times: int) -> Lease:
        """The lease of the charge's counter; a new one takes so many times what is needed."""
        key = self.place(charge).key
        found = self.leases.get(key)
        if found is None:
            if len(self.leases) >= MOST_KEYS:
                self.leases = {name: one for name, one in self.leases.items() if name in self.open or one.asking}
            found = self.leases[key] = Lease(key, charge, times)
        return found

    def known(self, plan: Plan) -> list[Allotment | Lease] | None:
        """What this process has of each counter; None where it has nothing of one, or two charges are one counter."""
        found: list[Allotment | Lease] = []
        for charge, name in zip(plan.charges, plan.names, strict=True):
            one = self.allotments.get(name) if charge.algorithm == "spend" else self.open.get(name)
            if one is None:
                return None
            found.append(one)
        return found if plan.once else None

    def begin_lease(self, charge: Charge, extra: int, total: int, now_ms: int, sent_ms: float) -> Lease:
        """So much more than was needed was taken. See ``Lease.begin``."""
        lease = self.leases[self.place(charge).key]
        lease.begin(extra, total, now_ms, sent_ms)
        self.open[lease.key] = lease
        if charge.algorithm == "held":
            self.held[lease.key] = self.held.get(lease.key, 0) + extra
        return lease

    def leave_places(self, charge: Charge, amount: int, local_ms: float) -> bool:
        """Requests at once are over. Some of their places are kept for the next ones; whether others go back."""
        key = self.place(charge).key
        lease = self.open.get(key)
        left = min(amount, self.held.get(key, 0) - (0 if lease is None else lease.free))
        if left <= 0:
            return False
        if lease is not None:
            left -= lease.keep(left, lease.term.begins, local_ms)
        self.held[key] -= left
        if left:
            self.back.append({"to": key, "how": "held", "amount": left})
        return left > 0

    def correct(self, charge: Charge, left: int, at_ms: int, local_ms: float) -> None:
        """Of what was taken at ``at_ms`` so much was not needed; negative: so much more was."""
        key = self.place(charge).key
        lease = self.open.get(key)
        if lease is not None and charge.algorithm != "token_bucket":  # what is owed to a bucket fills up already
            left -= lease.keep(left, at_ms, local_ms)
        if left:
            row = {"to": key, **row_of(charge, 0, max(0, left))}
            self.back.append({**row, "actual": max(0, -left), "at": at_ms})

    def end_lease(self, lease: Lease, process: str) -> None:
        """What is free of it goes back to the store, with the next call."""
        charge = lease.charge
        row = returned(lease, row_of(charge, 0, 0), process)
        self.open.pop(lease.key, None)
        if row is not None:
            if charge.algorithm == "held":
                self.held[lease.key] -= row["amount"]
            self.back.append({"to": lease.key, **row})

    def end_leases(self, local_ms: float, process: str) -> None:
        """The same for all that may not be used any more."""
        for lease in list(self.open.values()):
            if lease.until_ms <= local_ms:
                self.end_lease(lease, process)

    def forget_leases(self) -> None:
        """The store knows nothing of them any more."""
        for lease in self.open.values():
            _, free = lease.end()
            if lease.charge.algorithm == "held":
                self.held[lease.key] -= free
        self.open.clear()


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
        "more": 0,
    }
    if charge.algorithm == "spend":
        row["begins"] = int(charge.starts_at * 1000)
        row["ends"] = int(min(charge.ends_at * 1000, LARGEST))
        row["wish"] = 0
    elif charge.algorithm != "held":
        row["window"] = max(1, round(charge.window_s * 1000))
        row["rate"] = charge.limit
        row["keep"] = LEASE_MS
    return row
