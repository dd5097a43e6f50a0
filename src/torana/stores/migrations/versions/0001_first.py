"""Keys, usage and its roll-ups.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SCOPES = ("tenant", "department", "team", "user_id", "key_id", "model", "provider", "currency")
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _many(kind: type[sa.types.TypeEngine[Any]], *columns: str) -> list[sa.Column[Any]]:
    return [sa.Column(column, kind, nullable=False) for column in columns]


def _roll_up(table: str, since: str) -> None:
    op.create_table(
        table,
        sa.Column(since, sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(column, sa.Integer, primary_key=True, autoincrement=False) for column in SCOPES),
        *_many(
            sa.BigInteger,
            "requests",
            "errors",
            "input_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "output_tokens",
            "reasoning_tokens",
            "cost_nano",
            "duration_ms",
            "first_chunk_ms",
            "upstream_ms",
            "overhead_us",
        ),
        sqlite_with_rowid=False,
    )


def _usage() -> None:
    op.create_table(
        "names",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "usage_facts",
        sa.Column("id", ROW_ID, primary_key=True),
        *_many(sa.Text, "receipt_id", "request_id"),
        sa.Column("request_hash", sa.BigInteger),
        *_many(sa.BigInteger, "at_ms"),
        *_many(
            sa.Integer,
            *SCOPES,
            "dialect",
            "operation",
            "upstream_model",
            "ending",
            "error_code",
            "finish",
            "cache",
            "policy",
            "address",
        ),
        *_many(sa.SmallInteger, "stream", "status"),
        *_many(
            sa.BigInteger,
            "input_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "output_tokens",
            "reasoning_tokens",
        ),
        *_many(sa.SmallInteger, "usage_estimated"),
        *_many(sa.BigInteger, "cost_nano"),
        *_many(sa.SmallInteger, "priced"),
        *_many(
            sa.BigInteger,
            "held_nano",
            "duration_ms",
            "first_chunk_ms",
            "upstream_ms",
            "overhead_us",
            "request_bytes",
            "response_bytes",
            "snapshot",
        ),
    )
    op.create_index("usage_facts_receipt", "usage_facts", ["receipt_id"], unique=True)
    chosen = sa.text("request_hash IS NOT NULL")
    op.create_index(
        "usage_facts_request", "usage_facts", ["request_hash"], sqlite_where=chosen, postgresql_where=chosen
    )
    op.create_index("usage_facts_tenant_at", "usage_facts", ["tenant", "at_ms"])
    op.create_table(
        "usage_details",
        sa.Column("receipt_id", sa.Text, primary_key=True),
        *_many(sa.BigInteger, "at_ms"),
        *_many(sa.Text, "attempts", "dropped", "verdicts"),
    )
    op.create_index("usage_details_at", "usage_details", ["at_ms"])
    _roll_up("usage_hourly", "hour")
    _roll_up("usage_daily", "day")
    op.create_table(
        "spool_positions",
        sa.Column("spool", sa.Text, primary_key=True),
        *_many(sa.BigInteger, "position"),
    )


def upgrade() -> None:
    """Make all tables."""
    _usage()
    op.create_table(
        "virtual_keys",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        *_many(sa.Text, "name", "prefix", "tenant", "department", "team", "user_id", "models", "permissions"),
        sa.Column("expires_at", sa.Double),
        sa.Column("revoked_at", sa.Double),
        *_many(sa.Text, "ip_allow", "metadata"),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("virtual_keys_tenant", "virtual_keys", ["tenant"])
    op.create_table(
        "versions",
        sa.Column("name", sa.Text, primary_key=True),
        *_many(sa.BigInteger, "version"),
    )


def downgrade() -> None:
    """Drop all tables."""
    for table in (
        "versions",
        "virtual_keys",
        "spool_positions",
        "usage_daily",
        "usage_hourly",
        "usage_details",
        "usage_facts",
        "names",
    ):
        op.drop_table(table)
