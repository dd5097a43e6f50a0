"""Invitation routes: people who shall come in, and who came.

Whom somebody may invite is decided in ``people/rights``. An invitation is a user who has no password yet, and a token.
"""

from __future__ import annotations

from typing import Any

from fastapi import BackgroundTasks, Request, Response

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.auth.account_routes import SPENT, moment
from torana.control.auth.cookies import wants_cookies
from torana.control.auth.entering import enter, passwords_of
from torana.control.auth.one_time import INVITATION, LIFE_S, NEW_TENANT, OneTime, claim, give, new_token, withdraw
from torana.control.auth.passwords import demand_good
from torana.control.auth.people_rows import (
    ACTIVE,
    INVITED,
    PERSON,
    Person,
    add_user,
    by_id,
    demand_passwords,
    one_change_of_people,
    set_password,
)
from torana.control.auth.shapes import AcceptAsk, Done, Invitations, InvitationShown, InviteAsk, Invited, SignedIn
from torana.control.auth.signing_in import actor
from torana.control.changes import change, change_as, office_of
from torana.control.keys.queries import revoke
from torana.control.people.rights import (
    conflict,
    demand_role,
    given_by,
    home_of,
    invalid,
    place_of,
    role_left_out,
    unknown,
)
from torana.control.people.user_queries import drop, live_keys
from torana.control.people_desk import Letter
from torana.control.permissions import ADMIN
from torana.control.principal import Principal, Reach
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError
from torana.core.secret import Secret
from torana.ports.database import Connection

router = room("sign-in")
MOST = 500
SHOWN = 16
"""Letters of a digest by which an invitation of nobody in particular is named."""


_WAITING = (
    "SELECT users.id, users.email, users.role, users.department, users.team, one.given_by, one.given_at, one.expires_at"
    " FROM one_time_tokens AS one JOIN users ON users.tenant = one.tenant AND users.id = one.user_id"
    " WHERE one.tenant = ? AND one.kind = ? AND one.used_at IS NULL AND one.expires_at > ?"
)
_LATEST = " ORDER BY one.given_at DESC, users.id DESC LIMIT ?"
_NEW_TENANTS = (
    "SELECT SUBSTR(digest, 1, 16), email, 'admin', '', '', given_by, given_at, expires_at FROM one_time_tokens"
    " WHERE tenant = '' AND kind = ? AND used_at IS NULL AND expires_at > ? ORDER BY given_at DESC LIMIT ?"
)


@router.post("/auth/invitations", response_model=Invited, status_code=201, responses=refusals("CONFLICT"))
async def invite(request: Request, asked: InviteAsk, principal: Asking, later: BackgroundTasks) -> Invited:
    """Invite somebody into the tenant, or again if they have not come yet. The token is shown once, and sent where letters are sent."""
    office = office_of(request)
    text, now = new_token(), office.now()
    digest = office.people.digest(text).hex()
    if asked.new_tenant and asked.tenant:
        raise invalid("tenant", "new_tenant is for one that there is not yet; leave one of them out")
    tenant = asked.tenant or principal.tenant
    if asked.new_tenant:
        principal.demand("tenants.operate")
        row = OneTime(digest, NEW_TENANT, "", "", asked.email, principal.label, now, now + LIFE_S[NEW_TENANT])
        await change(request, Entry("admin", "auth.invitations.create", "tenant:"), give, row)
        person = blank(digest[:SHOWN], asked.email)
    elif tenant != principal.tenant:
        wanted = first_of(request, asked, principal)
        row = OneTime(
            digest, INVITATION, tenant, wanted.id, asked.email, principal.label, now, now + LIFE_S[INVITATION]
        )
        entry = Entry("admin", "auth.invitations.create", f"user:{wanted.id}", {"role": wanted.role, "tenant": tenant})
        person = await change(request, entry, invited, wanted, row, principal)
    else:
        principal.demand("users.write")
        role = asked.role or await role_left_out(request, principal)
        demand_role(principal, role)
        home = home_of(request, principal, asked.department, asked.team)
        wanted = Person(
            principal.tenant, office.new_id("usr_"), asked.email, asked.name or asked.email.partition("@")[0], PERSON,
            role, INVITED, "", home.department, home.team, 0, None, 1,
        )  # fmt: skip
        row = OneTime(
            digest, INVITATION, principal.tenant, wanted.id, asked.email, principal.label, now, now + LIFE_S[INVITATION]
        )
        entry = Entry("admin", "auth.invitations.create", f"user:{wanted.id}", {"role": role, "team": home.team})
        person = await change(request, entry, invited, wanted, row, principal)
    name = place_of(request, tenant).name or tenant
    later.add_task(office.people.post, Letter(asked.email, INVITATION, Secret(text), row.expires_at, name))
    shown = invitation(
        (person.id, asked.email, person.role, person.department, person.team, row.given_by, now, row.expires_at)
    )
    return Invited(**shown.model_dump(), token=text)


def first_of(request: Request, asked: InviteAsk, principal: Principal) -> Person:
    """An administrator of a tenant that has nobody yet who could invite one, or has lost them.

    Raises GatewayError PERMISSION_DENIED but for operators, REQUEST_INVALID for what its own administrators decide.
    """
    principal.demand("tenants.operate")
    office = office_of(request)
    if asked.tenant not in office.people.places():
        raise invalid("tenant", "there is no tenant of this id")
    if asked.role not in (None, ADMIN) or asked.department or asked.team:
        raise invalid("role", "operators invite administrators into another tenant; those invite everybody else")
    return Person(
        asked.tenant, office.new_id("usr_"), asked.email, asked.name or asked.email.partition("@")[0], PERSON,
        ADMIN, INVITED, "", "", "", 0, None, 1,
    )  # fmt: skip


def invited(connection: Connection, wanted: Person, row: OneTime, by: Principal) -> Person:
    """Make the user, or take the one that waits already. Raises GatewayError CONFLICT for an address that is taken."""
    one_change_of_people(connection)
    there = connection.execute(
        "SELECT id, status, department, team, role FROM users WHERE tenant = ? AND email = ?",
        (wanted.tenant, wanted.email),
    ).fetchone()
    if there is None:
        add_user(connection, wanted, row.given_at)
    elif there[1] != INVITED or not by.reach.covers(there[2], there[3]) or there[4] not in given_by(by):
        raise conflict("Somebody with this address is in the tenant already.")
    else:
        wanted = wanted._replace(id=there[0])
        connection.execute(
            "UPDATE users SET role = ?, department = ?, team = ?, name = ?, updated_at = ? WHERE tenant = ? AND id = ?",
            (wanted.role, wanted.department, wanted.team, wanted.name, row.given_at, wanted.tenant, wanted.id),
        )
    give(connection, row._replace(user=wanted.id))
    return wanted


@router.get("/auth/invitations", response_model=Invitations, responses=refusals())
async def invitations(request: Request, principal: Asking) -> Invitations:
    """Those that wait, within one's reach; for operators also those to register a tenant."""
    office = office_of(request)
    both = principal.may("tenants.operate")
    rows = await office.database.read(waiting, principal.reach, office.now(), both)
    return Invitations(items=[invitation(row) for row in rows])


def waiting(connection: Connection, reach: Reach, now: float, tenants_too: bool) -> list[tuple[Any, ...]]:
    """Their rows."""
    where, values = reach.where("users.department", "users.team", "users.id")
    asked = (reach.tenant, INVITATION, now, *values, MOST)
    rows: list[tuple[Any, ...]] = connection.execute(f"{_WAITING}{where}{_LATEST}", asked).fetchall()
    if tenants_too:
        rows = rows + connection.execute(_NEW_TENANTS, (NEW_TENANT, now, MOST)).fetchall()
    return rows


@router.delete("/auth/invitations/{invitation_id}", response_model=Done, responses=refusals("NOT_FOUND"))
async def take_back(request: Request, invitation_id: str, principal: Asking) -> Done:
    """Take an invitation back; the user who had not come is gone."""
    entry = Entry("admin", "auth.invitations.delete", f"user:{invitation_id}")
    await change(request, entry, taken_back, principal, invitation_id, office_of(request).now())
    await office_of(request).people.catch_up()
    return Done(status="taken back")


def taken_back(connection: Connection, principal: Principal, invitation_id: str, now: float) -> None:
    """Take it back; keys that were made for whoever was to come end. Raises GatewayError NOT_FOUND."""
    one_change_of_people(connection)
    person = by_id(connection, principal.tenant, invitation_id)
    mine = person is not None and principal.reach.covers(person.department, person.team, person.id)
    if person is not None and mine and person.status == INVITED and person.role in given_by(principal):
        withdraw(connection, INVITATION, person.tenant, person.id)
        revoke(connection, person.tenant, live_keys(connection, person.tenant, person.id), principal.label, now)
        drop(connection, person.tenant, person.id)
        return
    gone = 0
    if principal.may("tenants.operate") and len(invitation_id) == SHOWN:
        gone = connection.execute(
            "DELETE FROM one_time_tokens WHERE tenant = '' AND kind = ? AND used_at IS NULL AND SUBSTR(digest, 1, 16) = ?",
            (NEW_TENANT, invitation_id),
        ).rowcount
    if not gone:
        raise unknown("invitation")


@router.post("/auth/invitations/accept", response_model=SignedIn, responses=refusals(public=True))
async def accept(request: Request, response: Response, asked: AcceptAsk) -> SignedIn:
    """Come in: choose a password by the token of an invitation, and sign in."""
    office = office_of(request)
    text = asked.password.get_secret_value()
    digest = office.people.digest(asked.token.get_secret_value())
    demand_good(text, "", office.people.manners().dev)
    person = await office.database.read(whose_invitation, digest, office.now())
    if person is None:
        raise GatewayError("REQUEST_INVALID", f"token: {SPENT}", details={"field": "token"})
    hashed = await passwords_of(request).hashed(text)  # work for those only who may
    person = person._replace(name=asked.name or person.name, status=ACTIVE)
    entry = Entry("sign_in", "auth.invitations.accept", f"user:{person.id}")
    await change_as(request, actor(request, person), entry, accepted, person, digest, hashed, office.now())
    return await enter(request, response, person, wants_cookies(request, asked.cookies), ("", ""))


def whose_invitation(connection: Connection, digest: bytes, now: float) -> Person | None:
    """Who is invited by it; None when it counts no more."""
    row = connection.execute(
        "SELECT tenant, user_id FROM one_time_tokens WHERE digest = ? AND kind = ? AND used_at IS NULL AND expires_at > ?",
        (digest.hex(), INVITATION, now),
    ).fetchone()
    person = None if row is None else by_id(connection, *row)
    return person if person is not None and person.status == INVITED else None


def accepted(connection: Connection, person: Person, digest: bytes, hashed: str, now: float) -> None:
    """Use the token. Raises GatewayError REQUEST_INVALID when somebody else was first, or they came by another way."""
    one_change_of_people(connection)
    demand_passwords(connection, person)  # they come through the provider, which accepts the invitation
    if whose_invitation(connection, digest, now) is None or claim(connection, INVITATION, digest, now) is None:
        raise GatewayError("REQUEST_INVALID", f"token: {SPENT}", details={"field": "token"})
    connection.execute("UPDATE users SET name = ? WHERE tenant = ? AND id = ?", (person.name, person.tenant, person.id))
    set_password(connection, person.tenant, person.id, hashed, now)


def invitation(row: tuple[Any, ...]) -> InvitationShown:
    """One as it is shown."""
    user, email, role, department, team, given_by, given_at, expires_at = row
    return InvitationShown(
        id=user,
        email=email,
        role=role,
        department=department,
        team=team,
        given_by=given_by,
        given_at=moment(given_at),
        expires_at=moment(expires_at),
    )


def blank(user: str, email: str) -> Person:
    """Somebody of no tenant yet."""
    return Person("", user, email, "", PERSON, "admin", INVITED, "", "", "", 0, None, 1)
