"""Sign-in routes: registering, signing in, carrying on, signing out, and who one is.

Passwords are judged by ``passwords``, how often one may try by ``throttle``, sessions are kept by ``signing_in``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fastapi import Request, Response

from torana.control.admission import address_of, cookie, demand_csrf, principal_of, room
from torana.control.audit.entries import Actor, Entry
from torana.control.auth.cookies import REFRESH_COOKIE, drop_cookies, wants_cookies
from torana.control.auth.entering import demand_turn, enter, passwords_of
from torana.control.auth.one_time import NEW_TENANT, claim
from torana.control.auth.passwords import demand_good
from torana.control.auth.people_rows import (
    ACTIVE,
    PERSON,
    Ending,
    Person,
    add_tenant,
    add_user,
    anybody,
    by_email,
    by_id,
    end_sessions,
    one_at_a_time,
    tenant_row,
)
from torana.control.auth.shapes import (
    Done,
    LoginAsk,
    LogoutAsk,
    Me,
    RefreshAsk,
    RegisterAsk,
    SignedIn,
)
from torana.control.auth.signing_in import (
    LEEWAY_S,
    Beginning,
    Carried,
    actor,
    answer,
    begin,
    carry_on,
    me,
    me_of,
    new_session,
    refresh_token,
    session_named,
)
from torana.control.auth.throttle import forgive
from torana.control.changes import change_as, note, office_of
from torana.control.people.rights import place_of
from torana.control.permissions import ADMIN
from torana.control.shapes_errors import refusals
from torana.control.sso.leaving import way_out
from torana.core.errors import GatewayError
from torana.core.ids import new_secret_text
from torana.core.secret import Secret
from torana.ports.database import Connection

router = room("sign-in")
NOT_MATCHING = "E-mail address and password match no account here."
RESPONSES = refusals("RATE_LIMIT_EXCEEDED", "PERMISSION_DENIED", public=True)


@router.post("/auth/register", response_model=SignedIn, status_code=201, responses=RESPONSES)
async def register(request: Request, response: Response, asked: RegisterAsk) -> SignedIn:
    """Register a tenant and its administrator. The first of an installation is its operator besides; later ones by `auth.registration`."""
    office = office_of(request)
    counted = await demand_turn(request, "register", asked.email)
    password = asked.password.get_secret_value()
    demand_good(password, asked.email, office.people.manners().dev)
    hashed = await passwords_of(request).hashed(password)
    session, text = new_session(request)
    person = Person(
        tenant_id(asked.name), office.new_id("usr_"), asked.email, asked.email.partition("@")[0], PERSON, ADMIN, ACTIVE,
        hashed, "", "", 0, None, 1,
    )  # fmt: skip
    given = office.people.digest(asked.invitation.get_secret_value()) if asked.invitation else b""
    wanted = Registering(asked.name, office.people.manners().registration, given, counted)
    entry = Entry("sign_in", "auth.register", f"tenant:{person.tenant}", {"tenant": person.tenant})
    who = actor(request, person)
    person = await change_as(request, who, entry, registered, person, session, wanted)
    await office.people.catch_up()
    return await answer(
        request, response, person, (session.session, session.expires_at), text, wants_cookies(request, asked.cookies)
    )


class Registering(NamedTuple):
    """What decides whether a tenant may be registered, and what it is called."""

    name: str
    registration: str
    invitation: bytes
    """The digest of an invitation; empty without one."""
    counted: tuple[str, str]
    """The names under which the try was counted."""


def registered(connection: Connection, person: Person, session: Beginning, wanted: Registering) -> Person:
    """Make tenant, person and session. Raises GatewayError PERMISSION_DENIED where nobody may register any more."""
    one_at_a_time(connection)  # of two who come first, one is
    # Who shows an invitation comes as a guest, even where nobody has registered yet.
    first = not wanted.invitation and not anybody(connection)
    by_invitation = bool(wanted.invitation) and wanted.registration == "invitation"
    invited = by_invitation and claim(connection, NEW_TENANT, wanted.invitation, session.now) is not None
    if not (first or invited or wanted.registration == "open"):
        message = "This installation takes no registrations. Ask one of its administrators for an invitation."
        raise GatewayError("PERMISSION_DENIED", message)
    person = person._replace(operator=int(first))
    forgive(connection, *wanted.counted, session.now)
    add_tenant(connection, person.tenant, wanted.name, session.now)
    add_user(connection, person, session.now)
    begin(connection, person, session)
    return person


def tenant_id(name: str) -> str:
    """An id that people recognise and nobody can find taken: from that one would learn who else is here."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "tenant"
    return f"{plain}-{Secret(new_secret_text('')).hint().partition(':')[2][:6]}"


@router.post(
    "/auth/login", response_model=SignedIn, responses=refusals("SIGN_IN_FAILED", *("RATE_LIMIT_EXCEEDED",), public=True)
)
async def login(request: Request, response: Response, asked: LoginAsk) -> SignedIn:
    """Sign in by e-mail address and password."""
    office = office_of(request)
    account, address = await demand_turn(request, "login", asked.email)
    found = await office.database.read(by_email, asked.email, asked.tenant)
    person = await whose_password(request, found, asked.password.get_secret_value())
    if person is None:
        entry = Entry("sign_in", "auth.login", outcome="failed", details={"email": asked.email})
        await note(request, entry, found[0].tenant if found else "")
        raise GatewayError("SIGN_IN_FAILED", NOT_MATCHING)
    return await enter(request, response, person, wants_cookies(request, asked.cookies), (account, address))


async def whose_password(request: Request, found: list[Person], password: str) -> Person | None:
    """The first of these whose password it is. Nobody learns from the time of a refusal how many there are."""
    passwords = passwords_of(request)
    for person in [*found, None, None][:2]:
        if await passwords.matches(person.password if person is not None else "", password):
            return person
    return None


@router.post(
    "/auth/refresh", response_model=SignedIn, responses=refusals("TOKEN_INVALID", "TOKEN_REVOKED", public=True)
)
async def refresh(request: Request, response: Response, asked: RefreshAsk | None = None) -> SignedIn:
    """New tokens for a refresh token, from the body or the cookie. It counts once; shown again it ends the session."""
    office = office_of(request)
    given = asked.refresh_token.get_secret_value() if asked is not None and asked.refresh_token else ""
    spent, by_cookie = given or refresh_by_cookie(request), not given
    session = session_named(request, spent)
    fresh = refresh_token(request, session)
    digest = office.people.digest
    found: Carried = await office.database.write(
        carry_on, session, digest(spent), digest(fresh), office.now(), LEEWAY_S if by_cookie else 0.0
    )
    if found.stolen:
        await stolen(request, found)
    if found.person is None or place_of(request, found.tenant).suspended:
        if by_cookie:
            drop_cookies(request, response)
        raise GatewayError("TOKEN_REVOKED", "This session has ended. Sign in again.")
    text = fresh if found.renewed else None
    return await answer(request, response, found.person, (session, found.expires_at), text, by_cookie)


async def stolen(request: Request, found: Carried) -> None:
    """Write down that a refresh token was used twice."""
    office = office_of(request)
    about = Actor(found.tenant, f"user:{found.user}", address=address_of(request))
    entry = Entry("security", "auth.refresh", f"session:{found.session}", {"why": "spent refresh token"}, "denied")
    office.trail.tell(await office.database.write(office.trail.append, about, entry))
    await office.people.catch_up()


def refresh_by_cookie(request: Request) -> str:
    """The refresh token in the cookie. Raises GatewayError TOKEN_INVALID when there is none, PERMISSION_DENIED without CSRF header."""
    text = cookie(request, REFRESH_COOKIE)
    if not text:
        raise GatewayError("TOKEN_INVALID", 'Send the refresh token: {"refresh_token": …}, or its cookie.')
    demand_csrf(request)
    return text


@router.post("/auth/logout", response_model=Done, responses=refusals("TOKEN_INVALID"))
async def logout(request: Request, response: Response, asked: LogoutAsk | None = None) -> Done:
    """Sign out here, or everywhere. The access tokens count no more, not for AI requests either."""
    office = office_of(request)
    asked = asked or LogoutAsk()
    tenant, user, session = await who_leaves(request, asked)
    person = await office.database.read(by_id, tenant, user)
    if person is None or not session:
        raise GatewayError("REQUEST_INVALID", "A key has no session to end.")
    entry = Entry("sign_in", "auth.logout", f"user:{user}", {"everywhere": asked.everywhere})
    only = "" if asked.everywhere else session
    ending = Ending(office.now(), "signed out", only)
    elsewhere = await way_out(request, tenant, session)
    ended = await change_as(request, actor(request, person), entry, end_sessions, tenant, user, ending)
    await office.people.catch_up()
    drop_cookies(request, response)
    return Done(status="signed out", sessions_ended=len(ended), logout_url=elsewhere)


async def who_leaves(request: Request, asked: LogoutAsk) -> tuple[str, str, str]:
    """Tenant, user and session, by refresh token or by access token. Raises GatewayError."""
    given = asked.refresh_token.get_secret_value() if asked.refresh_token else ""
    if not given and "authorization" not in request.headers and cookie(request, REFRESH_COOKIE):
        given = refresh_by_cookie(request)
    if not given:
        principal = await principal_of(request)
        return principal.tenant, principal.user, principal.session
    session = session_named(request, given)
    office = office_of(request)
    found = await office.database.read(whose, session)
    if found is None:
        raise GatewayError("TOKEN_REVOKED", "This session has ended.")
    return found[0], found[1], session


def whose(connection: Connection, session: str) -> tuple[str, str] | None:
    """Tenant and user of a session that a refresh token of ours names."""
    row = connection.execute("SELECT tenant, user_id FROM sessions WHERE id = ?", (session,)).fetchone()
    return None if row is None else (row[0], row[1])


@router.get("/auth/me", response_model=Me, responses=refusals())
async def whoami(request: Request) -> Me:
    """Who asks: the person, their role, permissions and tenant; or the key."""
    principal = request.state.principal
    office = office_of(request)
    person = await office.database.read(by_id, principal.tenant, principal.user) if principal.user else None
    if principal.session and person is not None:
        return await me_of(request, person)
    caller = principal.caller
    name, _, settings = await office.database.read(tenant_row, principal.tenant)
    shown = Person(
        principal.tenant, principal.user, "", principal.name, "key", principal.role, ACTIVE, "", caller.department,
        caller.team, int(principal.operator), None, 0,
    )  # fmt: skip
    known = {key: str(settings[key]) for key in ("currency", "time_zone", "locale") if settings.get(key)}
    return me(request, shown, principal.permissions, name, known)
