"""The control plane: tenants, people, sessions, what they configure, the audit trail.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on. The way back loses
all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

Columns = str
"""``name:kind`` by blanks, as ``_columns`` reads them: t text, k text of the primary key, i whole number, n number of 63
bits, f flag, m moment, m? moment or null, b bytes, b? bytes or null, v version in the primary key.
"""
KINDS: Mapping[str, tuple[type[Any], bool, bool]] = {
    "t": (sa.Text, False, False),
    "k": (sa.Text, False, True),
    "i": (sa.Integer, False, False),
    "n": (sa.BigInteger, False, False),
    "n?": (sa.BigInteger, True, False),
    "f": (sa.SmallInteger, False, False),
    "m": (sa.Double, False, False),
    "m?": (sa.Double, True, False),
    "b": (sa.LargeBinary, False, False),
    "b?": (sa.LargeBinary, True, False),
    "v": (sa.Integer, False, True),
}
"""Letter → type, nullable, part of the primary key."""
TABLES: Mapping[str, Columns] = {
    "tenants": "id:k name:t status:t settings:t created_at:m updated_at:m version:i",
    "departments": "tenant:k id:k name:t created_at:m version:i",
    "teams": "tenant:k id:k department:t name:t created_at:m version:i",
    "users": "tenant:k id:k email:t name:t kind:t role:t status:t password:t department:t team:t external_id:t "
    "attributes:t operator:f created_at:m updated_at:m last_sign_in_at:m? version:i",
    "members": "tenant:k kind:k group_id:k user_id:k role:t since:m",
    "sessions": "id:k tenant:t user_id:t refresh_digest:b spent_digest:b? last_token:t created_at:m refreshed_at:m "
    "expires_at:m ended_at:m? ended_why:t address:t agent:t",
    "temporary_grants": "id:k tenant:t user_id:t permission:t reason:t given_by:t given_at:m expires_at:m ended_at:m?",
    "config_objects": "tenant:k kind:k name:k version:v document:t written_at:m written_by:t",
    "audit_entries": "id:k tenant:t at:m kind:t action:t outcome:t actor:t actor_name:t actor_role:t target:t address:t "
    "request_id:t details:t",
}
UNIQUE: Mapping[str, tuple[str, ...]] = {"sessions": ("refresh_digest",)}
"""Columns with a constraint of their own."""
INDEXES: tuple[tuple[str, str, str, bool], ...] = (
    ("teams_department", "teams", "tenant department", False),
    ("users_email", "users", "tenant email", True),
    ("users_by_email", "users", "email", False),
    ("users_external", "users", "tenant external_id", False),
    ("members_user", "members", "tenant user_id", False),
    ("sessions_user", "sessions", "tenant user_id", False),
    ("sessions_spent", "sessions", "spent_digest", False),
    ("temporary_grants_user", "temporary_grants", "tenant user_id", False),
    ("audit_entries_tenant", "audit_entries", "tenant id", False),
)
"""Name, table, columns, unique."""


def upgrade() -> None:
    """Make the tables."""
    for table, columns in TABLES.items():
        op.create_table(table, *_columns(columns, UNIQUE.get(table, ())))
    for name, table, columns, unique in INDEXES:
        op.create_index(name, table, columns.split(), unique=unique)


def downgrade() -> None:
    """Drop them."""
    for table in reversed(list(TABLES)):
        op.drop_table(table)


def _columns(columns: Columns, unique: tuple[str, ...]) -> Iterator[sa.Column[Any]]:
    for one in columns.split():
        name, _, letter = one.partition(":")
        kind, nullable, key = KINDS[letter]
        if key and kind is sa.Integer:
            yield sa.Column(name, kind, primary_key=True, autoincrement=False)
        elif key:
            yield sa.Column(name, kind, primary_key=True)
        else:
            yield sa.Column(name, kind, nullable=nullable, unique=True if name in unique else None)
