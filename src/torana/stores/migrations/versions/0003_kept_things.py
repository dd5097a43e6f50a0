"""Whose the files and batches are that providers keep.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on. The way back loses
them: nobody can reach these files through the gateway then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "kept_things",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("tenant", "kind", "id")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("key_id", "provider", "credential")),
        sa.Column("created_at", sa.Double, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("state", "purpose", "facts", "shown", "watcher")),
        sa.Column("watched_at", sa.Double, nullable=False),
    )
    op.create_index("kept_things_by_age", "kept_things", ["tenant", "kind", "created_at", "id"])
    unsettled = sa.text("state IN ('making', 'open')")
    op.create_index(
        "kept_things_unsettled", "kept_things", ["created_at"], sqlite_where=unsettled, postgresql_where=unsettled
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("kept_things")
