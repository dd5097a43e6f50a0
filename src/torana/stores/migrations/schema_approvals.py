"""The table of what waits for a second pair of eyes. A part of ``schema``."""

from __future__ import annotations

from sqlalchemy import Index, Table

from torana.stores.migrations.columns import metadata, moment, moment_or_none, part_of_key, words

approvals = Table(
    "approvals",
    metadata,
    part_of_key("id"),
    *map(words, ("tenant", "action", "target", "asked", "asked_by", "asked_name", "reason")),
    moment("asked_at"),
    moment("expires_at"),
    *map(words, ("status", "decided_by", "decided_name")),
    moment_or_none("decided_at"),
    moment_or_none("spent_at"),
    Index("approvals_tenant", "tenant", "id"),
)
"""``asked`` is JSON of the change, its secrets sealed. ``status``: pending, approved, refused; what was approved is done once,
at ``spent_at``.
"""
