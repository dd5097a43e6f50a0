"""Entering: how often somebody may try, and the session of whoever has shown who they are.

It judges no credential: password, one-time token or identity provider were judged before. Called by every way to sign in.
"""

from __future__ import annotations

from fastapi import Request, Response

from torana.control.admission import address_of
from torana.control.audit.entries import Entry
from torana.control.auth import throttle
from torana.control.auth.passwords import Passwords
from torana.control.auth.people_rows import ACTIVE, Person, by_id, demand_passwords, tenant_row
from torana.control.auth.shapes import SignedIn
from torana.control.auth.signing_in import Beginning, actor, answer, begin, new_session
from torana.control.changes import change_as, note, office_of
from torana.control.people.rights import place_of
from torana.core.errors import GatewayError
from torana.ports.database import Connection


def passwords_of(request: Request) -> Passwords:
    """Those of this process."""
    found: Passwords = request.app.state.passwords
    return found


async def enter(
    request: Request,
    response: Response,
    person: Person,
    cookies: bool,
    counted: tuple[str, str],
    action: str = "auth.login",
) -> SignedIn:
    """Begin a session for somebody who has shown who they are, by a password of theirs or leave to choose one.

    Raises GatewayError PERMISSION_DENIED when suspended, or where nobody comes by password.
    """
    session, text = new_session(request)
    entry = Entry("sign_in", action, f"session:{session.session}")
    try:
        if place_of(request, person.tenant).suspended:  # by the configuration: of that the database knows nothing
            raise suspended()
        await change_as(request, actor(request, person), entry, entered_by_password, person, session, counted)
    except GatewayError as fault:
        failed = Entry("sign_in", action, f"user:{person.id}", {"email": person.email, "why": fault.message}, "failed")
        await note(request, failed, person.tenant)
        raise
    return await answer(request, response, person, (session.session, session.expires_at), text, cookies)


def entered_by_password(connection: Connection, person: Person, session: Beginning, counted: tuple[str, str]) -> None:
    """Keep the session, where people come by password. Raises GatewayError PERMISSION_DENIED."""
    demand_passwords(connection, person)
    entered(connection, person, session, counted)


def entered(connection: Connection, person: Person, session: Beginning, counted: tuple[str, str]) -> None:
    """Keep the session; what failed before is forgotten."""
    now = by_id(connection, person.tenant, person.id)
    if now is None or now.status != ACTIVE or tenant_row(connection, person.tenant)[1] != ACTIVE:
        raise suspended()
    throttle.forgive(connection, *counted, session.now)
    begin(connection, person, session)


def suspended() -> GatewayError:
    """The refusal of somebody who is suspended, or whose tenant is."""
    return GatewayError("PERMISSION_DENIED", "This account is suspended. Ask an administrator.")


async def demand_turn(request: Request, what: str, email: str) -> tuple[str, str]:
    """Count a try, and give the names it is counted under. Raises GatewayError RATE_LIMIT_EXCEEDED when one must wait."""
    office = office_of(request)
    account = office.people.digest(f"{what} account {email}").hex()
    address = counted_address(request, what)
    await _demand_turn(request, what, {account: throttle.FREE_BY_ACCOUNT, address: throttle.FREE_BY_ADDRESS})
    return account, address


async def demand_turn_of_address(request: Request, what: str, free: int) -> None:
    """Count a try by its address alone, where no account is known. Raises GatewayError RATE_LIMIT_EXCEEDED."""
    await _demand_turn(request, what, {counted_address(request, what): free})


def counted_address(request: Request, what: str) -> str:
    """The name under which tries of an address are counted."""
    return office_of(request).people.digest(f"{what} address {address_of(request)}").hex()


async def _demand_turn(request: Request, what: str, free: throttle.Named) -> None:
    office = office_of(request)
    wait_s = await office.database.write(throttle.attempt, free, office.now())
    if wait_s > 0:
        await note(request, Entry("security", f"auth.{what}", outcome="denied", details={"why": "locked"}))
        message = "Too many tries have failed. Wait before the next one."
        raise GatewayError("RATE_LIMIT_EXCEEDED", message, retry_after_s=wait_s)
