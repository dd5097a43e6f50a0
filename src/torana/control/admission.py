"""Who gets into the control plane: every route asks here first, before its body is read; deny by default.

What a route needs stands in ``permissions``. Rooms make their routers by ``room`` and take the Principal by ``Asking``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from secrets import compare_digest
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from torana.control.office import Office
from torana.control.permissions import OPERATOR, PUBLIC, ROLES, ROUTES, SIGNED_IN, expanded, of_role
from torana.control.principal import Principal, denied
from torana.control.routers import RoomRoute, RoomRouter
from torana.control.scim.bearer import PATHS as SCIM_PATHS
from torana.control.scim.bearer import scim_principal
from torana.control.sessions import Session, live_session, owner_role
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.core.tokens import CONSOLE_ISSUER
from torana.line.identify import CREDENTIAL_HEADERS

SESSION_COOKIE = "torana_session"
CSRF_COOKIE = "torana_csrf"
CSRF_HEADER = "x-torana-csrf"
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
JSON = re.compile(r"^application/(scim\+)?json")
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""Half of a character as JSON can have it: escaped, or as bytes that Python reads all the same."""
LONE = re.compile("[\ud800-\udfff]")


class Admitted(RoomRoute):
    """A route whose caller is known and allowed before anything of the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the check."""
        handler = super().get_route_handler()

        async def admitted(request: Request) -> Response:
            await admit(request, self.path)
            asked = read_as_json(request)
            await demand_text(asked)
            return await handler(asked)

        return admitted


PREFIX = "/api/v1/admin"


def room(tag: str, prefix: str = PREFIX) -> APIRouter:
    """The router of one room of the office; each of its routes must stand in ``permissions.ROUTES``."""
    return RoomRouter(prefix=prefix, tags=[tag], route_class=Admitted)


async def admit(request: Request, path: str) -> None:
    """Find who asks, as ``request.state.principal``; None on public routes. Raises GatewayError."""
    needed = ROUTES.get(f"{request.method} {path}", ())
    request.state.principal = None
    if needed == (PUBLIC,):
        return
    principal = await principal_at(request, path)
    request.state.principal = principal
    if needed != (SIGNED_IN,) and not principal.may(*needed):
        raise denied(needed or ("nothing grants this route",), principal)


async def principal_at(request: Request, path: str) -> Principal:
    """Who asks. SCIM tokens count on the paths of SCIM, and nowhere else. Raises GatewayError."""
    if path.startswith(SCIM_PATHS):
        office: Office = request.app.state.office
        found = await scim_principal(office, request.headers.get("authorization", ""))
        if found is not None:
            return found
    return await principal_of(request)


def read_as_json(request: Request) -> Request:
    """The request, its body read as JSON whatever it says it is (curl's users forget); forms with files stay."""
    headers = request.scope["headers"]
    said = next((value for name, value in headers if name == b"content-type"), b"")
    if said.startswith((b"application/json", b"multipart/", b"application/scim+json", b"text/csv")):
        return request
    rest = [one for one in headers if one[0] != b"content-type"]
    return Request({**request.scope, "headers": [*rest, (b"content-type", b"application/json")]}, request.receive)


async def demand_text(request: Request) -> None:
    """Raise GatewayError REQUEST_INVALID, with the field, for a body of JSON with a text that no encoding writes.

    JSON's escapes can tell half a character (RFC 8259, section 8.2): it could be neither kept nor told again.
    """
    if request.method in HARMLESS or not JSON.search(request.headers.get("content-type", "")):
        return
    body = await request.body()
    if SURROGATE.search(body) is None:
        return
    try:
        place = half_a_character(json.loads(body))
    except (ValueError, RecursionError):
        return  # whoever reads it says what is wrong
    if place is not None:
        message = f"{place or 'body'}: half of a character (a lone surrogate) is no text."
        raise GatewayError("REQUEST_INVALID", message, param=place)


def half_a_character(value: Any) -> str | None:
    """Where in a value of JSON such a text is; None: nowhere."""
    if isinstance(value, str):
        return None if value.isascii() or LONE.search(value) is None else ""
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
        if any(LONE.search(name) for name in value):
            return ""
    elif isinstance(value, list):
        parts = enumerate(value)
    for name, part in parts:
        if (found := half_a_character(part)) is not None:
            return f"{name}.{found}".rstrip(".")
    return None


async def principal_of(request: Request) -> Principal:
    """Who asks, by header or by cookie. Raises GatewayError as the gate does, TOKEN_REVOKED for a session that ended."""
    office: Office = request.app.state.office
    credentials = [(name, value) for name, value in request.headers.items() if name in CREDENTIAL_HEADERS]
    if not credentials and (text := cookie_of(request)):
        credentials = [("authorization", f"Bearer {text}")]
    caller = await office.identify(credentials, address_of(request))
    if caller.token is not None and caller.token.issuer == CONSOLE_ISSUER:
        return await signed_in(office, caller)
    granted = caller.key.permissions
    role = next((one for one in (OPERATOR, *ROLES) if f"role:{one}" in granted), "")
    found = Principal(caller, expanded(granted), role, caller.key.name, operator=role == OPERATOR)
    return await within_owners(office, found) if granted and caller.user and caller.token is None else found


async def within_owners(office: Office, key: Principal) -> Principal:
    """The key with no more than its owner's role has now: it was given to them when they had another, perhaps."""
    owner = await office.database.read(owner_role, key.tenant, key.user)
    if owner is None:
        return key
    most = of_role(OPERATOR if owner[1] else owner[0])
    if key.permissions <= most:
        return key
    return replace(key, permissions=key.permissions & most, role="", operator=False)


def cookie_of(request: Request) -> str:
    """The session's token in a cookie. Raises GatewayError PERMISSION_DENIED for a change without the CSRF header."""
    text = cookie(request, SESSION_COOKIE)
    if text and request.method not in HARMLESS:
        demand_csrf(request)
    return text


def demand_csrf(request: Request) -> None:
    """Raise GatewayError PERMISSION_DENIED unless the header repeats the cookie (double submit), as only our page can."""
    wanted = cookie(request, CSRF_COOKIE)
    given = request.headers.get(CSRF_HEADER, "")
    if not wanted or not compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        message = f"A change by cookie needs the header {CSRF_HEADER}, with the value of the cookie {CSRF_COOKIE}."
        raise GatewayError("PERMISSION_DENIED", message, details={"header": CSRF_HEADER})


def cookie(request: Request, name: str) -> str:
    """A cookie's value; empty when there is none."""
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


async def signed_in(office: Office, caller: Caller) -> Principal:
    """The person of a session, as they are now: the token is older than their role. Raises GatewayError TOKEN_REVOKED."""
    said = caller.token.claims.get("sid") if caller.token is not None else None
    found = await office.database.read(live_session, caller.tenant, str(said or ""), office.now())
    if found is None or found.user != caller.user:
        raise GatewayError("TOKEN_REVOKED", "This session has ended. Sign in again.")
    return person(caller, found)


def person(caller: Caller, session: Session) -> Principal:
    """The Principal of a session."""
    permissions = of_role(OPERATOR) if session.operator else of_role(session.role) | session.more
    now = replace(caller, department=session.department, team=session.team)
    return Principal(now, permissions, session.role, session.email, session.session_id, session.operator)


def address_of(request: Request) -> str:
    """The client's address, as the edge told it from proxies."""
    return request.client.host if request.client else ""


async def asking(request: Request) -> Principal:
    """Who asks; for routes that are not public. A coroutine: FastAPI sends other dependencies through a thread."""
    found: Principal = request.state.principal
    return found


Asking = Annotated[Principal, Depends(asking)]
