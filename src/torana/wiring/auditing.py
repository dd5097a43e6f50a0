"""The audit trail of this process: entries of the control plane, sanitised, in the database.

It decides nothing about what is written. Implements ``control.audit.entries.AuditTrail``; built by ``process``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from torana.control.audit.entries import Actor, Entry
from torana.core.clock import Clock
from torana.core.ids import id_maker
from torana.ports.database import Connection
from torana.records.masking import Mask
from torana.stores.sql.audit_entries import add

LONGEST = 2000
"""Characters of one text in the details."""
SECRET_WORDS = ("password", "secret", "token", "api_key", "credential", "authorization", "private_key")
HIDDEN = "[hidden]"


class Auditing:
    """Keeps entries."""

    def __init__(self, mask: Mask, clock: Clock) -> None:
        self._mask = mask
        self._clock = clock
        self._new_id = id_maker("aud_", clock.now)

    def append(self, connection: Connection, actor: Actor, entry: Entry) -> None:
        """Keep one more."""
        details = json.dumps(self.sanitised(entry.details), ensure_ascii=False, sort_keys=True)
        add(
            connection,
            (
                self._new_id(), actor.tenant, self._clock.now(), entry.kind, entry.action, entry.outcome, actor.label,
                actor.name, actor.role, entry.target, actor.address, actor.request_id, details,
            ),
        )  # fmt: skip

    def sanitised(self, value: Any, name: str = "") -> Any:
        """A plain value without secrets and personal data, at whatever depth."""
        if isinstance(value, Mapping):
            return {str(key): self.sanitised(one, str(key)) for key, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.sanitised(one, name) for one in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        if any(word in name.lower() for word in SECRET_WORDS):
            return HIDDEN
        return self._mask.text(str(value)[:LONGEST])
