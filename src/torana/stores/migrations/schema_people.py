"""The tables of who there is: tenants, departments, teams, users, their sessions; and what the control plane configures.

Every row names its tenant. A part of ``schema``.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table

from torana.stores.migrations.columns import (
    count,
    flag,
    metadata,
    moment,
    moment_or_none,
    part_of_key,
    words,
)

tenants = Table(
    "tenants",
    metadata,
    part_of_key("id"),
    *map(words, ("name", "status", "settings")),
    moment("created_at"),
    moment("updated_at"),
    count("version"),
)
"""Tenants made here; those of the configuration are beside them. ``settings`` is JSON."""

departments = Table(
    "departments",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    words("name"),
    moment("created_at"),
    count("version"),
)

teams = Table(
    "teams",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(words, ("department", "name")),
    moment("created_at"),
    count("version"),
    Index("teams_department", "tenant", "department"),
)
"""``department`` is empty for a team of none."""

users = Table(
    "users",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(
        words,
        ("email", "name", "kind", "role", "status", "password", "department", "team", "external_id", "attributes"),
    ),
    flag("operator"),
    moment("created_at"),
    moment("updated_at"),
    moment_or_none("last_sign_in_at"),
    count("version"),
    Index("users_email", "tenant", "email", unique=True),
    Index("users_by_email", "email"),
    Index("users_external", "tenant", "external_id"),
)
"""``email`` in lower case; of a service account (``kind`` service, else person) its id. ``password`` is an argon2id hash,
empty where there is none; ``attributes`` is JSON.
"""

members = Table(
    "members",
    metadata,
    *map(part_of_key, ("tenant", "kind", "group_id", "user_id")),
    words("role"),
    moment("since"),
    Index("members_user", "tenant", "user_id"),
)
"""Who is in which department or team (``kind``), as ``member`` or ``lead``."""

sessions = Table(
    "sessions",
    metadata,
    part_of_key("id"),
    *map(words, ("tenant", "user_id")),
    Column("refresh_digest", LargeBinary, nullable=False, unique=True),
    Column("spent_digest", LargeBinary),
    words("last_token"),
    moment("created_at"),
    moment("refreshed_at"),
    moment("expires_at"),
    moment_or_none("ended_at"),
    *map(words, ("ended_why", "address", "agent")),
    Index("sessions_user", "tenant", "user_id"),
    Index("sessions_spent", "spent_digest"),
)
"""People who signed in. ``refresh_digest`` finds the session by its refresh token, ``spent_digest`` by the one before: who
shows that one has stolen it, or was robbed. ``last_token`` is the id of the newest access token.
"""

temporary_grants = Table(
    "temporary_grants",
    metadata,
    part_of_key("id"),
    *map(words, ("tenant", "user_id", "permission", "reason", "given_by")),
    moment("given_at"),
    moment("expires_at"),
    moment_or_none("ended_at"),
    Index("temporary_grants_user", "tenant", "user_id"),
)
"""Permissions that end by themselves."""

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    part_of_key("named"),
    count("failures"),
    moment("last_at"),
    moment("locked_until"),
)
"""How often signing in failed lately: ``named`` is a keyed digest of an account's or a client's address."""

one_time_tokens = Table(
    "one_time_tokens",
    metadata,
    part_of_key("digest"),
    *map(words, ("kind", "tenant", "user_id", "email", "given_by")),
    moment("given_at"),
    moment("expires_at"),
    moment_or_none("used_at"),
    Index("one_time_tokens_user", "tenant", "user_id"),
)
"""Invitations, and leave to choose a new password: found by keyed digest in hex, used once. An invitation to register a
tenant has none yet.
"""

config_objects = Table(
    "config_objects",
    metadata,
    part_of_key("tenant"),
    part_of_key("kind"),
    part_of_key("name"),
    Column("version", Integer, primary_key=True, autoincrement=False),
    words("document"),
    moment("written_at"),
    *map(words, ("written_by", "beneath")),
)
"""What people configure here: providers, models, limits, budgets …, every version of each. ``kind`` is a section of the
configuration file, ``document`` JSON of one of its rows, empty where it was withdrawn; an empty tenant is the
installation. ``beneath`` is a digest of the file's own row of that name at that time.
"""
