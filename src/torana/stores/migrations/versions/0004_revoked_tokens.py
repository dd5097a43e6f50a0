"""The list of revoked tokens.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on. The way back loses
the list: revoked tokens count again until they expire, and an older version takes no tokens.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "revoked_tokens",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("tenant", "issuer", "kind", "named")),
        sa.Column("issued_before", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("revoked_at", sa.Double, nullable=False),
        sa.Column("revoked_by", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("revoked_tokens")
