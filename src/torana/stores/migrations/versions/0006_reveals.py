"""Who looked up what tokens stand for, and why.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on. The way back loses
who looked.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reveals",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("revealed_at", sa.Double, nullable=False),
        sa.Column("revealed_by", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("tokens", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("reveals_tenant", "reveals", ["tenant", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("reveals")
