"""The tables of signing in through identity providers, and of the people and groups that they keep here (SCIM).

Every row names its tenant. A part of ``schema``.
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from torana.stores.migrations.columns import count, flag, metadata, moment, moment_or_none, part_of_key, words

sso_providers = Table(
    "sso_providers",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(words, ("name", "document", "secret")),
    flag("enabled"),
    flag("by_operator"),
    moment("created_at"),
    moment("updated_at"),
    count("version"),
    Index("sso_providers_id", "id", unique=True),
)
"""``document`` is JSON, ``secret`` sealed. ``by_operator``: whether an operator wrote it last, and may come in by it."""

sso_states = Table(
    "sso_states",
    metadata,
    part_of_key("digest"),
    *map(words, ("tenant", "provider", "browser", "redirect", "callback")),
    moment("expires_at"),
    moment_or_none("used_at"),
    Index("sso_states_expiry", "expires_at"),
)
"""Sign-ins that went to a provider: found by the digest of their state, used once; ``browser`` is the digest of a cookie."""

sso_identities = Table(
    "sso_identities",
    metadata,
    *map(part_of_key, ("tenant", "provider", "subject")),
    *map(words, ("user_id", "told")),
    moment("linked_at"),
    moment("last_at"),
    Index("sso_identities_user", "tenant", "user_id"),
)
"""Who a provider's subject is here. ``told`` is JSON of the groups that it told last."""

sso_sessions = Table(
    "sso_sessions",
    metadata,
    part_of_key("session"),
    *map(words, ("tenant", "provider", "subject")),
)
"""By which provider a session began."""

scim_tokens = Table(
    "scim_tokens",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(words, ("name", "digest")),
    flag("by_operator"),
    words("created_by"),
    moment("created_at"),
    moment_or_none("expires_at"),
    moment_or_none("last_used_at"),
    Index("scim_tokens_digest", "digest", unique=True),
)
"""What identity providers show to keep people and groups: by keyed digest in hex, never the token."""

scim_users = Table(
    "scim_users",
    metadata,
    part_of_key("tenant"),
    part_of_key("user_id"),
    *map(words, ("user_name", "document")),
    Index("scim_users_name", "tenant", "user_name", unique=True),
)
"""What a provider keeps of a user besides: its own name for them in lower case, and JSON of the other attributes."""

scim_groups = Table(
    "scim_groups",
    metadata,
    part_of_key("tenant"),
    part_of_key("id"),
    *map(words, ("name", "external_id")),
    moment("created_at"),
    moment("updated_at"),
    count("version"),
    Index("scim_groups_name", "tenant", "name"),
)
"""Groups of a provider."""

scim_members = Table(
    "scim_members",
    metadata,
    *map(part_of_key, ("tenant", "group_id", "user_id")),
    Index("scim_members_user", "tenant", "user_id"),
)
"""Who is in them."""
