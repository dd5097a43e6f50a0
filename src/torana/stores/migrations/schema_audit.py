"""The tables of the audit trail: entries as people read them, the chains that prove them, who stands behind a pseudonym.

A part of ``schema``.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table

from torana.stores.migrations.columns import (
    count,
    flag,
    metadata,
    moment,
    moment_or_none,
    number,
    part_of_key,
    words,
)


def _bytes(column: str) -> Column[bytes]:
    return Column(column, LargeBinary, nullable=False)


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

audit_heads = Table(
    "audit_heads",
    metadata,
    part_of_key("tenant"),
    part_of_key("chain"),
    number("number"),
    number("entries"),
    _bytes("digest"),
)
"""Where each chain ends. Whoever appends locks its row."""

audit_links = Table(
    "audit_links",
    metadata,
    part_of_key("tenant"),
    part_of_key("chain"),
    Column("number", number("number").type, primary_key=True, autoincrement=False),
    number("first"),
    count("count"),
    moment("at"),
    *map(_bytes, ("body", "marks", "before", "digest")),
)
"""The entries of a chain, some in each link (``core/chain.py``)."""

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    part_of_key("tenant"),
    part_of_key("chain"),
    Column("number", number("number").type, primary_key=True, autoincrement=False),
    number("entries"),
    _bytes("digest"),
    moment("at"),
    words("key_id"),
    _bytes("signature"),
    flag("trimmed"),
)
"""Signed words on where a chain ended. ``trimmed``: everything up to there was deleted, its time being over."""

audit_keys = Table(
    "audit_keys",
    metadata,
    part_of_key("key_id"),
    _bytes("public"),
    moment("first_used_at"),
)
"""The public keys (Ed25519) of those who signed checkpoints."""

audit_persons = Table(
    "audit_persons",
    metadata,
    part_of_key("tenant"),
    part_of_key("person"),
    words("pseudonym"),
    _bytes("key"),
    Index("audit_persons_pseudonym", "tenant", "pseudonym", unique=True),
)
"""Who stands behind a pseudonym of the chains, and the key that what is personal of them is sealed with. Deleting a row
makes that unreadable for good, and leaves the chains whole.
"""

legal_holds = Table(
    "legal_holds",
    metadata,
    part_of_key("id"),
    *map(words, ("tenant", "reason", "begun_by", "ended_by")),
    moment("begun_at"),
    moment_or_none("ended_at"),
    Index("legal_holds_tenant", "tenant"),
)
"""While one lasts, no record of its tenant is deleted for its age."""
