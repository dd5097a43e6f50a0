"""How long tenants keep records by their own settings, which lie in the database.

It deletes nothing. Read by whoever does: ``retention`` for usage, ``wiring/checkpoints`` for the audit trail.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from torana.ports.database import Connection

_SETTINGS = "SELECT id, settings FROM tenants WHERE settings LIKE '%\"retention\"%'"


class OwnTimes(NamedTuple):
    """Days by class of records; None: as the installation has it."""

    requests: int | None = None
    """The row of each request, with its tries and verdicts."""
    findings: int | None = None
    """What guardrails found in it."""
    audit: int | None = None
    """Both chains of the audit trail."""


def own_times(connection: Connection) -> dict[str, OwnTimes]:
    """Those of the tenants that have some, by tenant."""
    found = {}
    for tenant, settings in connection.execute(_SETTINGS).fetchall():
        said: Mapping[str, Any] = json.loads(settings).get("retention") or {}
        if said:
            found[tenant] = OwnTimes(**{name: said.get(name) for name in OwnTimes._fields})
    return found


class Shorter(NamedTuple):
    """Rows of requests that a policy keeps for a shorter time."""

    days: int
    where: Mapping[str, str]
    """Column → name; all of them must be so. None named: everybody's."""
