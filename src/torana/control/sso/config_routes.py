"""Routes of the tenant's identity providers: `sso/config`, with `?provider=` for one of them, and `sso/discover`.

Secrets are taken, sealed and shown to nobody. Signing in is in ``sign_in_routes``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Query, Request

from torana.control.admission import PREFIX, Asking, room
from torana.control.audit.entries import Entry
from torana.control.auth.cookies import is_secure
from torana.control.auth.people_rows import one_at_a_time, role_of_comers, tenant_row
from torana.control.changes import change, office_of
from torana.control.names import one_line
from torana.control.people.rights import conflict, invalid, place_of, unknown
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.control.sso import queries
from torana.control.sso.queries import ProviderRow
from torana.control.sso.shapes import (
    DiscoverAsk,
    Discovered,
    SsoAsk,
    SsoConfig,
    SsoRemoved,
    SsoShown,
)
from torana.core.errors import GatewayError
from torana.ports.database import Connection
from torana.ports.identity import ALGORITHMS

router = room("sso")
CALLBACK = f"{PREFIX}/auth/sso/callback"
One = Annotated[str, Query(alias="provider", max_length=100, description="the id of one of them")]
MOST = 100


@router.get("/sso/config", response_model=SsoConfig, responses=refusals("NOT_FOUND"))
async def config(request: Request, principal: Asking, wanted: One = "") -> SsoConfig:
    """The identity providers of the tenant; with `provider` one of them."""
    rows = await office_of(request).database.read(queries.providers, principal.tenant)
    found = [one for one in rows if wanted in ("", one.id)]
    if wanted and not found:
        raise unknown("identity provider")
    return SsoConfig(items=[shown(request, one) for one in found])


@router.post("/sso/config", response_model=SsoShown, status_code=201, responses=refusals("CONFLICT"))
async def add(request: Request, asked: SsoAsk, principal: Asking) -> SsoShown:
    """Add an identity provider. Register the answer's `callback_url` there."""
    office = office_of(request)
    demand_fitting(request, principal.tenant, asked)
    asked = await with_role(request, principal, asked)
    now, provider = office.now(), office.new_id("sso_")
    row = row_of(asked, ProviderRow(principal.tenant, provider, "", {}, "", 0, int(principal.operator), now, now, 1))
    row = row._replace(secret=sealed(request, row, asked))

    def work(connection: Connection) -> None:
        if len(queries.providers(connection, principal.tenant)) >= MOST:
            raise conflict(f"A tenant has at most {MOST} identity providers.")
        queries.write(connection, row)

    entry = Entry("config", "sso.config.create", f"sso:{provider}", {"name": row.name, "issuer": asked.issuer})
    await change(request, entry, work)
    return shown(request, row)


@router.put("/sso/config", response_model=SsoShown, responses=refusals("NOT_FOUND", "CONFLICT"))
async def put(request: Request, asked: SsoAsk, principal: Asking, wanted: One = "") -> SsoShown:
    """Change an identity provider: all of it. Without `client_secret` that stays, as long as the issuer does."""
    office = office_of(request)
    before = await one_of(request, principal.tenant, wanted)
    demand_fitting(request, principal.tenant, asked)
    asked = await with_role(request, principal, asked)
    moved = asked.issuer != before.document["issuer"]
    if moved and before.secret and asked.client_secret is None:
        raise invalid("client_secret", "the issuer is another one: write its secret too, or an empty text for none")
    after = row_of(asked, before)._replace(
        by_operator=int(principal.operator), updated_at=office.now(), version=before.version + 1
    )
    if asked.client_secret is not None:
        after = after._replace(secret=sealed(request, after, asked))

    def work(connection: Connection) -> None:
        if not asked.enabled:
            demand_way_in(connection, after)
        if not queries.write(connection, after):
            raise conflict("Somebody else changed it meanwhile. Read it again.")
        if (
            moved or asked.client_id != before.document["client_id"]
        ):  # many providers name people otherwise to each client
            connection.execute("DELETE FROM sso_identities WHERE tenant = ? AND provider = ?", (after.tenant, after.id))

    told = {
        "name": after.name,
        "issuer": asked.issuer,
        "enabled": asked.enabled,
        "secret": asked.client_secret is not None,
    }
    await change(request, Entry("config", "sso.config.update", f"sso:{after.id}", told), work)
    return shown(request, after)


@router.delete("/sso/config", response_model=SsoRemoved, responses=refusals("NOT_FOUND"))
async def remove(request: Request, principal: Asking, wanted: One = "") -> SsoRemoved:
    """Remove an identity provider. People stay; whoever has no password comes in no more."""
    before = await one_of(request, principal.tenant, wanted)

    def work(connection: Connection) -> None:
        demand_way_in(connection, before)
        if not queries.drop(connection, principal.tenant, before.id):
            raise unknown("identity provider")

    await change(request, Entry("config", "sso.config.delete", f"sso:{before.id}", {"name": before.name}), work)
    return SsoRemoved(status="removed")


@router.post("/sso/discover", response_model=Discovered, responses=refusals())
async def discover(request: Request, asked: DiscoverAsk) -> Discovered:
    """Read what a provider says of itself, before configuring it."""
    try:
        found = await office_of(request).identity.providers.discover(asked.issuer, fresh=True)
    except GatewayError as fault:
        raise invalid("issuer", fault.message.rstrip(".")) from fault  # what was asked for is what is wrong
    return Discovered(
        issuer=found.issuer,
        authorization_endpoint=found.authorization_endpoint,
        token_endpoint=found.token_endpoint,
        jwks_uri=found.jwks_uri,
        userinfo_endpoint=found.userinfo_endpoint,
        end_session_endpoint=found.end_session_endpoint,
        algorithms=list(found.algorithms),
        scopes=list(found.scopes),
        pkce="S256" in found.pkce,
        usable=not set(ALGORITHMS).isdisjoint(found.algorithms),
        callback_url=callback_url(request),
    )


async def one_of(request: Request, tenant: str, provider_id: str) -> ProviderRow:
    """The provider. Raises GatewayError REQUEST_INVALID without an id, NOT_FOUND."""
    if not provider_id:
        raise invalid("provider", "say which, as ?provider=ID")
    found = await office_of(request).database.read(queries.provider, tenant, provider_id)
    if found is None:
        raise unknown("identity provider")
    return found


def demand_fitting(request: Request, tenant: str, asked: SsoAsk) -> None:
    """Raise GatewayError REQUEST_INVALID for teams that the tenant does not have, scopes without `openid`, a name of no one line."""
    try:
        one_line(asked.name)
    except ValueError as fault:
        raise invalid("name", str(fault)) from None
    teams = place_of(request, tenant).teams
    for index, row in enumerate(asked.role_map):
        if row.team and row.team not in teams:
            raise invalid(f"role_map.{index}.team", "the tenant has no team of this id")
        if not row.team and row.role is None:
            raise invalid(f"role_map.{index}", "give a role, a team or both")
    if "openid" not in asked.scopes:
        raise invalid("scopes", "without openid there is no id token")


def demand_way_in(connection: Connection, gone: ProviderRow) -> None:
    """Raise GatewayError CONFLICT where people come by no password, and without this provider by nothing."""
    one_at_a_time(connection)  # who changes the tenant's settings takes this turn too
    others = [one for one in queries.providers(connection, gone.tenant) if one.enabled and one.id != gone.id]
    if not others and tenant_row(connection, gone.tenant)[2].get("passwords") is False:
        raise conflict(
            "People of this tenant sign in through it alone. Let them have passwords first (settings.passwords)."
        )


async def with_role(request: Request, principal: Principal, asked: SsoAsk) -> SsoAsk:
    """The same, with the role that the tenant's settings give those who come, where it says none."""
    if asked.default_role is not None:
        return asked
    role = await office_of(request).database.read(role_of_comers, principal.tenant)
    return asked.model_copy(update={"default_role": role})


def row_of(asked: SsoAsk, before: ProviderRow) -> ProviderRow:
    """The row as asked for, with the secret as it was."""
    document = asked.model_dump(mode="json", exclude={"client_secret"})
    return before._replace(name=asked.name, document=document, enabled=int(asked.enabled))


def sealed(request: Request, row: ProviderRow, asked: SsoAsk) -> str:
    """The secret as it is kept; empty: none."""
    text = asked.client_secret.get_secret_value() if asked.client_secret is not None else ""
    return office_of(request).identity.seal(text, queries.about(row)) if text else ""


def origin(request: Request) -> str:
    """Where browsers find this gateway: as the settings say, else as they called it."""
    said = office_of(request).identity.public_url()
    if said:
        parts = urlsplit(said)
        return f"{parts.scheme}://{parts.netloc}"
    return f"{'https' if is_secure(request) else 'http'}://{request.headers.get('host', '')}"


def callback_url(request: Request) -> str:
    """Where providers send browsers back to."""
    return origin(request) + CALLBACK


def shown(request: Request, row: ProviderRow) -> SsoShown:
    """One as it is shown."""
    return SsoShown(
        **{**row.document, "name": row.name},
        id=row.id,
        has_secret=bool(row.secret),
        operators=bool(row.by_operator),
        callback_url=callback_url(request),
        created_at=datetime.fromtimestamp(row.created_at, UTC),
        updated_at=datetime.fromtimestamp(row.updated_at, UTC),
        version=row.version,
    )
