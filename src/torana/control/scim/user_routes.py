"""SCIM routes of people: found, made, changed, removed by an identity provider (RFC 7644, section 3).

Whoever is set inactive loses their sessions, and their keys are refused, within a second; whoever is removed loses both.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.auth.one_time import RESET, withdraw
from torana.control.auth.people_rows import (
    ACTIVE,
    PERSON,
    SUSPENDED,
    Ending,
    Person,
    add_user,
    end_sessions,
    one_change_of_people,
    role_of_comers,
)
from torana.control.changes import change, office_of
from torana.control.keys.queries import revoke as revoke_keys
from torana.control.people import user_queries
from torana.control.permissions import ADMIN, USER
from torana.control.principal import Principal
from torana.control.scim import rows
from torana.control.scim.answers import Listed, Shown, demand_version, listed, one
from torana.control.scim.documents import Document, cleaned
from torana.control.scim.filters import asked_exactly
from torana.control.scim.patching import patched
from torana.control.scim.refusing import Refused
from torana.control.scim.resources import shown_user, written_user
from torana.control.scim.rows import BY_USER, UserRow
from torana.control.scim.schemas import USERS
from torana.control.scim.shapes import ListShown, PatchAsk, UserDocument, told_by
from torana.control.sso.queries import providers
from torana.ports.database import Connection

router = room("scim", "/scim/v2")
Wanted = Annotated[Shown, Depends()]


@router.get("/Users", response_model=ListShown, responses=told_by(400))
async def find(request: Request, principal: Asking, wanted: Annotated[Listed, Depends()], shown: Wanted) -> Response:
    """People, by filter, sorted, by pages."""
    return listed(await people(request, principal, wanted), wanted, shown)


async def people(request: Request, principal: Principal, wanted: Listed) -> list[Document]:
    """Those whom the filter may let through."""
    asked = asked_exactly(wanted.asked, tuple(BY_USER)) if wanted.asked else {}

    def work(connection: Connection) -> tuple[list[UserRow], dict[str, list[tuple[str, str]]]]:
        return rows.users(connection, principal.tenant, asked), rows.memberships(connection, principal.tenant)

    found, groups = await office_of(request).database.read(work)
    return [shown_user(request, row, groups.get(row.id, ())) for row in found]


@router.post("/Users", response_model=UserDocument, status_code=201, responses=told_by(400, 409))
async def create(request: Request, asked: UserDocument, principal: Asking, shown: Wanted) -> Response:
    """Make somebody; with `active: false` they may not come in yet."""
    office = office_of(request)
    now, user_id = office.now(), office.new_id("usr_")
    blank = UserRow(user_id, "", "", USER, ACTIVE, "", 0, now, now, 1, None, None)
    row = written_user({"active": True, **cleaned(asked.sent, USERS)}, blank)

    def work(connection: Connection) -> UserRow:
        one_change_of_people(connection)
        demand_free(connection, principal.tenant, row)
        known = [one for one in providers(connection, principal.tenant) if one.enabled]
        said = known[0].document.get("default_role") if known else None
        role = str(said or role_of_comers(connection, principal.tenant))
        made = Person(principal.tenant, user_id, row.email, row.name, PERSON, role, row.status, "", "", "", 0, None, 1)
        add_user(connection, made, now)
        rows.keep_user(connection, principal.tenant, row, now)
        return there(rows.user(connection, principal.tenant, user_id))

    entry = Entry("admin", "scim.users.create", f"user:{user_id}", {"active": row.status == ACTIVE})
    return one(request, shown_user(request, await change(request, entry, work), ()), USERS, shown, 201)


@router.get("/Users/{user_id}", response_model=UserDocument, responses=told_by(404))
async def read(request: Request, user_id: str, principal: Asking, shown: Wanted) -> Response:
    """Somebody."""
    return one(request, await resource(request, principal, user_id), USERS, shown)


@router.put("/Users/{user_id}", response_model=UserDocument, responses=told_by(400, 403, 404, 409, 412))
async def put(request: Request, user_id: str, asked: UserDocument, principal: Asking, shown: Wanted) -> Response:
    """Write somebody anew: what is not named is unassigned, but for `active`."""
    document = cleaned(asked.sent, USERS)
    return await written(
        request, principal, user_id, shown, lambda before: {"active": before.get("active", True), **document}
    )


@router.patch("/Users/{user_id}", response_model=UserDocument, responses=told_by(400, 403, 404, 409, 412))
async def patch(request: Request, user_id: str, asked: PatchAsk, principal: Asking, shown: Wanted) -> Response:
    """Change somebody: add, replace, remove, by paths with filters. All operations or none."""
    return await written(
        request, principal, user_id, shown, lambda before: cleaned(patched(before, asked.sent, USERS), USERS)
    )


async def written(request: Request, principal: Principal, user_id: str, shown: Shown, how: Any) -> Response:
    """The person after a change. ``how``: the resource → the document it becomes."""
    office = office_of(request)

    def work(connection: Connection) -> UserRow:
        one_change_of_people(connection)
        now = office.now()
        before = there(rows.user(connection, principal.tenant, user_id))
        demand_version(request, before.version)
        groups = rows.memberships(connection, principal.tenant, user_id).get(user_id, ())
        after = written_user(how(shown_user(request, before, groups)), before)
        demand_changeable(connection, principal, before, stays=after.status == ACTIVE)
        demand_free(connection, principal.tenant, after)
        rows.keep_user(connection, principal.tenant, after, now)
        if after.email != before.email:
            withdraw(connection, RESET, principal.tenant, user_id)
        if after.status != before.status:
            user_queries.keys_changed(connection)
        if after.status == SUSPENDED:
            end_sessions(connection, principal.tenant, user_id, Ending(now, "suspended"))
        return there(rows.user(connection, principal.tenant, user_id))

    await change(request, Entry("admin", "scim.users.update", f"user:{user_id}"), work)
    await office.people.catch_up()
    return one(request, await resource(request, principal, user_id), USERS, shown)


@router.delete("/Users/{user_id}", status_code=204, responses=told_by(403, 404, 409, 412))
async def remove(request: Request, user_id: str, principal: Asking) -> Response:
    """Remove somebody with their keys and sessions. Records of usage keep the id."""
    office = office_of(request)

    def work(connection: Connection) -> None:
        one_change_of_people(connection)
        before = there(rows.user(connection, principal.tenant, user_id))
        demand_version(request, before.version)
        demand_changeable(connection, principal, before, stays=False)
        keys = user_queries.live_keys(connection, principal.tenant, user_id)
        revoke_keys(connection, principal.tenant, keys, principal.label, office.now())
        end_sessions(connection, principal.tenant, user_id, Ending(office.now(), "removed"))
        user_queries.drop(connection, principal.tenant, user_id)

    await change(request, Entry("admin", "scim.users.delete", f"user:{user_id}"), work)
    await office.people.catch_up()
    return Response(status_code=204)


async def resource(request: Request, principal: Principal, user_id: str) -> Document:
    """Somebody as shown. Raises Refused 404."""

    def work(connection: Connection) -> Document:
        row = there(rows.user(connection, principal.tenant, user_id))
        groups = rows.memberships(connection, principal.tenant, user_id).get(user_id, ())
        return shown_user(request, row, groups)

    return await office_of(request).database.read(work)


def there(found: UserRow | None) -> UserRow:
    """The person. Raises Refused 404: not there, or of another tenant."""
    if found is None:
        raise Refused(404, "There is no such user.")
    return found


def demand_free(connection: Connection, tenant: str, row: UserRow) -> None:
    """Raise Refused ``uniqueness`` for a name or an address that somebody else of the tenant has."""
    if rows.name_is_taken(connection, tenant, row.user_name or "", row.id):
        raise Refused(409, "Somebody else has this userName.", "uniqueness")
    if user_queries.is_taken(connection, tenant, row.email, row.id):
        raise Refused(409, "Somebody else has this e-mail address.", "uniqueness")


def demand_changeable(connection: Connection, principal: Principal, before: UserRow, *, stays: bool) -> None:
    """Raise Refused for an operator, unless an operator asks or made the token; for the last administrator."""
    if before.operator and not principal.operator:
        raise Refused(403, "An operator is changed by operators, and by tokens that an operator made.")
    is_one = before.role == ADMIN and before.status == ACTIVE
    if is_one and not stays and not user_queries.other_admins(connection, principal.tenant, before.id):
        raise Refused(409, "The tenant would have no administrator any more.")
