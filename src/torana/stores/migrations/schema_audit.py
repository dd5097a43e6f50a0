"""The tables of the audit trail.

A part of ``schema``.
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from torana.stores.migrations.columns import metadata, moment, part_of_key, words

audit_entries = Table(
    "audit_entries",
    metadata,
    part_of_key("id"),
    words("tenant"),
    moment("at"),
    *map(
        words,
        (
            "kind",
            "action",
            "outcome",
            "actor",
            "actor_name",
            "actor_role",
            "target",
            "address",
            "request_id",
            "details",
        ),
    ),
    Index("audit_entries_tenant", "tenant", "id"),
)
"""What people did, and tried. Ids sort by time; ``details`` is JSON, sanitised."""
