"""SQL of identity providers, of sign-ins under way, and of who somebody is at a provider.

It decides nothing about who may. Called by the routes of this room and of SCIM.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torana.ports.database import Connection

_FIELDS = "tenant, id, name, document, secret, enabled, by_operator, created_at, updated_at, version"
_SELECT = f"SELECT {_FIELDS} FROM sso_providers"  # noqa: S608 - our own column names


class ProviderRow(NamedTuple):
    """One row."""

    tenant: str
    id: str
    name: str
    document: Mapping[str, Any]
    """``SsoAsk`` without the secret."""
    secret: str
    """Sealed; empty: none."""
    enabled: int
    by_operator: int
    created_at: float
    updated_at: float
    version: int


def about(row: ProviderRow) -> str:
    """Where the secret of a provider stands: it opens nowhere else."""
    return f"sso/{row.tenant}/{row.id}/client_secret"


class Begun(NamedTuple):
    """A sign-in that went to a provider."""

    digest: str
    """Of the state."""
    tenant: str
    provider: str
    browser: str
    """The digest of the cookie that it began with."""
    redirect: str
    callback: str
    expires_at: float


def _provider(row: Sequence[Any]) -> ProviderRow:
    return ProviderRow(row[0], row[1], row[2], json.loads(row[3]), *row[4:])


def providers(connection: Connection, tenant: str) -> list[ProviderRow]:
    """All of a tenant, by name."""
    rows = connection.execute(f"{_SELECT} WHERE tenant = ? ORDER BY name, id", (tenant,)).fetchall()
    return [_provider(row) for row in rows]


def provider(connection: Connection, tenant: str, provider_id: str) -> ProviderRow | None:
    """One of a tenant."""
    row = connection.execute(f"{_SELECT} WHERE tenant = ? AND id = ?", (tenant, provider_id)).fetchone()
    return None if row is None else _provider(row)


def provider_of_any(connection: Connection, provider_id: str) -> ProviderRow | None:
    """One by its id alone: before anybody signed in there is no tenant to ask for. Ids are never given twice."""
    row = connection.execute(f"{_SELECT} WHERE id = ?", (provider_id,)).fetchone()
    return None if row is None else _provider(row)


def offered(connection: Connection, tenant: str) -> list[ProviderRow]:
    """Those that a sign-in page offers: of the tenant; without one, of the only tenant that has people, else the listed ones."""
    rows = [_provider(row) for row in connection.execute(f"{_SELECT} WHERE enabled = 1 ORDER BY name, id").fetchall()]
    if tenant:
        return [one for one in rows if one.tenant == tenant]
    peopled = connection.execute("SELECT DISTINCT tenant FROM users WHERE kind = 'person' LIMIT 2").fetchall()
    only = peopled[0][0] if len(peopled) == 1 else ""
    return [one for one in rows if one.tenant == only or one.document.get("listed")]


def write(connection: Connection, row: ProviderRow) -> bool:
    """Keep a new one, or the next version of one; False when that is not the next any more."""
    values = (row.name, json.dumps(dict(row.document), sort_keys=True), row.secret, row.enabled, row.by_operator)
    if row.version == 1:
        connection.execute(
            "INSERT INTO sso_providers (tenant, id, name, document, secret, enabled, by_operator, created_at, updated_at,"
            " version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (row.tenant, row.id, *values, row.created_at, row.updated_at),
        )
        return True
    changed: int = connection.execute(
        "UPDATE sso_providers SET name = ?, document = ?, secret = ?, enabled = ?, by_operator = ?, updated_at = ?,"
        " version = version + 1 WHERE tenant = ? AND id = ? AND version = ?",
        (*values, row.updated_at, row.tenant, row.id, row.version - 1),
    ).rowcount
    return changed == 1


def drop(connection: Connection, tenant: str, provider_id: str) -> bool:
    """Remove one, and what it knew of people; sessions go on. False when there is none."""
    for sql in (
        "DELETE FROM sso_identities WHERE tenant = ? AND provider = ?",
        "DELETE FROM sso_states WHERE tenant = ? AND provider = ?",
    ):
        connection.execute(sql, (tenant, provider_id))
    gone: int = connection.execute(
        "DELETE FROM sso_providers WHERE tenant = ? AND id = ?", (tenant, provider_id)
    ).rowcount
    return gone > 0


def begin(connection: Connection, row: Begun, now: float) -> None:
    """Keep a sign-in that begins. Those that came to nothing are dropped."""
    connection.execute("DELETE FROM sso_states WHERE expires_at < ?", (now - 3600.0,))
    connection.execute(
        "INSERT INTO sso_states (digest, tenant, provider, browser, redirect, callback, expires_at, used_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        row,
    )


def claim(connection: Connection, digest: str, now: float) -> Begun | None:
    """Use a sign-in that began; None when it is unknown, used or expired. Of two who use it at once, one has it."""
    used = connection.execute(
        "UPDATE sso_states SET used_at = ? WHERE digest = ? AND used_at IS NULL AND expires_at > ?", (now, digest, now)
    ).rowcount
    if not used:
        return None
    row = connection.execute(
        "SELECT digest, tenant, provider, browser, redirect, callback, expires_at FROM sso_states WHERE digest = ?",
        (digest,),
    ).fetchone()
    return Begun(*row)


def linked(connection: Connection, tenant: str, provider_id: str, subject: str) -> str | None:
    """The user whom a subject of the provider is."""
    row = connection.execute(
        "SELECT user_id FROM sso_identities WHERE tenant = ? AND provider = ? AND subject = ?",
        (tenant, provider_id, subject),
    ).fetchone()
    return None if row is None else row[0]


def known_otherwise(connection: Connection, place: tuple[str, str, str], user_id: str) -> bool:
    """Whether (tenant, provider, subject) is not this user, and another subject of the same provider is."""
    tenant, provider_id, subject = place
    rows = connection.execute(
        "SELECT subject FROM sso_identities WHERE tenant = ? AND provider = ? AND user_id = ?",
        (tenant, provider_id, user_id),
    ).fetchall()
    return bool(rows) and subject not in {row[0] for row in rows}


class Identity(NamedTuple):
    """Who a user is at a provider. Times are epoch seconds."""

    provider: str
    name: str
    """The provider's."""
    subject: str
    linked_at: float
    last_at: float


def identities(connection: Connection, tenant: str, user_id: str) -> list[Identity]:
    """All of a user, by provider and subject."""
    rows = connection.execute(
        "SELECT sso_identities.provider, sso_providers.name, subject, linked_at, last_at FROM sso_identities"
        " JOIN sso_providers ON sso_providers.tenant = sso_identities.tenant AND sso_providers.id = sso_identities.provider"
        " WHERE sso_identities.tenant = ? AND sso_identities.user_id = ? ORDER BY sso_identities.provider, subject",
        (tenant, user_id),
    ).fetchall()
    return [Identity(*row) for row in rows]


def unlink(connection: Connection, tenant: str, provider_id: str, user_id: str) -> bool:
    """Forget who a user is at the provider; whether anything was known."""
    gone = connection.execute(
        "DELETE FROM sso_identities WHERE tenant = ? AND provider = ? AND user_id = ?", (tenant, provider_id, user_id)
    )
    return bool(gone.rowcount)


def sessions_by(connection: Connection, tenant: str, provider_id: str, user_id: str) -> list[str]:
    """The sessions of a user that began by the provider and have not ended."""
    rows = connection.execute(
        "SELECT sso_sessions.session FROM sso_sessions JOIN sessions ON sessions.tenant = sso_sessions.tenant"
        " AND sessions.id = sso_sessions.session WHERE sso_sessions.tenant = ? AND sso_sessions.provider = ?"
        " AND sessions.user_id = ? AND sessions.ended_at IS NULL ORDER BY sso_sessions.session",
        (tenant, provider_id, user_id),
    ).fetchall()
    return [row[0] for row in rows]


def link(connection: Connection, place: tuple[str, str, str], user_id: str, groups: Sequence[str], now: float) -> None:
    """Remember (tenant, provider, subject) as this user, and the groups that the provider tells."""
    connection.execute(
        "INSERT INTO sso_identities (tenant, provider, subject, user_id, told, linked_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tenant, provider, subject) DO UPDATE SET user_id = excluded.user_id,"
        " told = excluded.told, last_at = excluded.last_at",
        (*place, user_id, json.dumps(list(groups)), now, now),
    )


def came_by(connection: Connection, session: str, tenant: str, provider_id: str, subject: str) -> None:
    """Remember by which provider a session began, for its end."""
    connection.execute(
        "INSERT INTO sso_sessions (session, tenant, provider, subject) VALUES (?, ?, ?, ?)",
        (session, tenant, provider_id, subject),
    )


def came(connection: Connection, tenant: str, session: str) -> tuple[ProviderRow, str] | None:
    """The provider by which a session began, and who they are there."""
    row = connection.execute(
        "SELECT provider, subject FROM sso_sessions WHERE tenant = ? AND session = ?", (tenant, session)
    ).fetchone()
    by = None if row is None else provider(connection, tenant, row[0])
    return None if by is None else (by, row[1])


def groups_of(connection: Connection, tenant: str, user_id: str) -> list[str]:
    """The groups that somebody is in: those that providers told at the last sign-in by each, and those kept by SCIM."""
    rows = connection.execute(
        "SELECT sso_identities.told FROM sso_identities JOIN sso_providers ON sso_providers.tenant = sso_identities.tenant"
        " AND sso_providers.id = sso_identities.provider WHERE sso_identities.tenant = ? AND sso_identities.user_id = ?"
        " AND sso_providers.enabled = 1 ORDER BY sso_identities.provider, sso_identities.subject",
        (tenant, user_id),
    ).fetchall()
    told = [group for row in rows for group in json.loads(row[0])]
    return list(dict.fromkeys([*told, *scim_groups_of(connection, tenant, user_id)]))


def was_begun(connection: Connection, digest: str) -> str | None:
    """The tenant of a sign-in that began, used or not; None: none did."""
    row = connection.execute("SELECT tenant FROM sso_states WHERE digest = ?", (digest,)).fetchone()
    return None if row is None else row[0]


def scim_groups_of(connection: Connection, tenant: str, user_id: str) -> list[str]:
    """The names of the SCIM groups that somebody is in."""
    rows = connection.execute(
        "SELECT scim_groups.name FROM scim_members JOIN scim_groups ON scim_groups.tenant = scim_members.tenant"
        " AND scim_groups.id = scim_members.group_id WHERE scim_members.tenant = ? AND scim_members.user_id = ?"
        " ORDER BY scim_groups.name",
        (tenant, user_id),
    ).fetchall()
    return [row[0] for row in rows]


def with_secrets(connection: Connection) -> list[ProviderRow]:
    """Those of every tenant that have a secret: for sealing anew."""
    return [_provider(row) for row in connection.execute(f"{_SELECT} WHERE secret <> ''").fetchall()]


def resealed(connection: Connection, row: ProviderRow, secret: str) -> None:
    """Keep the same secret under another seal."""
    connection.execute("UPDATE sso_providers SET secret = ? WHERE tenant = ? AND id = ?", (secret, row.tenant, row.id))
