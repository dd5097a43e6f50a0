"""Policies that people write, every version of each; what guardrails found, beside their verdicts.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on. The way back loses
both: what the file says holds again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table, and the column."""
    op.add_column("usage_details", sa.Column("findings", sa.Text, nullable=False, server_default="[]"))
    op.create_table(
        "policies",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("written_at", sa.Double, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("policies")
    op.drop_column("usage_details", "findings")
