"""The audit trail of this process: entries of the control plane, sanitised, in the database, chained, sent on to sinks.

It decides nothing about what is written. Implements ``control.audit.entries.AuditTrail``; built by ``process``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from torana.control.audit.entries import Actor, Entry
from torana.core.clock import Clock
from torana.core.ids import id_maker
from torana.ports.database import Connection
from torana.ports.sink import Kind
from torana.records.entries import Entries
from torana.records.masking import Mask
from torana.stores.sql.audit_chain import ADMIN, append
from torana.stores.sql.audit_entries import add
from torana.stores.sql.persons import Persons

LONGEST = 2000
"""Characters of one text in the details."""
SECRET_WORDS = ("password", "secret", "token", "api_key", "credential", "authorization", "private_key")
HIDDEN = "[hidden]"
SECURITY = frozenset({"sign_in", "security", "guardrail"})
"""Kinds that sinks get as ``security``."""


class Written(NamedTuple):
    """An entry as it was written."""

    kind: Kind
    entry_id: str
    at: float
    tenant: str
    fields: Mapping[str, Any]


class Auditing:
    """Keeps entries. For any thread."""

    def __init__(self, mask: Mask, clock: Clock, entries: Entries) -> None:
        """``entries``: the way to places outside."""
        self._mask = mask
        self._clock = clock
        self._entries = entries
        self._new_id = id_maker("aud_", clock.now)

    def append(self, connection: Connection, actor: Actor, entry: Entry) -> Written:
        """Keep one more."""
        details = self.sanitised(entry.details)
        entry_id, at = self._new_id(), self._clock.now()
        told = json.dumps(details, ensure_ascii=False, sort_keys=True)
        add(
            connection,
            (
                entry_id, actor.tenant, at, entry.kind, entry.action, entry.outcome, actor.label, actor.name, actor.role,
                entry.target, actor.address, actor.request_id, told,
            ),
        )  # fmt: skip
        label = actor.label or f"address:{actor.address}"
        person = Persons().of(connection, actor.tenant, [label])[label]
        personal = {"actor": label, "name": actor.name, "address": actor.address, "details": details}
        chained = {
            "id": entry_id, "at": at, "kind": entry.kind, "action": entry.action, "outcome": entry.outcome,
            "who": person.pseudonym, "role": actor.role, "target": entry.target, "request_id": actor.request_id,
            "sealed": person.sealed(json.dumps(personal, ensure_ascii=False, sort_keys=True)),
        }  # fmt: skip
        append(connection, actor.tenant, ADMIN, [json.dumps(chained, sort_keys=True).encode()], at)
        fields = {
            "kind": entry.kind, "action": entry.action, "outcome": entry.outcome, "actor": actor.label,
            "actor_name": actor.name, "actor_role": actor.role, "target": entry.target, "address": actor.address,
            "request_id": actor.request_id, "details": details,
        }  # fmt: skip
        return Written("security" if entry.kind in SECURITY else "admin", entry_id, at, actor.tenant, fields)

    def tell(self, written: object) -> None:
        """Send an entry on."""
        if isinstance(written, Written):
            self._entries.put(*written)

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
