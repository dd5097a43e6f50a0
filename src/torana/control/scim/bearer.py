"""Who shows a SCIM token: a Principal of its tenant that may keep people and groups there, and nothing else.

It decides no route. Called by ``admission`` on the paths of SCIM.
"""

from __future__ import annotations

from torana.control.office import Office
from torana.control.principal import Principal
from torana.core.errors import GatewayError
from torana.core.snapshot import KeyEntry
from torana.line.identify import caller_of
from torana.ports.database import Connection

PREFIX = "tsc_"
PATHS = "/scim/v2/"
PERMISSIONS = frozenset({"scim.read", "scim.write"})
USED_AGAIN_S = 60.0
"""How exactly it is kept when a token was used last."""


async def scim_principal(office: Office, authorization: str) -> Principal | None:
    """The Principal; None where no SCIM token is shown. Raises GatewayError KEY_INVALID, KEY_EXPIRED."""
    kind, _, text = authorization.partition(" ")
    text = text.strip()
    if kind.lower() != "bearer" or not text.startswith(PREFIX):
        return None
    digest, now = office.people.digest(text).hex(), office.now()
    found = await office.database.read(shown_by, digest)
    if found is None:
        raise GatewayError("KEY_INVALID", "This SCIM token is unknown, or was deleted.")
    tenant, token, name, expires_at, used_at, by_operator = found
    place = office.people.places().get(tenant)
    if place is not None and place.suspended:
        raise GatewayError("KEY_INVALID", "This SCIM token is unknown, or was deleted.")
    if expires_at is not None and expires_at <= now:
        raise GatewayError("KEY_EXPIRED", "This SCIM token has expired. Make another.")
    if used_at is None or now - used_at > USED_AGAIN_S:
        await office.database.write(used, tenant, token, now)
    key = KeyEntry(token, name, PREFIX, tenant, permissions=PERMISSIONS)
    return Principal(caller_of(key), PERMISSIONS, "", name, operator=bool(by_operator))


def shown_by(connection: Connection, digest: str) -> tuple[str, str, str, float | None, float | None, int] | None:
    """Tenant, id, name, end, last use of the token, and whether an operator made it: it says by itself whose it is."""
    row = connection.execute(
        "SELECT tenant, id, name, expires_at, last_used_at, by_operator FROM scim_tokens WHERE digest = ?", (digest,)
    ).fetchone()
    return None if row is None else tuple(row)


def used(connection: Connection, tenant: str, token: str, now: float) -> None:
    """Remember when it was used."""
    connection.execute("UPDATE scim_tokens SET last_used_at = ? WHERE tenant = ? AND id = ?", (now, tenant, token))
