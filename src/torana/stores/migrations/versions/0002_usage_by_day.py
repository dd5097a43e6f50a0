"""Usage in narrower rows with a reference to their price; days of their own on PostgreSQL; sums in the order of tenants.

A revision is frozen: it repeats the columns on purpose and does not read ``schema``, which moves on. Rows are carried
over both ways; what only the newer layout has (the price) is lost on the way back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Self

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OWNERS = ("department", "team", "user_id", "key_id", "model", "provider", "currency")
NAMES = (
    "tenant",
    *OWNERS,
    "dialect",
    "operation",
    "upstream_model",
    "ending",
    "error_code",
    "finish",
    "cache",
    "policy",
    "address",
)
TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
TIMES = ("duration_ms", "first_chunk_ms", "upstream_ms", "overhead_us")
COUNTS = (*TOKENS, *TIMES, "request_bytes", "response_bytes", "snapshot")
FLAGS = ("stream", "status", "usage_estimated", "priced")
SAME = ("at_ms", "cost_nano", "held_nano", *NAMES, *COUNTS, *FLAGS, "receipt_id", "request_id")
SUMS = ("requests", "errors", *TOKENS, "cost_nano", *TIMES)
DETAILS = ("receipt_id", "at_ms", "attempts", "dropped", "verdicts")
ROLL_UPS = (("usage_hourly", "hour"), ("usage_daily", "day"))
DAY_MS = 86_400_000
LARGEST = 2**31 - 1


def upgrade() -> None:
    """Lay the tables anew and carry the rows over."""
    with _carried("usage_facts", ("usage_facts_receipt", "usage_facts_request", "usage_facts_tenant_at")) as old:
        _facts()
        clamped = [f"CASE WHEN {name} > {LARGEST} THEN {LARGEST} ELSE {name} END" for name in COUNTS]
        picked = [dict(zip(COUNTS, clamped, strict=True)).get(name, name) for name in SAME]
        old.move(
            ("price", "request_hash", *SAME),
            (_empty_name(), "COALESCE(request_hash, 0)", *picked),
        )
    with _carried("usage_details", ("usage_details_at",)) as old:
        op.create_table(
            "usage_details",
            sa.Column("receipt_id", sa.Text, primary_key=True),
            sa.Column("at_ms", sa.BigInteger, primary_key=True, autoincrement=False),
            *_many(sa.Text, "attempts", "dropped", "verdicts"),
            postgresql_partition_by="RANGE (at_ms)",
        )
        op.create_index("usage_details_at", "usage_details", ["at_ms"])
        old.move(DETAILS)
    for table, since in ROLL_UPS:
        with _carried(table, ()) as old:
            _roll_up(table, ("tenant", since, *OWNERS))
            op.create_index(f"{table}_{since}", table, [since])
            old.move((since, "tenant", *OWNERS, *SUMS))


def downgrade() -> None:
    """The layout of 0001, with its rows."""
    with _carried("usage_facts", ("usage_facts_receipt", "usage_facts_request", "usage_facts_tenant_at")) as old:
        _facts_of_0001()
        old.move(("request_hash", *SAME), ("NULLIF(request_hash, 0)", *SAME))
    with _carried("usage_details", ("usage_details_at",)) as old:
        op.create_table(
            "usage_details",
            sa.Column("receipt_id", sa.Text, primary_key=True),
            *_many(sa.BigInteger, "at_ms"),
            *_many(sa.Text, "attempts", "dropped", "verdicts"),
        )
        op.create_index("usage_details_at", "usage_details", ["at_ms"])
        old.move(DETAILS)
    for table, since in ROLL_UPS:
        with _carried(table, (f"{table}_{since}",)) as old:
            _roll_up(table, (since, "tenant", *OWNERS))
            old.move((since, "tenant", *OWNERS, *SUMS))


class _carried:  # noqa: N801 - used as a verb
    """A table put aside while its successor is made; gone afterwards."""

    def __init__(self, table: str, indexes: tuple[str, ...]) -> None:
        self._table = table
        self._old = f"{table}_before"
        self._indexes = indexes

    def __enter__(self) -> Self:
        for index in self._indexes:
            op.drop_index(index, table_name=self._table)
        op.rename_table(self._table, self._old)
        if _on_postgres():
            op.execute(f"ALTER INDEX IF EXISTS {self._table}_pkey RENAME TO {self._old}_pkey")
        return self

    def __exit__(self, kind: object, fault: object, trace: object) -> None:
        if kind is None:
            op.drop_table(self._old)

    def move(self, columns: tuple[str, ...], picked: tuple[str, ...] | None = None) -> None:
        """Carry the rows over, inside the database."""
        if _on_postgres() and self._partitioned():
            days = f"SELECT DISTINCT at_ms / {DAY_MS} FROM {self._old}"  # noqa: S608 - our own names
            for (day,) in op.get_bind().exec_driver_sql(days).fetchall():
                name = f"{self._table}_{datetime.fromtimestamp(day * DAY_MS / 1000, UTC):%Y%m%d}"
                bounds = f"FROM ({day * DAY_MS}) TO ({(day + 1) * DAY_MS})"
                op.execute(f"CREATE TABLE {name} PARTITION OF {self._table} FOR VALUES {bounds}")
        op.execute(
            f"INSERT INTO {self._table} ({', '.join(columns)}) "  # noqa: S608 - our own names
            f"SELECT {', '.join(picked or columns)} FROM {self._old}"
        )

    def _partitioned(self) -> bool:
        asked = f"SELECT relkind = 'p' FROM pg_class WHERE oid = '{self._table}'::regclass"  # noqa: S608
        return bool(op.get_bind().exec_driver_sql(asked).scalar())


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _many(kind: type[sa.types.TypeEngine[Any]], *columns: str) -> list[sa.Column[Any]]:
    return [sa.Column(column, kind, nullable=False) for column in columns]


def _empty_name() -> str:
    """The number of the empty text, made when there is none: rows of before say nothing of their price."""
    op.execute("INSERT INTO names (text) VALUES ('') ON CONFLICT (text) DO NOTHING")
    return "(SELECT id FROM names WHERE text = '')"


def _facts() -> None:
    op.create_table(
        "usage_facts",
        *_many(sa.BigInteger, "at_ms", "cost_nano", "held_nano"),
        *_many(sa.Integer, *NAMES, "price", *COUNTS),
        *_many(sa.SmallInteger, *FLAGS),
        *_many(sa.BigInteger, "request_hash"),
        *_many(sa.Text, "receipt_id", "request_id"),
        postgresql_partition_by="RANGE (at_ms)",
    )
    if _on_postgres():
        op.execute("CREATE UNIQUE INDEX usage_facts_receipt ON usage_facts (at_ms, hashtextextended(receipt_id, 0))")
    else:
        op.create_index("usage_facts_receipt", "usage_facts", ["receipt_id"], unique=True)
    _facts_indexes("request_hash <> 0")


def _facts_of_0001() -> None:
    op.create_table(
        "usage_facts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *_many(sa.Text, "receipt_id", "request_id"),
        sa.Column("request_hash", sa.BigInteger),
        *_many(sa.BigInteger, "at_ms"),
        *_many(sa.Integer, *NAMES),
        *_many(sa.SmallInteger, "stream", "status"),
        *_many(sa.BigInteger, *TOKENS),
        *_many(sa.SmallInteger, "usage_estimated"),
        *_many(sa.BigInteger, "cost_nano"),
        *_many(sa.SmallInteger, "priced"),
        *_many(sa.BigInteger, "held_nano", *TIMES, "request_bytes", "response_bytes", "snapshot"),
    )
    op.create_index("usage_facts_receipt", "usage_facts", ["receipt_id"], unique=True)
    _facts_indexes("request_hash IS NOT NULL")


def _facts_indexes(hashed: str) -> None:
    chosen = sa.text(hashed)
    op.create_index(
        "usage_facts_request", "usage_facts", ["request_hash"], sqlite_where=chosen, postgresql_where=chosen
    )
    op.create_index("usage_facts_tenant_at", "usage_facts", ["tenant", "at_ms"])


def _roll_up(table: str, key: tuple[str, ...]) -> None:
    op.create_table(
        table,
        *(
            sa.Column(
                name, sa.BigInteger if name in {"hour", "day"} else sa.Integer, primary_key=True, autoincrement=False
            )
            for name in key
        ),
        *_many(sa.BigInteger, *SUMS),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": "70"},
    )
