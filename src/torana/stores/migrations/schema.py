"""Every table of the database, once, as SQLAlchemy Core tables for SQLite and PostgreSQL.

It changes no database: revisions do, and a test holds them equal to this. Read by ``upgrade`` and by tests.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, SmallInteger, Table, Text, text

from torana.stores.migrations import schema_approvals as schema_approvals  # noqa: PLC0414
from torana.stores.migrations import schema_audit as schema_audit  # noqa: PLC0414 - its tables are among all
from torana.stores.migrations import schema_billing as schema_billing  # noqa: PLC0414
from torana.stores.migrations import schema_cache as schema_cache  # noqa: PLC0414
from torana.stores.migrations import schema_latency as schema_latency  # noqa: PLC0414
from torana.stores.migrations import schema_people as schema_people  # noqa: PLC0414
from torana.stores.migrations import schema_sso as schema_sso  # noqa: PLC0414
from torana.stores.migrations.columns import count, moment_or_none, named, number, words
from torana.stores.migrations.columns import metadata as metadata  # noqa: PLC0414 - handed on

names = Table(
    "names",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False, unique=True),
)
"""Texts that repeat in every row of usage: tenants, teams, models, endings …"""

usage_facts = Table(
    "usage_facts",
    metadata,
    number("at_ms"),
    number("cost_nano"),
    number("held_nano"),
    *map(
        named,
        (
            "tenant",
            "department",
            "team",
            "user_id",
            "key_id",
            "model",
            "provider",
            "currency",
            "dialect",
            "operation",
            "upstream_model",
            "ending",
            "error_code",
            "finish",
            "cache",
            "policy",
            "address",
            "price",
        ),
    ),
    *map(
        count,
        (
            "input_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "output_tokens",
            "reasoning_tokens",
            "duration_ms",
            "first_chunk_ms",
            "upstream_ms",
            "overhead_us",
            "request_bytes",
            "response_bytes",
            "snapshot",
        ),
    ),
    Column("stream", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("usage_estimated", SmallInteger, nullable=False),
    Column("priced", SmallInteger, nullable=False),
    Column("saved_nano", BigInteger, nullable=False, server_default="0"),
    number("request_hash"),  # CRC-32 of an id that the caller chose; 0 for ours, which are found by their time
    words("receipt_id"),
    words("request_id"),
    Index("usage_facts_receipt", "receipt_id", unique=True),
    Index(
        "usage_facts_request",
        "request_hash",
        sqlite_where=text("request_hash <> 0"),
        postgresql_where=text("request_hash <> 0"),
    ),
    Index("usage_facts_tenant_at", "tenant", "at_ms"),
    Index("usage_facts_user", "tenant", "user_id", "at_ms"),
    postgresql_partition_by="RANGE (at_ms)",
)
"""One narrow row per Receipt, of PostgreSQL in a partition for each day (UTC). Columns from tenant to price are numbers
of ``names``. PostgreSQL's unique index is over at_ms and a hash of receipt_id, which is half as large.
"""

_FOUND = text("findings <> '[]'")
usage_details = Table(
    "usage_details",
    metadata,
    Column("receipt_id", Text, primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    words("attempts"),
    words("dropped"),
    words("verdicts"),
    Column("findings", Text, nullable=False, server_default="[]"),
    Index("usage_details_at", "at_ms"),
    Index("usage_details_found", "at_ms", sqlite_where=_FOUND, postgresql_where=_FOUND),
    postgresql_partition_by="RANGE (at_ms)",
)
"""JSON lists, only for Receipts with something to say: more than one good try, a drop, a verdict, a finding."""


_OWNERS = ("department", "team", "user_id", "key_id", "model", "provider", "currency")
_TEAMS = ("department", "team", "model", "provider", "currency")
_MODELS = ("model", "provider", "currency")


def _roll_up(name: str, since: str, owners: tuple[str, ...] = _OWNERS) -> Table:
    return Table(
        name,
        metadata,
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column(since, BigInteger, primary_key=True, autoincrement=False),
        *(Column(column, Integer, primary_key=True, autoincrement=False) for column in owners),
        *map(
            number,
            (
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
        ),
        Column("saved_nano", BigInteger, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": "70"},  # sums change in place: leave room on the page
    )


usage_hourly = _roll_up("usage_hourly", "hour")
"""Sums by hour: ``hour`` is the epoch second at which it begins in the installation's time zone."""

usage_daily = _roll_up("usage_daily", "day")
"""Sums by day: ``day`` is the epoch second of its local midnight."""

usage_hourly_by_team = _roll_up("usage_hourly_by_team", "hour", _TEAMS)
usage_daily_by_team = _roll_up("usage_daily_by_team", "day", _TEAMS)
"""The same sums without users and keys: a page about a tenant reads some thousand rows, however many people it has."""

usage_hourly_by_model = _roll_up("usage_hourly_by_model", "hour", _MODELS)
"""And without teams: a month by the hour is as many rows for each model as it has hours."""

spool_positions = Table(
    "spool_positions",
    metadata,
    Column("spool", Text, primary_key=True),
    number("position"),
)
"""Up to where each spool is in the tables above: written in the same transaction as the rows."""

virtual_keys = Table(
    "virtual_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    *map(words, ("name", "prefix", "tenant", "department", "team", "user_id", "models", "permissions")),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    *map(words, ("ip_allow", "metadata")),
    Column("created_at", Double, nullable=False),
    *(
        Column(one, Text, nullable=False, server_default="")
        for one in ("environment", "rules", "created_by", "revoked_by", "fingerprint")
    ),
    Column("old_digest", LargeBinary),
    *map(moment_or_none, ("old_until", "reminded_at")),
    Index("virtual_keys_tenant", "tenant"),
)
"""Keys by keyed digest, never the key. models, permissions, ip_allow, metadata and rules (limits, budgets and policy of the
key alone) are JSON. After a rotation the key before counts until ``old_until``, by ``old_digest``. ``fingerprint`` is the
SHA-256 in hex, by which whoever finds a key somewhere may report it without sending it.
"""

versions = Table(
    "versions",
    metadata,
    Column("name", Text, primary_key=True),
    number("version"),
)
"""Numbers that grow with every change of a table, so that a reader can ask cheaply whether to read again."""

_UNSETTLED = text("state IN ('making', 'open')")
kept_things = Table(
    "kept_things",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("tenant", "kind", "id")),
    *map(words, ("key_id", "provider", "credential")),
    Column("created_at", Double, nullable=False),
    *map(words, ("state", "purpose", "facts", "shown", "watcher")),
    Column("watched_at", Double, nullable=False),
    Index("kept_things_by_age", "tenant", "kind", "created_at", "id"),
    Index("kept_things_unsettled", "created_at", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
)
"""Files and batches that providers keep, and whose they are. ``credential`` is a digest, never the credential; facts and
shown are JSON; ``watcher`` is the process that looks after an open batch, and did so last at ``watched_at``.
"""

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("tenant", "issuer", "kind", "named")),
    Column("issued_before", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double, nullable=False),
    words("revoked_by"),
)
"""Tokens that count no more: by ``jti``, or of a subject and issued before a time; ``named`` is which. An empty issuer is every one."""

policies = Table(
    "policies",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    *map(words, ("tenant", "document")),
    Column("written_at", Double, nullable=False),
    words("written_by"),
)
"""Policies that people wrote, every version of each. ``document`` is JSON, empty where the policy was withdrawn; an empty
tenant is the installation.
"""

reveals = Table(
    "reveals",
    metadata,
    Column("id", Text, primary_key=True),
    words("tenant"),
    Column("revealed_at", Double, nullable=False),
    *map(words, ("revealed_by", "conversation", "tokens", "told", "reason")),
    Index("reveals_tenant", "tenant", "id"),
)
"""Who looked up what tokens stand for, and why; never the values. ``tokens`` and ``told``, those of them that were known, are
JSON.
"""
