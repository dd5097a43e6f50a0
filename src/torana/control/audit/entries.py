"""What is written into the audit trail of everything people do in the control plane.

Entries are written in the transaction of the change they tell of: what happened is in the trail, and what is in the trail
happened. Called by the rooms through ``changes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from torana.ports.database import Connection

KINDS = ("admin", "sign_in", "key", "policy", "config", "guardrail", "export", "security", "billing", "request")
"""Classes of entries; retention is by class."""


class Entry(NamedTuple):
    """One thing that was done, or tried."""

    kind: str
    """One of KINDS."""
    action: str
    """What was done: ``users.create``, ``keys.rotate`` …"""
    target: str = ""
    """To what: ``user:usr_…``."""
    details: Mapping[str, Any] = {}
    """Plain values, sanitised before they are kept; never a secret."""
    outcome: str = "ok"
    """``ok``, ``denied`` or ``failed``."""


class Actor(NamedTuple):
    """Who did it, and from where."""

    tenant: str
    label: str
    """``user:ID``, ``key:ID``, ``system``, or empty for somebody unknown."""
    name: str = ""
    role: str = ""
    address: str = ""
    request_id: str = ""


class AuditTrail(Protocol):
    """Keeps entries."""

    def append(self, connection: Connection, actor: Actor, entry: Entry) -> object:
        """Keep one more, in the transaction of ``connection``; what ``tell`` is to be given once that is kept.

        Raises what the database raises.
        """
        ...

    def tell(self, written: object) -> None:
        """Send an entry on to where records go, once its transaction is kept. Raises nothing."""
        ...
