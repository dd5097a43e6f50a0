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
bits, f flag, m moment, m? moment or null, b bytes, b? bytes or null, v version and w number of 63 bits in the
primary key.
"""
KINDS: Mapping[str, tuple[type[Any], bool, bool]] = {
    "t": (sa.Text, False, False),
    "k": (sa.Text, False, True),
    "i": (sa.Integer, False, False),
    "n": (sa.BigInteger, False, False),
    "n?": (sa.BigInteger, True, False),
    "w": (sa.BigInteger, False, True),
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
    "sign_in_attempts": "named:k failures:i last_at:m locked_until:m",
    "one_time_tokens": "digest:k kind:t tenant:t user_id:t email:t given_by:t given_at:m expires_at:m used_at:m?",
    "config_objects": "tenant:k kind:k name:k version:v document:t written_at:m written_by:t beneath:t",
    "approvals": "id:k tenant:t action:t target:t asked:t asked_by:t asked_name:t reason:t asked_at:m expires_at:m status:t "
    "decided_by:t decided_name:t decided_at:m? spent_at:m?",
    "billing_plans": "tenant:k version:v document:t written_at:m written_by:t",
    "billing_drafts": "tenant:k id:k kind:t currency:t since:n until:n total_nano:n document:t made_at:m made_by:t",
    "billing_invoices": "tenant:k id:k kind:t currency:t since:n until:n total_nano:n document:t made_at:m made_by:t "
    "fiscal_year:t sequence:i number:t of_invoice:t digest:t issued_at:m issued_by:t",
    "billing_numbers": "tenant:k kind:k fiscal_year:k last:i",
    "billing_rerates": "tenant:k id:k since:n until:n reason:t document:t made_at:m made_by:t",
    "billing_adjustments": "tenant:k id:k rerate:t day:n department:t team:t user_id:t key_id:t model:t provider:t "
    "currency:t requests:n recorded_nano:n rated_nano:n difference_nano:n invoice:t",
    "billing_noted": "tenant:k id:k invoice:t at:n currency:t cost_nano:n users:n",
    "billing_reconciliations": "tenant:k id:k since:n until:n provider:t shape:t document:t made_at:m made_by:t",
    "audit_entries": "id:k tenant:t at:m kind:t action:t outcome:t actor:t actor_name:t actor_role:t target:t address:t "
    "request_id:t details:t",
    "audit_heads": "tenant:k chain:k number:n entries:n digest:b",
    "audit_links": "tenant:k chain:k number:w first:n count:i at:m body:b marks:b before:b digest:b",
    "audit_checkpoints": "tenant:k chain:k number:w entries:n digest:b at:m key_id:t signature:b trimmed:f",
    "audit_keys": "key_id:k public:b first_used_at:m",
    "audit_persons": "tenant:k person:k pseudonym:t key:b",
    "sso_providers": "tenant:k id:k name:t document:t secret:t enabled:f by_operator:f created_at:m updated_at:m version:i",
    "sso_states": "digest:k tenant:t provider:t browser:t redirect:t callback:t expires_at:m used_at:m?",
    "sso_identities": "tenant:k provider:k subject:k user_id:t told:t linked_at:m last_at:m",
    "sso_sessions": "session:k tenant:t provider:t subject:t",
    "scim_tokens": "tenant:k id:k name:t digest:t by_operator:f created_by:t created_at:m expires_at:m? last_used_at:m?",
    "scim_users": "tenant:k user_id:k user_name:t document:t",
    "scim_groups": "tenant:k id:k name:t external_id:t created_at:m updated_at:m version:i",
    "scim_members": "tenant:k group_id:k user_id:k",
    "cache_savings": "tenant:k day:w team:k model:k currency:k hits:n semantic_hits:n misses:n shadow_hits:n tokens:n "
    "saved_nano:n saved_ms:n",
    "legal_holds": "id:k tenant:t reason:t begun_by:t ended_by:t begun_at:m ended_at:m?",
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
    ("one_time_tokens_user", "one_time_tokens", "tenant user_id", False),
    ("audit_persons_pseudonym", "audit_persons", "tenant pseudonym", True),
    ("sso_providers_id", "sso_providers", "id", True),
    ("sso_states_expiry", "sso_states", "expires_at", False),
    ("sso_identities_user", "sso_identities", "tenant user_id", False),
    ("scim_tokens_digest", "scim_tokens", "digest", True),
    ("scim_users_name", "scim_users", "tenant user_name", True),
    ("scim_groups_name", "scim_groups", "tenant name", False),
    ("scim_members_user", "scim_members", "tenant user_id", False),
    ("legal_holds_tenant", "legal_holds", "tenant", False),
    ("billing_invoices_number", "billing_invoices", "tenant kind fiscal_year sequence", True),
    ("billing_invoices_of", "billing_invoices", "tenant of_invoice", False),
    ("billing_adjustments_day", "billing_adjustments", "tenant day", False),
    ("billing_adjustments_open", "billing_adjustments", "tenant invoice", False),
    ("approvals_tenant", "approvals", "tenant id", False),
    ("audit_entries_tenant", "audit_entries", "tenant id", False),
)
"""Name, table, columns, unique."""
OF_KEYS = ("environment", "rules", "created_by", "revoked_by", "fingerprint")
"""Texts that keys have besides, empty for those that there were."""
MOMENTS_OF_KEYS = ("old_until", "reminded_at")
SAVING = ("usage_facts", "usage_hourly", "usage_daily", "usage_hourly_by_team", "usage_daily_by_team")
"""Tables of usage that say from now on what the cache saved."""
TIMED = {
    "latency_hourly": "hour model provider",
    "latency_daily": "day model provider",
    "team_latency_daily": "day department team",
}
"""Counts of times: table → the key between its tenant and the buckets."""
BY_TIME = (
    ("usage_hourly", "hour"),
    ("usage_daily", "day"),
    ("usage_hourly_by_team", "hour"),
    ("usage_daily_by_team", "day"),
)
"""Sums that had an index by their time alone: written with every row, and asked of no more than once a day."""
BUCKETS = 32
"""Counts of neighbouring buckets in one row."""
ISSUED = "billing_invoices"
REFUSAL = "an issued invoice is never changed: issue a credit note"


def upgrade() -> None:
    """Make the tables."""
    for table, columns in TABLES.items():
        op.create_table(table, *_columns(columns, UNIQUE.get(table, ())))
    for name, table, columns, unique in INDEXES:
        op.create_index(name, table, columns.split(), unique=unique)
    for column in OF_KEYS:
        op.add_column("virtual_keys", sa.Column(column, sa.Text, nullable=False, server_default=""))
    op.add_column("virtual_keys", sa.Column("old_digest", sa.LargeBinary))
    for column in MOMENTS_OF_KEYS:
        op.add_column("virtual_keys", sa.Column(column, sa.Double))
    for table in SAVING:
        op.add_column(table, sa.Column("saved_nano", sa.BigInteger, nullable=False, server_default="0"))
    for table, since in BY_TIME:
        op.drop_index(f"{table}_{since}", table)
    for table, key in TIMED.items():
        _count_times(table, key.split())
    found = sa.text("findings <> '[]'")
    op.create_index("usage_details_found", "usage_details", ["at_ms"], sqlite_where=found, postgresql_where=found)
    _seal()


def _count_times(table: str, key: list[str]) -> None:
    since, *scopes = key
    op.create_table(
        table,
        sa.Column("tenant", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(since, sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(scope, sa.Integer, primary_key=True, autoincrement=False) for scope in scopes),
        sa.Column("first_chunk", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("part", sa.SmallInteger, primary_key=True, autoincrement=False),
        *(sa.Column(f"n{slot}", sa.BigInteger, nullable=False) for slot in range(BUCKETS)),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": "70"},
    )


def _seal() -> None:
    """Have the database itself refuse to change or delete what was issued."""
    if op.get_bind().dialect.name != "postgresql":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {ISSUED}_{what.lower()} BEFORE {what} ON {ISSUED} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {ISSUED}_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {ISSUED}_change BEFORE UPDATE OR DELETE ON {ISSUED} "
        f"FOR EACH ROW EXECUTE FUNCTION {ISSUED}_sealed()"
    )
    op.execute(
        f"CREATE TRIGGER {ISSUED}_emptying BEFORE TRUNCATE ON {ISSUED} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {ISSUED}_sealed()"
    )


def downgrade() -> None:
    """Drop them."""
    for column in ("old_digest", *OF_KEYS, *MOMENTS_OF_KEYS):
        op.drop_column("virtual_keys", column)
    op.drop_index("usage_details_found", "usage_details")
    for table in SAVING:
        op.drop_column(table, "saved_nano")
    for table, since in BY_TIME:
        op.create_index(f"{table}_{since}", table, [since])
    for table in TIMED:
        op.drop_table(table)
    for table in reversed(list(TABLES)):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {ISSUED}_sealed()")


def _columns(columns: Columns, unique: tuple[str, ...]) -> Iterator[sa.Column[Any]]:
    for one in columns.split():
        name, _, letter = one.partition(":")
        kind, nullable, key = KINDS[letter]
        if key and kind is not sa.Text:
            yield sa.Column(name, kind, primary_key=True, autoincrement=False)
        elif key:
            yield sa.Column(name, kind, primary_key=True)
        else:
            yield sa.Column(name, kind, nullable=nullable, unique=True if name in unique else None)
