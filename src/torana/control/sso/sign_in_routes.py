"""Routes of signing in through an identity provider: what there is, setting out, and coming back.

Authorization code with PKCE (RFC 6749, 7636, 9700; OpenID Connect Core 1.0). Tokens are judged by ``ports.identity``, who
comes in by ``joining``.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from torana.control.admission import cookie, room
from torana.control.audit.entries import Actor, Entry
from torana.control.auth import throttle
from torana.control.auth.cookies import is_secure
from torana.control.auth.entering import counted_address, demand_turn_of_address
from torana.control.auth.people_rows import Person, anybody
from torana.control.auth.shapes import SignedIn, SsoProvider, SsoProviders
from torana.control.auth.signing_in import actor, answer, new_session
from torana.control.changes import actor_of, change_as, note, office_of
from torana.control.people.rights import invalid, unknown
from torana.control.shapes_errors import refusals
from torana.control.sso import queries
from torana.control.sso.claims import comer
from torana.control.sso.config_routes import callback_url
from torana.control.sso.joining import Arrival, joined, known
from torana.control.sso.queries import Begun, ProviderRow
from torana.control.sso.shapes import InitiateAsk, Initiated, SsoAsk
from torana.core.errors import GatewayError
from torana.core.ids import new_secret_text
from torana.core.secret import Secret
from torana.ports.identity import Answered, Client

router = room("sign-in")
COOKIE = "torana_sso"
COOKIE_PATH = "/api/v1/admin/auth/sso"
LIFE_S = 600.0
FAILED_PAGE = "/sign-in?"
SPENT = "This sign-in was used already, is too old, or began in another browser. Begin again."


@router.get("/auth/sso/providers", response_model=SsoProviders, responses=refusals(public=True))
async def providers(
    request: Request, tenant: Annotated[str, Query(max_length=200, description="whose; left out: see docs/sso.md")] = ""
) -> SsoProviders:
    """What the sign-in page offers besides a password, and whether nobody has registered yet."""
    office = office_of(request)
    first = not await office.database.read(anybody)
    rows = await office.database.read(queries.offered, tenant)
    return SsoProviders(
        items=[SsoProvider(id=one.id, name=one.name) for one in rows],
        first_run=first,
        registration=first or office.people.manners().registration == "open",
    )


@router.post(
    "/auth/sso/initiate",
    response_model=Initiated,
    responses=refusals("NOT_FOUND", "RATE_LIMIT_EXCEEDED", "UPSTREAM_ERROR", public=True),
)
async def initiate(request: Request, response: Response, asked: InitiateAsk) -> Initiated:
    """Begin to sign in: send the browser to `authorization_url`. It comes back to `auth/sso/callback`."""
    office = office_of(request)
    await demand_turn_of_address(request, "sso", throttle.FREE_BY_ADDRESS_SSO)
    row = await office.database.read(queries.provider_of_any, asked.provider)
    if row is None or not row.enabled or asked.tenant not in ("", row.tenant):
        raise unknown("identity provider")
    demand_own_page(asked.redirect)
    ask = SsoAsk.model_validate(row.document)
    metadata = await office.identity.providers.discover(ask.issuer)
    browser = cookie(request, COOKIE) or new_secret_text("")
    state = new_secret_text("")
    begun = Begun(
        named(request, "state", state), row.tenant, row.id, named(request, "browser", browser), asked.redirect,
        callback_url(request), office.now() + LIFE_S,
    )  # fmt: skip
    await office.database.write(queries.begin, begun, office.now())
    set_cookie(request, response, browser)
    response.headers["cache-control"] = "no-store"
    asked_for = {
        "response_type": "code",
        "client_id": ask.client_id,
        "redirect_uri": begun.callback,
        "scope": " ".join(ask.scopes),
        "state": state,
        "nonce": named(request, "nonce", state),
        "code_challenge": challenge(named(request, "verifier", state)),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in metadata.authorization_endpoint else "?"
    return Initiated(authorization_url=f"{metadata.authorization_endpoint}{joint}{urlencode(asked_for)}", state=state)


class Came:
    """What the browser brings back (RFC 6749, section 4.1.2; RFC 9207)."""

    def __init__(
        self,
        code: Annotated[str, Query(max_length=4096)] = "",
        state: Annotated[str, Query(max_length=512)] = "",
        iss: Annotated[str, Query(max_length=1000)] = "",
        error: Annotated[str, Query(max_length=200)] = "",
    ) -> None:
        self.code, self.state, self.iss, self.error = code, state, iss, error


@router.get(
    "/auth/sso/callback",
    response_model=SignedIn,
    responses={
        303: {"description": "for browsers: to the page that was asked for, or to the sign-in page with `error`"},
        **refusals("SIGN_IN_FAILED", "PERMISSION_DENIED", "UPSTREAM_ERROR", "UPSTREAM_UNAVAILABLE", public=True),
    },
)
async def callback(request: Request, response: Response, came: Annotated[Came, Depends()]) -> Any:
    """Come back from the provider: cookies and a redirect for browsers, tokens for `Accept: application/json`."""
    plain = "application/json" in request.headers.get("accept", "")
    try:
        begun, row = await begun_here(request, came)
        person, session, refresh = await arrive(request, came, begun, row)
    except GatewayError as fault:
        if plain:
            raise
        return RedirectResponse(FAILED_PAGE + urlencode({"error": fault.code}), 303, {"cache-control": "no-store"})
    await office_of(request).people.catch_up()
    if plain:
        return await answer(request, response, person, session, refresh, False)
    back = RedirectResponse(begun.redirect, 303)
    await answer(request, back, person, session, refresh, True)
    return back


async def begun_here(request: Request, came: Came) -> tuple[Begun, ProviderRow]:
    """The sign-in that this is the end of, used up by it, and its provider. Raises GatewayError SIGN_IN_FAILED."""
    office = office_of(request)
    browser = named(request, "browser", cookie(request, COOKIE))
    digest = named(request, "state", came.state)
    begun = await office.database.write(queries.claim, digest, office.now())
    if begun is None or not hmac.compare_digest(begun.browser, browser):
        # Of a state that nobody gave nothing is written: anybody could fill the trail.
        tenant = await office.database.read(queries.was_begun, digest)
        if tenant is not None:
            await fail(request, tenant, "", "used already or too old" if begun is None else "another browser")
        raise GatewayError("SIGN_IN_FAILED", SPENT)
    row = await office.database.read(queries.provider, begun.tenant, begun.provider)
    if row is None or not row.enabled:
        await fail(request, begun.tenant, begun.provider, "disabled")
        raise GatewayError("SIGN_IN_FAILED", "This identity provider is not in use any more.")
    return begun, row


async def arrive(request: Request, came: Came, begun: Begun, row: ProviderRow) -> tuple[Person, tuple[str, float], str]:
    """Whoever comes in, their session and its refresh token. Raises GatewayError; what failed is in the audit trail."""
    office = office_of(request)
    ask = SsoAsk.model_validate(row.document)
    try:
        claims = await told(request, came, begun, (row, ask))
        arrival = Arrival(row, ask, comer(claims, ask), office.new_id("usr_"), office.people.places())
        session, refresh = new_session(request)
        before = await office.database.read(known, arrival)
        who = actor(request, before) if before else stranger(request, arrival)
        entry = Entry(
            "sign_in", "auth.sso", f"session:{session.session}",
            {"provider": row.id, "new_user": before is None, "groups": len(arrival.comer.groups)},
        )  # fmt: skip
        person = await change_as(request, who, entry, joined, arrival, session)
        await office.database.write(throttle.forgive_address, counted_address(request, "sso"), office.now())
    except GatewayError as fault:
        await fail(request, row.tenant, row.id, f"{fault.code}: {fault.message}")
        raise
    return person, (session.session, session.expires_at), refresh


async def told(request: Request, came: Came, begun: Begun, provider: tuple[ProviderRow, SsoAsk]) -> Any:
    """What the provider says of whoever came. Raises GatewayError."""
    row, ask = provider
    office = office_of(request)
    metadata = await office.identity.providers.discover(ask.issuer)
    # RFC 9207: an answer of another provider is told by its name, before anything is sent there.
    if came.iss != metadata.issuer and (came.iss or metadata.names_itself):
        raise GatewayError("SIGN_IN_FAILED", "The answer is of another identity provider ('iss').")
    if came.error or not came.code:
        word = came.error if came.error.isascii() and came.error.replace("_", "").isalnum() else "no code"
        raise GatewayError("SIGN_IN_FAILED", f"The identity provider let nobody in: {word[:60]}.")
    secret = office.identity.open(row.secret, queries.about(row)) if row.secret else ""
    client = Client(
        ask.issuer, ask.client_id, Secret(secret) if secret else None, ask.algorithm, ask.clock_skew_s, ask.userinfo
    )
    return await office.identity.providers.claims(
        client,
        Answered(
            came.code, named(request, "verifier", came.state), named(request, "nonce", came.state), begun.callback
        ),
    )


async def fail(request: Request, tenant: str, provider: str, why: str) -> None:
    """Write down that nobody came in."""
    entry = Entry("sign_in", "auth.sso", f"sso:{provider}" if provider else "", {"why": why[:300]}, "failed")
    await note(request, entry, tenant)


def stranger(request: Request, arrival: Arrival) -> Actor:
    """Whoever is new here, for the trail."""
    known_as = actor_of(request)._replace(tenant=arrival.provider.tenant)
    return known_as._replace(label=f"user:{arrival.user_id}", name=arrival.comer.email)


def named(request: Request, what: str, text: str) -> str:
    """64 hex digits that belong to a text, which nobody else can make: state and cookie are kept by them, and verifier and
    nonce are such themselves, so that neither is kept anywhere.
    """
    return office_of(request).people.digest(f"sso {what} {text}").hex()


def challenge(verifier: str) -> str:
    """The code challenge (RFC 7636, section 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def demand_own_page(path: str) -> None:
    """Raise GatewayError REQUEST_INVALID for what leads away from this gateway: browsers read ``//`` and ``\\`` as a host."""
    bad = (
        not path.startswith("/") or path.startswith(("//", "/\\")) or any(ord(one) <= 32 or one == "\\" for one in path)
    )
    if bad or not path.isascii():
        raise invalid("redirect", "a path of this gateway, such as /usage")


def set_cookie(request: Request, response: Response, value: str) -> None:
    """Bind the sign-in to this browser. Lax: the way back comes from another site."""
    response.set_cookie(
        COOKIE, value, max_age=int(LIFE_S), path=COOKIE_PATH, secure=is_secure(request), httponly=True, samesite="lax"
    )
