"""Sums by hour without teams too: what a tenant did by the hour is some rows an hour, however many teams it has.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on. The new sums are made
from those that are there; the way back drops them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

TABLE, SOURCE = "usage_hourly_by_model", "usage_hourly_by_team"
KEY = ("tenant", "hour", "model", "provider", "currency")
SUMS = (
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
    "saved_nano",
)


def upgrade() -> None:
    """Make the table with its rows."""
    op.create_table(
        TABLE,
        *(
            sa.Column(name, sa.BigInteger if name == "hour" else sa.Integer, primary_key=True, autoincrement=False)
            for name in KEY
        ),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in SUMS[:-1]),
        sa.Column(SUMS[-1], sa.BigInteger, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": "70"},
    )
    key, sums = ", ".join(KEY), ", ".join(f"CAST(SUM({name}) AS BIGINT)" for name in SUMS)
    op.execute(f"INSERT INTO {TABLE} ({key}, {', '.join(SUMS)}) SELECT {key}, {sums} FROM {SOURCE} GROUP BY {key}")  # noqa: S608


def downgrade() -> None:
    """Drop it."""
    op.drop_table(TABLE)
