"""Grant routes: a permission for somebody, for a while. It ends by itself.

Nobody gives what they have not by their own role, and nobody gives themselves anything.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.auth.people_rows import ACTIVE, PERSON
from torana.control.changes import change, office_of
from torana.control.people import user_queries as queries
from torana.control.people.rights import conflict, invalid, unknown
from torana.control.people.shapes import Removed
from torana.control.people.user_queries import Grant
from torana.control.people.user_routes import there
from torana.control.people.user_shapes import GrantAsk, Grants, GrantShown
from torana.control.permissions import NAMES, OPERATOR, of_role
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError
from torana.ports.database import Connection

router = room("users")


@router.get("/users/{user_id}/grants", response_model=Grants, responses=refusals("NOT_FOUND"))
async def grants(request: Request, user_id: str, principal: Asking) -> Grants:
    """What somebody may for a while, besides their role."""
    office = office_of(request)
    user = there(await office.database.read(queries.one, principal.reach, user_id))
    rows = await office.database.read(queries.grants, user.tenant, user.id, office.now())
    return Grants(items=[shown(row) for row in rows])


@router.post(
    "/users/{user_id}/grants", response_model=GrantShown, status_code=201, responses=refusals("NOT_FOUND", "CONFLICT")
)
async def give(request: Request, user_id: str, asked: GrantAsk, principal: Asking) -> GrantShown:
    """Give somebody a permission for a while. It reaches as far as their role does."""
    office = office_of(request)
    user = there(await office.database.read(queries.one, principal.reach, user_id))
    if asked.permission not in NAMES:
        raise invalid("permission", "there is no such permission")
    mine = of_role(OPERATOR if principal.operator else principal.role)
    if asked.permission not in mine or user_id == principal.user:
        raise GatewayError("PERMISSION_DENIED", "You give others what your own role has, and nothing else.")
    if user.kind != PERSON or user.status != ACTIVE:
        raise conflict("Only somebody active who signs in has temporary permissions.")
    now = office.now()
    grant = Grant(
        office.new_id("grt_"),
        user.tenant,
        user.id,
        asked.permission,
        asked.reason,
        principal.label,
        now,
        now + asked.for_s,
    )
    entry = Entry(
        "security", "grants.create", f"user:{user.id}", {"permission": asked.permission, "reason": asked.reason}
    )
    await change(request, entry, queries.add_grant, grant)
    return shown(grant)


@router.delete("/users/{user_id}/grants/{grant_id}", response_model=Removed, responses=refusals("NOT_FOUND"))
async def end(request: Request, user_id: str, grant_id: str, principal: Asking) -> Removed:
    """End it before its time; it counts no more with the next request."""
    office = office_of(request)
    user = there(await office.database.read(queries.one, principal.reach, user_id))

    def work(connection: Connection) -> None:
        if not queries.end_grant(connection, user.tenant, user.id, grant_id, office.now()):
            raise unknown("grant")

    await change(request, Entry("security", "grants.end", f"user:{user.id}", {"grant": grant_id}), work)
    return Removed(status="ended")


def shown(grant: Grant) -> GrantShown:
    """One as it is shown."""
    return GrantShown(
        id=grant.id,
        user=grant.user,
        permission=grant.permission,
        reason=grant.reason,
        given_by=grant.given_by,
        given_at=datetime.fromtimestamp(grant.given_at, UTC),
        expires_at=datetime.fromtimestamp(grant.expires_at, UTC),
        ended_at=None if grant.ended_at is None else datetime.fromtimestamp(grant.ended_at, UTC),
    )
