"""Sums without users and keys, which are few however many people there are; requests of one user found by an index.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on. The new sums are made
from those that are there; the way back drops them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

OWNERS = ("department", "team", "model", "provider", "currency")
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
)
ROLL_UPS = (("usage_hourly", "hour"), ("usage_daily", "day"))


def upgrade() -> None:
    """Make the tables with their rows, and the index."""
    for source, since in ROLL_UPS:
        table = f"{source}_by_team"
        op.create_table(
            table,
            *(
                sa.Column(name, sa.BigInteger if name == since else sa.Integer, primary_key=True, autoincrement=False)
                for name in ("tenant", since, *OWNERS)
            ),
            *(sa.Column(name, sa.BigInteger, nullable=False) for name in SUMS),
            sqlite_with_rowid=False,
            postgresql_with={"fillfactor": "70"},
        )
        op.create_index(f"{table}_{since}", table, [since])
        key = ", ".join(("tenant", since, *OWNERS))
        sums = ", ".join(f"CAST(SUM({name}) AS BIGINT)" for name in SUMS)
        op.execute(
            f"INSERT INTO {table} ({key}, {', '.join(SUMS)}) SELECT {key}, {sums} FROM {source} GROUP BY {key}"  # noqa: S608
        )
    op.create_index("usage_facts_user", "usage_facts", ["tenant", "user_id", "at_ms"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("usage_facts_user", table_name="usage_facts")
    for source, _ in ROLL_UPS:
        op.drop_table(f"{source}_by_team")
