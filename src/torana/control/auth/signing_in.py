"""Sessions of people: begun, carried on with a new refresh token each time, and answered with their tokens.

A refresh token that was spent already ends its session: two hold it, and one of them stole it. Called by the sign-in
routes.
"""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request, Response

from torana.control.admission import address_of
from torana.control.audit.entries import Actor
from torana.control.auth.cookies import set_cookies
from torana.control.auth.people_rows import ACTIVE, Ending, Person, by_id, end_sessions, tenant_row
from torana.control.auth.shapes import Me, SignedIn, TenantSettings
from torana.control.changes import office_of
from torana.control.permissions import NAMES, OPERATOR, of_role
from torana.core.errors import GatewayError
from torana.core.ids import new_secret_text
from torana.ports.database import Connection

REFRESH = "trf_"
MAC_LETTERS = 32
LEEWAY_S = 10.0
"""Two pages of one browser may refresh at once: to the later one the spent token still gives an access token, so long."""
_BEGIN = (
    "INSERT INTO sessions (id, tenant, user_id, refresh_digest, spent_digest, last_token, created_at, refreshed_at,"
    " expires_at, ended_at, ended_why, address, agent) VALUES (?, ?, ?, ?, NULL, '', ?, ?, ?, NULL, '', ?, ?)"
)
_ROTATE = (
    "UPDATE sessions SET refresh_digest = ?, spent_digest = ?, refreshed_at = ?"
    " WHERE id = ? AND refresh_digest = ? AND ended_at IS NULL AND expires_at > ?"
)
_FIND = "SELECT tenant, user_id, spent_digest, refreshed_at, expires_at, ended_at FROM sessions WHERE id = ?"


class Beginning(NamedTuple):
    """A session as it begins."""

    session: str
    digest: bytes
    now: float
    expires_at: float
    address: str
    agent: str


class Carried(NamedTuple):
    """What became of a refresh."""

    person: Person | None
    session: str
    expires_at: float = 0.0
    stolen: bool = False
    """Whether a spent token was shown: the session ended by it."""
    renewed: bool = True
    """Whether the new refresh token counts; else another page has a newer one."""
    tenant: str = ""
    user: str = ""


def new_session(request: Request) -> tuple[Beginning, str]:
    """A session that may begin, and its refresh token."""
    office = office_of(request)
    now, session = office.now(), office.new_id("ses_")
    text = refresh_token(request, session)
    life_s = office.people.manners().session_s
    agent = request.headers.get("user-agent", "")[:200]
    return Beginning(session, office.people.digest(text), now, now + life_s, address_of(request), agent), text


def begin(connection: Connection, person: Person, session: Beginning) -> None:
    """Keep the session."""
    connection.execute(
        _BEGIN,
        (
            session.session, person.tenant, person.id, session.digest, session.now, session.now, session.expires_at,
            session.address, session.agent,
        ),
    )  # fmt: skip
    connection.execute(
        "UPDATE users SET last_sign_in_at = ? WHERE tenant = ? AND id = ?", (session.now, person.tenant, person.id)
    )


def refresh_token(request: Request, session: str) -> str:
    """A fresh one: it names its session, and a keyed digest shows that it is ours even when it was spent long ago."""
    text = new_secret_text(f"{REFRESH}{session}.")
    return f"{text}.{_mac(request, text)}"


def session_named(request: Request, text: str) -> str:
    """The session that a refresh token of ours names. Raises GatewayError TOKEN_INVALID for any other text."""
    head, _, mac = text.rpartition(".")
    # The digest is keyed, so that nobody learns anything from how long the comparison takes.
    if not head.startswith(REFRESH) or _mac(request, head) != mac:
        raise GatewayError("TOKEN_INVALID", "This is no refresh token of this installation. Sign in again.")
    return head.removeprefix(REFRESH).partition(".")[0]


def _mac(request: Request, text: str) -> str:
    return office_of(request).people.digest(f"refresh token {text}").hex()[:MAC_LETTERS]


def carry_on(connection: Connection, session: str, spent: bytes, fresh: bytes, now: float, leeway_s: float) -> Carried:
    """Put ``fresh`` in the place of ``spent``. Whoever shows one that was spent before ends the session."""
    good = connection.execute(_ROTATE, (fresh, spent, now, session, spent, now)).rowcount == 1
    row = connection.execute(_FIND, (session,)).fetchone()  # the token names no tenant: the session does
    if row is None:
        return Carried(None, session)
    tenant, user, before, refreshed_at, expires_at, ended_at = row
    found = Carried(None, session, expires_at, tenant=tenant, user=user)
    if ended_at is not None or expires_at <= now:
        return found
    person = by_id(connection, tenant, user)
    active = person is not None and person.status == ACTIVE and tenant_row(connection, tenant)[1] == ACTIVE
    if good:
        return found._replace(person=person if active else None)
    if active and leeway_s and before is not None and bytes(before) == spent and now - refreshed_at <= leeway_s:
        return found._replace(person=person, renewed=False)
    end_sessions(connection, tenant, user, Ending(now, "a spent refresh token was shown", only=session))
    return found._replace(stolen=True)


def actor(request: Request, person: Person) -> Actor:
    """Who did it, on a public route."""
    request_id = str(request.scope.get("torana.request_id", ""))
    return Actor(person.tenant, f"user:{person.id}", person.email, person.role, address_of(request), request_id)


async def answer(
    request: Request, response: Response, person: Person, session: tuple[str, float], refresh: str | None, cookies: bool
) -> SignedIn:
    """The tokens of somebody who signed in. ``session``: its id and end; ``refresh``: None where the browser has a newer one."""
    office = office_of(request)
    session_id, expires_at = session
    minted = office.sign_tokens(
        {
            "sub": person.id, "tenant": person.tenant, "sid": session_id, "role": person.role,
            "department": person.department, "team": person.team,
        }
    )  # fmt: skip
    if cookies:
        left = None if refresh is None else (refresh, int(expires_at - office.now()))
        set_cookies(request, response, (minted.text, minted.expires_in_s), left)
    response.headers["cache-control"] = "no-store"
    return SignedIn(
        access_token=minted.text,
        token=minted.text,
        token_type="bearer",  # noqa: S106 - RFC 6750
        expires_in=minted.expires_in_s,
        refresh_token=refresh,
        user=await me_of(request, person),
    )


async def me_of(request: Request, person: Person) -> Me:
    """Who that is."""
    office = office_of(request)
    found = await office.database.read(_about, person, office.now())
    return me(request, person, *found)


def _about(connection: Connection, person: Person, now: float) -> tuple[frozenset[str], str, dict[str, str]]:
    granted = connection.execute(
        "SELECT permission FROM temporary_grants WHERE tenant = ? AND user_id = ? AND ended_at IS NULL AND expires_at > ?",
        (person.tenant, person.id, now),
    ).fetchall()
    name, _, settings = tenant_row(connection, person.tenant)
    more = frozenset(row[0] for row in granted) & NAMES
    permissions = of_role(OPERATOR) if person.operator else of_role(person.role) | more
    return permissions, name, {key: str(settings[key]) for key in TenantSettings.model_fields if settings.get(key)}


def me(request: Request, person: Person, permissions: frozenset[str], tenant_name: str, settings: dict[str, str]) -> Me:
    """The same, of what is known already."""
    desk = office_of(request).people
    place, manners = desk.places().get(person.tenant), desk.manners()
    shown = {"currency": manners.currency, "time_zone": manners.time_zone, "locale": "en", **settings}
    return Me(
        id=person.id,
        email=person.email,
        name=person.name,
        kind=person.kind,
        role=person.role,
        operator=bool(person.operator),
        tenant=person.tenant,
        tenant_name=tenant_name or (place.name if place else "") or person.tenant,
        department=person.department,
        team=person.team,
        permissions=sorted(permissions),
        settings=TenantSettings(**shown),
    )
