"""Account routes: one's own password and sessions, and passwords that were forgotten.

Nobody learns here whether an address has an account. Passwords are judged by ``passwords``.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import BackgroundTasks, Request, Response

from torana.control.admission import Asking, room
from torana.control.audit.entries import Actor, Entry
from torana.control.auth import throttle
from torana.control.auth.cookies import wants_cookies
from torana.control.auth.entering import demand_turn, enter, passwords_of
from torana.control.auth.one_time import LIFE_S, RESET, OneTime, claim, give, new_token
from torana.control.auth.passwords import demand_good
from torana.control.auth.people_rows import (
    ACTIVE,
    Ending,
    Person,
    by_email,
    by_id,
    demand_passwords,
    end_sessions,
    set_password,
    takes_passwords,
)
from torana.control.auth.shapes import (
    Done,
    ForgotAsk,
    PasswordAsk,
    ResetAsk,
    Sessions,
    SessionShown,
    SignedIn,
)
from torana.control.auth.signing_in import actor
from torana.control.changes import change, change_as, note, office_of
from torana.control.people.rights import place_of, unknown
from torana.control.people_desk import Letter
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError
from torana.core.secret import Secret
from torana.ports.database import Connection

router = room("sign-in")
SPENT = "This link was used already, or is too old. Ask for another."


@router.post("/auth/password", response_model=Done, responses=refusals("SIGN_IN_FAILED", "RATE_LIMIT_EXCEEDED"))
async def change_password(request: Request, asked: PasswordAsk, principal: Asking) -> Done:
    """Choose another password. All other sessions end."""
    office = office_of(request)
    person = await demand_person(request, principal)
    counted = await demand_turn(request, "password", f"{person.tenant} {person.id}")
    if not await passwords_of(request).matches(person.password, asked.current_password.get_secret_value()):
        await note(request, Entry("sign_in", "auth.password", f"user:{person.id}", outcome="failed"))
        raise GatewayError("SIGN_IN_FAILED", "current_password: this is not your password.")
    text = asked.new_password.get_secret_value()
    demand_good(text, person.email, office.people.manners().dev)
    hashed = await passwords_of(request).hashed(text)
    entry = Entry("sign_in", "auth.password", f"user:{person.id}")
    ended = await change(
        request, entry, changed, person, hashed, Ending(office.now(), "new password", but=principal.session), counted
    )
    await office.people.catch_up()
    return Done(status="changed", sessions_ended=len(ended))


def changed(connection: Connection, person: Person, hashed: str, ending: Ending, counted: tuple[str, str]) -> list[str]:
    """Keep the new hash; end the other sessions."""
    throttle.forgive(connection, *counted, ending.now)
    set_password(connection, person.tenant, person.id, hashed, ending.now)
    return end_sessions(connection, person.tenant, person.id, ending)


@router.post(
    "/auth/password/forgot",
    response_model=Done,
    status_code=202,
    responses=refusals("RATE_LIMIT_EXCEEDED", public=True),
)
async def forgot(request: Request, asked: ForgotAsk, later: BackgroundTasks) -> Done:
    """Ask for a link by which to choose a new password. The answer is the same whether there is such an account or not."""
    await demand_turn(request, "forgot", asked.email)
    later.add_task(send_link, request, asked)  # after the answer, which must not take longer for those who are here
    return Done(status="accepted")


async def send_link(request: Request, asked: ForgotAsk) -> None:
    """Send it to whoever has a password. Who comes in otherwise would get a way past their identity provider by it."""
    for person in await office_of(request).database.read(who_forgot, asked.email, asked.tenant):
        await send_reset(request, person, Actor(person.tenant, "", request_id=request_id(request)))


def who_forgot(connection: Connection, email: str, tenant: str) -> list[Person]:
    """Those of the address who come in by a password."""
    found = [one for one in by_email(connection, email, tenant) if one.status == ACTIVE and one.password]
    return [one for one in found if takes_passwords(connection, one)]


async def send_reset(request: Request, person: Person, by: Actor) -> str:
    """Give leave to choose a new password, and send it. The token."""
    office = office_of(request)
    text, now = new_token(), office.now()
    row = OneTime(
        office.people.digest(text).hex(),
        RESET,
        person.tenant,
        person.id,
        person.email,
        by.label,
        now,
        now + LIFE_S[RESET],
    )
    await change_as(request, by, Entry("sign_in", "auth.password.forgot", f"user:{person.id}"), give, row)
    name = place_of(request, person.tenant).name or person.tenant
    await office.people.post(Letter(person.email, RESET, Secret(text), row.expires_at, name))
    return text


@router.post("/auth/password/reset", response_model=SignedIn, responses=refusals(public=True))
async def reset(request: Request, response: Response, asked: ResetAsk) -> SignedIn:
    """Choose a new password by the token of a letter, and sign in. All sessions that there were end."""
    office = office_of(request)
    text = asked.new_password.get_secret_value()
    digest = office.people.digest(asked.token.get_secret_value())
    demand_good(text, "", office.people.manners().dev)
    person = await office.database.read(whose_reset, digest, office.now())
    if person is None:
        raise GatewayError("REQUEST_INVALID", f"token: {SPENT}", details={"field": "token"})
    hashed = await passwords_of(request).hashed(text)  # work for those only who may
    entry = Entry("sign_in", "auth.password.reset", f"user:{person.id}")
    await change_as(request, actor(request, person), entry, reset_by, digest, hashed, office.now())
    await office.people.catch_up()
    counted = (office.people.digest(f"login account {person.email}").hex(), "")
    return await enter(request, response, person, wants_cookies(request, asked.cookies), counted)


def whose_reset(connection: Connection, digest: bytes, now: float) -> Person | None:
    """Whose leave it is; None when it counts no more."""
    row = connection.execute(
        "SELECT tenant, user_id FROM one_time_tokens WHERE digest = ? AND kind = ? AND used_at IS NULL AND expires_at > ?",
        (digest.hex(), RESET, now),
    ).fetchone()
    person = None if row is None else by_id(connection, *row)
    return person if person is not None and person.status == ACTIVE else None


def reset_by(connection: Connection, digest: bytes, hashed: str, now: float) -> None:
    """Use the token. Raises GatewayError REQUEST_INVALID when somebody else was first."""
    person = whose_reset(connection, digest, now)
    row = claim(connection, RESET, digest, now)
    if row is None or person is None:
        raise GatewayError("REQUEST_INVALID", f"token: {SPENT}", details={"field": "token"})
    demand_passwords(connection, person)
    set_password(connection, row.tenant, row.user, hashed, now)
    end_sessions(connection, row.tenant, row.user, Ending(now, "new password"))


@router.get("/auth/sessions", response_model=Sessions, responses=refusals())
async def sessions(request: Request, principal: Asking) -> Sessions:
    """One's own live sessions, newest first."""
    office = office_of(request)
    rows = await office.database.read(live_sessions, principal.tenant, principal.user, office.now())
    return Sessions(items=[shown(row, principal.session) for row in rows])


@router.delete("/auth/sessions/{session_id}", response_model=Done, responses=refusals("NOT_FOUND"))
async def end_session(request: Request, session_id: str, principal: Asking) -> Done:
    """End one of one's own sessions."""
    office = office_of(request)
    entry = Entry("sign_in", "auth.sessions.end", f"session:{session_id}")
    ending = Ending(office.now(), "ended by its owner", only=session_id)
    await change(request, entry, ended_one, principal.tenant, principal.user, ending)
    await office.people.catch_up()
    return Done(status="ended", sessions_ended=1)


def ended_one(connection: Connection, tenant: str, user: str, ending: Ending) -> None:
    """End it. Raises GatewayError NOT_FOUND."""
    if not user or not end_sessions(connection, tenant, user, ending):
        raise unknown("session")


def live_sessions(
    connection: Connection, tenant: str, user: str, now: float
) -> list[tuple[str, float, float, float, str, str]]:
    """Their rows."""
    rows: list[tuple[str, float, float, float, str, str]] = connection.execute(
        "SELECT id, created_at, refreshed_at, expires_at, address, agent FROM sessions"
        " WHERE tenant = ? AND user_id = ? AND ended_at IS NULL AND expires_at > ? ORDER BY created_at DESC, id DESC LIMIT 200",
        (tenant, user, now),
    ).fetchall()
    return rows


def shown(row: tuple[str, float, float, float, str, str], current: str) -> SessionShown:
    """One as it is shown."""
    session, created_at, refreshed_at, expires_at, address, agent = row
    return SessionShown(
        id=session,
        created_at=moment(created_at),
        refreshed_at=moment(refreshed_at),
        expires_at=moment(expires_at),
        address=address,
        agent=agent,
        current=session == current,
    )


async def demand_person(request: Request, principal: Principal) -> Person:
    """The person who is signed in. Raises GatewayError PERMISSION_DENIED for keys and tokens of others."""
    person = (
        await office_of(request).database.read(by_id, principal.tenant, principal.user) if principal.session else None
    )
    if person is None:
        raise GatewayError("PERMISSION_DENIED", "Only somebody who signed in has a password here.")
    return person


def request_id(request: Request) -> str:
    """Its id."""
    return str(request.scope.get("torana.request_id", ""))


def moment(at: float) -> datetime:
    """Epoch seconds as a time in UTC."""
    return datetime.fromtimestamp(at, UTC)
