"""Virtual keys of an installation without a running gateway: made and ended as by the admin routes, with the audit trail.

It judges no name and serves nothing; gateways that run take what it writes within a second. Called by the command line.
"""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256
from typing import NamedTuple

from torana.control.audit.entries import Actor, Entry
from torana.control.keys import queries
from torana.control.keys.queries import Key, Secrets
from torana.core.clock import Clock
from torana.core.ids import id_maker
from torana.core.keys import key_digest, new_key_text, shown_prefix
from torana.core.snapshot import KeyEntry
from torana.stores import sql
from torana.wiring.auditing import Auditing
from torana.wiring.database import prepare

BY = "torana keys"
"""The actor's name in the trail."""


class KeyDesk(NamedTuple):
    """What the work needs."""

    url: str
    """Of the database."""
    hash_key: bytes
    clock: Clock
    trail: Auditing


def make(desk: KeyDesk, wanted: KeyEntry) -> tuple[str, str]:
    """Make a key as ``wanted`` says: its secret, which is kept nowhere, and its id. Raises what the database raises."""
    text, now = new_key_text(), desk.clock.now()
    secrets = Secrets(key_digest(desk.hash_key, text), sha256(text.encode()).hexdigest(), shown_prefix(text))
    key = Key(
        id_maker("key_", desk.clock.now)(), wanted.name, secrets.prefix, wanted.tenant, wanted.department, wanted.team,
        wanted.user, wanted.models, sorted(wanted.permissions), wanted.expires_at, None, wanted.ip_allow, {}, now, "", {},
        "system", "", None, None,
    )  # fmt: skip
    told = {"name": key.name, "team": key.team, "user": key.user}
    prepare(desk.url)
    with closing(sql.connect(desk.url)) as connection, connection:
        queries.add(connection, key, secrets)
        desk.trail.append(
            connection, Actor(key.tenant, "system", BY), Entry("key", "keys.create", f"key:{key.key_id}", told)
        )
    return text, key.key_id


def end(desk: KeyDesk, tenant: str, key_id: str) -> bool:
    """End a key; False when the tenant has none of this id. Doing it twice changes nothing, and is told once."""
    if not sql.check(desk.url):
        return False
    with closing(sql.connect(desk.url)) as connection, connection:
        queries.one_at_a_time(connection)
        row = connection.execute(
            "SELECT revoked_at FROM virtual_keys WHERE tenant = ? AND key_id = ?", (tenant, key_id)
        ).fetchone()
        if row is not None and row[0] is None:
            queries.revoke(connection, tenant, [key_id], "system", desk.clock.now())
            desk.trail.append(connection, Actor(tenant, "system", BY), Entry("key", "keys.revoke", f"key:{key_id}"))
    return row is not None
