"""Tenant routes: operators make, change and remove tenants, administrators change the settings of their own.

Tenants of the configuration are shown beside, and may have stored settings. What a change leads to in the data plane is
published within a second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import JSONResponse

from torana.control.admission import Asking, room
from torana.control.approvals.asking import SETTINGS, SWITCHES, ask
from torana.control.approvals.shapes import shown as shown_approval
from torana.control.approvals.waiting import WAITS
from torana.control.audit.entries import Entry
from torana.control.auth.people_rows import Ending, end_sessions, one_at_a_time
from torana.control.auth.routes import tenant_id
from torana.control.changes import change, office_of
from torana.control.objects.writes import Before, nothing
from torana.control.people import queries
from torana.control.people.groups import demand_unnamed
from torana.control.people.queries import TenantRow
from torana.control.people.rights import conflict, unknown
from torana.control.people.shapes import Removed, Settings, TenantAsk, TenantPut, Tenants, TenantShown
from torana.control.people.user_queries import keys_changed
from torana.control.people_desk import Place
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.control.sso.queries import providers
from torana.core.errors import GatewayError
from torana.ports.database import Connection

router = room("tenants")
OPERATE = "tenants.operate"
Most = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str, Query(max_length=300, description="`next_cursor` of the page before")]


@router.get("/tenants", response_model=Tenants, responses=refusals())
async def tenants(request: Request, principal: Asking, limit: Most = 50, cursor: Cursor = "") -> Tenants:
    """Tenants by id: all for operators, for others their own."""
    office = office_of(request)
    if not principal.may(OPERATE):
        return Tenants(items=[await one(request, principal.tenant)], next_cursor=None)
    stored, places = await office.database.read(queries.tenants), office.people.places()
    names = [name for name in sorted({*stored, *places}) if name > cursor]
    items = [shown(stored.get(name, TenantRow(name)), places.get(name)) for name in names[:limit]]
    return Tenants(items=items, next_cursor=names[limit - 1] if len(names) > limit else None)


@router.post("/tenants", response_model=TenantShown, status_code=201, responses=refusals("CONFLICT"))
async def create(request: Request, asked: TenantAsk, principal: Asking) -> TenantShown:
    """Make a tenant. Its first administrator comes by invitation or registers."""
    office = office_of(request)
    name = asked.id or tenant_id(asked.name)
    settings = asked.settings.model_dump(mode="json", exclude_none=True) if asked.settings else {}
    if name in office.people.places():
        raise conflict("There is a tenant of this id.")
    entry = Entry("admin", "tenants.create", f"tenant:{name}", {"name": asked.name})
    row = await change(request, entry, made, TenantRow(name, asked.name, settings=settings), office.now())
    await office.people.catch_up()
    return shown(row, office.people.places().get(name))


def made(connection: Connection, row: TenantRow, now: float) -> TenantRow:
    """Keep it. Raises GatewayError CONFLICT."""
    one_at_a_time(connection)
    if queries.tenant(connection, row.id) is not None:
        raise conflict("There is a tenant of this id.")
    if queries.keeps_records(connection, row.id):
        raise conflict(
            "id: records of an earlier tenant of this id are kept, and would be the new one's to see. Choose another."
        )
    return queries.write_tenant(connection, row, now)


@router.get("/tenants/{tenant_id}", response_model=TenantShown, responses=refusals("NOT_FOUND"))
async def tenant(request: Request, tenant_id: str, principal: Asking) -> TenantShown:
    """One tenant: any for operators, for others their own."""
    demand_reach(principal, tenant_id)
    return await one(request, tenant_id)


@router.put(
    "/tenants/{tenant_id}", response_model=TenantShown, responses={**WAITS, **refusals("NOT_FOUND", "CONFLICT")}
)
async def put(request: Request, tenant_id: str, asked: TenantPut, principal: Asking) -> TenantShown | JSONResponse:
    """Change name, settings, or (operators) status. Suspended: keys and tokens are refused within a second, sessions end."""
    office = office_of(request)
    demand_reach(principal, tenant_id)
    if asked.status is not None:
        principal.demand(OPERATE)
    if asked.status == "suspended" and tenant_id == principal.tenant:
        raise conflict("This is your own tenant: suspended, it would let nobody in to wake it.")
    row = await office.database.read(queries.tenant, tenant_id)
    place = office.people.places().get(tenant_id)
    stored = row is not None and row.status == "suspended"
    if asked.status == "active" and place is not None and place.in_file and place.suspended and not stored:
        raise conflict("The configuration file suspends this tenant. Change it there.")
    if row is not None and tenant_id == principal.tenant and lifts(row, asked):
        demand_version(row, asked)
        wanted = {"settings": {**asked.model_dump(mode="json", exclude_unset=True), "version": row.version}}
        approval = await ask(request, principal, SETTINGS, f"tenant:{tenant_id}", wanted)
        return JSONResponse(shown_approval(approval, office.now()).model_dump(mode="json"), status_code=202)
    kept = await keep_settings(request, tenant_id, asked)
    return shown(kept, office.people.places().get(tenant_id))


async def keep_settings(request: Request, tenant_id: str, asked: TenantPut, first: Before = nothing) -> TenantRow:
    """Keep it. ``first``: done in the same transaction. Raises GatewayError NOT_FOUND, CONFLICT."""
    office = office_of(request)
    known = tenant_id in office.people.places()

    def work(connection: Connection) -> TenantRow:
        first(connection)
        return changed(connection, tenant_id, asked, known, office.now())

    fields = sorted(asked.model_fields_set - {"version"})
    entry = Entry("admin", "tenants.update", f"tenant:{tenant_id}", {"fields": fields, "status": asked.status or ""})
    row = await change(request, entry, work)
    await office.people.catch_up()
    return row


def lifts(row: TenantRow, asked: TenantPut) -> bool:
    """Whether this takes a demand for a second pair of eyes away."""
    if asked.settings is None or "four_eyes" not in asked.settings.model_fields_set:
        return False
    before, after = row.settings.get("four_eyes") or {}, asked.settings.four_eyes
    return any(before.get(one) is True and getattr(after, one, False) is not True for one in SWITCHES.values())


def demand_version(row: TenantRow, asked: TenantPut) -> None:
    """Raise GatewayError CONFLICT when it has another version than the one that was read."""
    if asked.version is not None and asked.version != row.version:
        message = f"The tenant is at version {row.version} now, not at {asked.version}. Read it again."
        raise GatewayError("CONFLICT", message, details={"version": row.version})


def changed(connection: Connection, tenant_id: str, asked: TenantPut, known: bool, now: float) -> TenantRow:
    """Keep it. Raises GatewayError NOT_FOUND, CONFLICT."""
    one_at_a_time(connection)  # what is left out stays, whoever else writes at this moment
    there = queries.tenant(connection, tenant_id)
    if there is None and not known:
        raise unknown("tenant")
    row = there or TenantRow(tenant_id)
    demand_version(row, asked)
    said: dict[str, Any] = asked.settings.model_dump(mode="json", exclude_unset=True) if asked.settings else {}
    settings = {name: value for name, value in {**row.settings, **said}.items() if value is not None}
    if said.get("passwords") is False and not any(one.enabled for one in providers(connection, tenant_id)):
        raise conflict("passwords: without an identity provider that is enabled nobody would come in.")
    status = asked.status or row.status
    if status == "suspended" != row.status:
        for user in queries.end_tenants_sessions(connection, tenant_id):
            end_sessions(connection, tenant_id, user, Ending(now, "the tenant was suspended"))
    fresh = row._replace(name=asked.name or row.name, status=status, settings=settings)
    return queries.write_tenant(connection, fresh, now)


@router.delete("/tenants/{tenant_id}", response_model=Removed, responses=refusals("NOT_FOUND", "CONFLICT"))
async def remove(request: Request, tenant_id: str, principal: Asking, cascade: bool = False) -> Removed:
    """Remove a tenant, with what it configured. With people, keys or teams in it only by `cascade=true`: keys end, records of usage stay."""
    office = office_of(request)
    place = office.people.places().get(tenant_id)
    if place is not None and place.in_file:
        raise conflict("This tenant stands in the configuration file. Remove it there.")
    if tenant_id == principal.tenant:
        raise conflict("This is your own tenant.")
    await demand_unnamed(request, tenant_id, "")
    entry = Entry("admin", "tenants.delete", f"tenant:{tenant_id}", {"cascade": cascade})
    removed = await change(request, entry, dropped, tenant_id, cascade, principal.label, office.now())
    await office.objects.look()
    await office.people.catch_up()
    return removed


def dropped(connection: Connection, tenant_id: str, cascade: bool, by: str, now: float) -> Removed:
    """Remove it. Raises GatewayError NOT_FOUND, CONFLICT."""
    one_at_a_time(connection)
    if queries.tenant(connection, tenant_id) is None:
        raise unknown("tenant")
    # Before the list of revoked tokens, as everywhere: two turns in another order wait for each other.
    keys_changed(connection)
    left = queries.hangs_on_tenant(connection, tenant_id)
    if left and not cascade:
        raise GatewayError(
            "CONFLICT", f"The tenant has {told(left)}. Remove them, or say cascade=true.", details=dict(left)
        )
    ended = [
        session
        for user in queries.end_tenants_sessions(connection, tenant_id)
        for session in end_sessions(connection, tenant_id, user, Ending(now, "the tenant was removed"))
    ]
    keys = queries.drop_tenant(connection, tenant_id, by, now)
    return Removed(status="removed", keys_revoked=keys, sessions_ended=len(ended))


def told(left: dict[str, int]) -> str:
    """What is left, for people."""
    return ", ".join(f"{count} {name}" for name, count in left.items())


def demand_reach(principal: Principal, tenant_id: str) -> None:
    """Raise GatewayError NOT_FOUND for another's tenant: it is told like one that there is not."""
    if tenant_id != principal.tenant and not principal.may(OPERATE):
        raise unknown("tenant")


async def one(request: Request, tenant_id: str) -> TenantShown:
    """One tenant. Raises GatewayError NOT_FOUND."""
    office = office_of(request)
    row, place = await office.database.read(queries.tenant, tenant_id), office.people.places().get(tenant_id)
    if row is None and place is None and tenant_id != "default":
        raise unknown("tenant")
    return shown(row or TenantRow(tenant_id), place)


def shown(row: TenantRow, place: Place | None) -> TenantShown:
    """A tenant as it is shown."""
    in_file = place is not None and place.in_file
    return TenantShown(
        id=row.id,
        name=(place.name if place else "") or row.name or row.id,
        status="suspended"
        if row.status == "suspended" or (place is not None and in_file and place.suspended)
        else "active",
        source="file" if in_file or not row.version else "stored",
        settings=Settings(**row.settings),
        departments=len(place.departments) if place else 0,
        teams=len(place.teams) if place else 0,
        version=row.version,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )


def moment(at: float | None) -> datetime | None:
    """Epoch seconds as a time in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC)
