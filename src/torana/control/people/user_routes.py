"""User routes: people and service accounts, their roles and places, whether they may come in, what they may for a while.

Whom somebody may change is decided in ``rights``: never somebody mightier than oneself. Nobody changes their own role.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query, Request

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.auth.account_routes import send_reset
from torana.control.auth.entering import passwords_of
from torana.control.auth.passwords import demand_good
from torana.control.auth.people_rows import (
    ACTIVE,
    BY_PROVIDER,
    PERSON,
    Ending,
    Person,
    by_id,
    end_sessions,
    one_change_of_people,
    takes_passwords,
)
from torana.control.auth.shapes import Done
from torana.control.changes import actor_of, change, office_of
from torana.control.keys.queries import revoke as revoke_keys
from torana.control.people import user_queries as queries
from torana.control.people.rights import conflict, demand_role, given_by, home_of, role_left_out, unknown
from torana.control.people.shapes import Removed
from torana.control.people.user_changes import add, demand_admin_left, keep
from torana.control.people.user_queries import User
from torana.control.people.user_shapes import ResetGiven, UserAsk, UserPut, Users, UsersAsk, UserShown
from torana.control.permissions import SERVICE
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError
from torana.ports.database import Connection

router = room("users")


@router.get("/users", response_model=Users, responses=refusals())
async def users(request: Request, principal: Asking, wanted: Annotated[UsersAsk, Query()]) -> Users:
    """The users within one's reach, in the order of their making."""
    columns = {name: getattr(wanted, name) for name in ("kind", "role", "status", "department", "team")}
    asked = {name: value for name, value in columns.items() if value}
    read = office_of(request).database.read
    found = await read(queries.page, principal.reach, asked, wanted.q, (wanted.cursor, wanted.limit))
    last = found[-1].id if len(found) == wanted.limit else None
    return Users(items=[shown(one) for one in found], next_cursor=last)


@router.post("/users", response_model=UserShown, status_code=201, responses=refusals("CONFLICT"))
async def create(request: Request, asked: UserAsk, principal: Asking) -> UserShown:
    """Make a user: a person with a first password, or a service account, which has keys only."""
    office = office_of(request)
    role = asked.role or (SERVICE if asked.kind == "service" else await role_left_out(request, principal))
    demand_role(principal, role)
    home = home_of(request, principal, asked.department, asked.team)
    hashed = ""
    if asked.password is not None:
        text = asked.password.get_secret_value()
        demand_good(text, asked.email or "", office.people.manners().dev)
        hashed = await passwords_of(request).hashed(text)
    user_id = office.new_id("usr_" if asked.kind == PERSON else "svc_")
    person = Person(
        principal.tenant, user_id, asked.email or user_id, asked.name, asked.kind, role, ACTIVE, hashed, home.department,
        home.team, 0, None, 1,
    )  # fmt: skip

    def work(connection: Connection) -> User | None:
        add(connection, person, asked.attributes, office.now())
        return queries.one(connection, principal.reach, person.id)

    entry = Entry("admin", "users.create", f"user:{user_id}", {"kind": asked.kind, "role": role, "team": home.team})
    return shown(there(await change(request, entry, work)))


@router.get("/users/{user_id}", response_model=UserShown, responses=refusals("NOT_FOUND"))
async def user(request: Request, user_id: str, principal: Asking) -> UserShown:
    """One user within one's reach."""
    return shown(there(await office_of(request).database.read(queries.one, principal.reach, user_id)))


@router.put("/users/{user_id}", response_model=UserShown, responses=refusals("NOT_FOUND", "CONFLICT"))
async def put(request: Request, user_id: str, asked: UserPut, principal: Asking) -> UserShown:
    """Change a user. Suspended: sessions end and keys are refused within a second."""
    office = office_of(request)
    before = there(await office.database.read(queries.one, principal.reach, user_id))
    after = wanted_of(request, principal, before, asked)

    def work(connection: Connection) -> User | None:
        one_change_of_people(connection)
        current = there(queries.one(connection, principal.reach, user_id))
        if current.version != before.version or asked.version not in (None, current.version):
            message = f"The user is at version {current.version} now. Read it again."
            raise GatewayError("CONFLICT", message, details={"version": current.version})
        keep(connection, current, after, office.now())
        return queries.one(connection, principal.reach._replace(department="", team=""), user_id)

    fields = sorted(asked.model_fields_set - {"version"})
    entry = Entry(
        "admin", "users.update", f"user:{user_id}", {"fields": fields, "role": after.role, "status": after.status}
    )
    found = there(await change(request, entry, work))
    await office.people.catch_up()
    return shown(found)


def wanted_of(request: Request, principal: Principal, before: User, asked: UserPut) -> User:
    """The user as asked for. Raises GatewayError for what this principal may not."""
    demand_changeable(principal, before)
    own = before.id == principal.user
    said = {
        name: getattr(asked, name) for name in asked.model_fields_set - {"version"} if getattr(asked, name) is not None
    }
    if own and ({"role", "status", "department", "team"} & said.keys()):
        raise GatewayError("PERMISSION_DENIED", "Nobody changes their own role, status or place.")
    if "role" in said:
        demand_role(principal, said["role"])
        if (said["role"] == SERVICE) != (before.kind == "service"):
            raise GatewayError(
                "REQUEST_INVALID",
                "role: service is for service accounts, and they have no other.",
                details={"field": "role"},
            )
    if "email" in said and before.kind == "service":
        raise GatewayError("REQUEST_INVALID", "email: a service account has none.", details={"field": "email"})
    if said.get("status") and before.status == "invited":
        raise conflict("They have not come yet. Take the invitation back instead.")
    if "team" in said or "department" in said:
        team = said.get("team", before.team if "department" not in said else "")
        home = home_of(request, principal, said.get("department", ""), team)
        said |= {"department": home.department, "team": home.team}
    return before._replace(**said)


@router.delete("/users/{user_id}", response_model=Removed, responses=refusals("NOT_FOUND", "CONFLICT"))
async def remove(request: Request, user_id: str, principal: Asking, cascade: bool = False) -> Removed:
    """Remove a user. With keys only by `cascade=true`: these end. Records of usage keep the id."""
    office = office_of(request)
    before = there(await office.database.read(queries.one, principal.reach, user_id))
    demand_changeable(principal, before)
    if user_id == principal.user:
        raise conflict("Nobody removes themselves.")

    def work(connection: Connection) -> Removed:
        one_change_of_people(connection)
        current = there(queries.one(connection, principal.reach, user_id))
        demand_admin_left(connection, current, stays=False)
        keys = queries.live_keys(connection, current.tenant, user_id)
        if keys and not cascade:
            message = f"They own {len(keys)} keys. Revoke them, or say cascade=true."
            raise GatewayError("CONFLICT", message, details={"keys": len(keys)})
        revoke_keys(connection, current.tenant, keys, principal.label, office.now())
        ended = end_sessions(connection, current.tenant, user_id, Ending(office.now(), "removed"))
        queries.drop(connection, current.tenant, user_id)
        return Removed(status="removed", keys_revoked=len(keys), sessions_ended=len(ended))

    removed = await change(request, Entry("admin", "users.delete", f"user:{user_id}", {"cascade": cascade}), work)
    await office.people.catch_up()
    return removed


@router.delete("/users/{user_id}/sessions", response_model=Done, responses=refusals("NOT_FOUND"))
async def sign_out(request: Request, user_id: str, principal: Asking) -> Done:
    """End all sessions of a user."""
    office = office_of(request)
    before = there(await office.database.read(queries.one, principal.reach, user_id))
    demand_changeable(principal, before)
    entry = Entry("security", "users.sessions.end", f"user:{user_id}")
    ending = Ending(office.now(), "ended by an administrator")
    ended = await change(request, entry, end_sessions, before.tenant, user_id, ending)
    await office.people.catch_up()
    return Done(status="ended", sessions_ended=len(ended))


@router.post(
    "/users/{user_id}/password-reset",
    response_model=ResetGiven,
    status_code=201,
    responses=refusals("NOT_FOUND", "CONFLICT"),
)
async def give_reset(request: Request, user_id: str, principal: Asking) -> ResetGiven:
    """Give somebody leave to choose a new password, for an hour."""
    before = there(await office_of(request).database.read(queries.one, principal.reach, user_id))
    demand_changeable(principal, before)
    person = await office_of(request).database.read(by_id, before.tenant, user_id)
    if person is None or person.kind != PERSON or person.status != ACTIVE:
        raise conflict("Only somebody active who signs in has a password.")
    if not await office_of(request).database.read(takes_passwords, person):
        raise conflict(BY_PROVIDER)
    return ResetGiven(token=await send_reset(request, person, actor_of(request)))


def demand_changeable(principal: Principal, user: User) -> None:
    """Raise GatewayError PERMISSION_DENIED for somebody mightier than this principal."""
    if (user.operator and not principal.operator) or (
        user.role not in given_by(principal) and user.id != principal.user
    ):
        raise GatewayError("PERMISSION_DENIED", "This user has a role that you do not give.")


def there(found: User | None) -> User:
    """The user. Raises GatewayError NOT_FOUND."""
    if found is None:
        raise unknown("user")
    return found


def shown(user: User) -> UserShown:
    """A user as shown."""
    return UserShown(
        id=user.id,
        kind=user.kind,
        email=user.email if user.kind == PERSON else "",
        name=user.name,
        role=user.role,
        status=user.status,
        operator=bool(user.operator),
        tenant=user.tenant,
        department=user.department,
        team=user.team,
        attributes=dict(user.attributes),
        external_id=user.external_id,
        created_at=datetime.fromtimestamp(user.created_at, UTC),
        updated_at=datetime.fromtimestamp(user.updated_at, UTC),
        last_sign_in_at=None if user.last_sign_in_at is None else datetime.fromtimestamp(user.last_sign_in_at, UTC),
        version=user.version,
    )
