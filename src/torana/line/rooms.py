"""The rooms of the line, built for one Snapshot. A request keeps the Rooms it began with."""

from __future__ import annotations

from dataclasses import dataclass

from torana.core.snapshot import Snapshot
from torana.line.attempt import Walker
from torana.line.cache import CacheRoom
from torana.line.guard import Guards
from torana.line.health import Health
from torana.line.identify import Gate
from torana.line.limits import Limits
from torana.line.policy import Policy
from torana.line.route import Router
from torana.line.settle import Ledger
from torana.line.shadow import Shadows


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything ``answer`` calls. Replaced whole, by one reference, when the Snapshot changes."""

    snapshot: Snapshot
    gate: Gate
    policy: Policy
    limits: Limits
    guards: Guards
    cache: CacheRoom
    router: Router
    walker: Walker
    shadows: Shadows
    ledger: Ledger
    health: Health
