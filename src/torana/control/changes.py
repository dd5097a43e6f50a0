"""Changes by the control plane: the work and its entry in the audit trail, in one transaction.

It decides nothing about who may. Called by the routes of every room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate

from fastapi import Request

from torana.control.admission import address_of
from torana.control.audit.entries import Actor, Entry
from torana.control.office import Office
from torana.control.principal import Principal
from torana.ports.database import Connection, Found, Values


def office_of(request: Request) -> Office:
    """The office that the application was built around."""
    found: Office = request.app.state.office
    return found


def actor_of(request: Request) -> Actor:
    """Who asks, for the trail."""
    principal: Principal | None = request.state.principal
    request_id = str(request.scope.get("torana.request_id", ""))
    if principal is None:
        return Actor("", "", address=address_of(request), request_id=request_id)
    return Actor(principal.tenant, principal.label, principal.name, principal.role, address_of(request), request_id)


async def change(
    request: Request,
    entry: Entry,
    work: Callable[Concatenate[Connection, Values], Found],
    *values: Values.args,
    **named: Values.kwargs,
) -> Found:
    """What ``work`` gives; it and the entry are kept together or not at all. Raises GatewayError OVERLOADED, what ``work`` raises."""
    return await change_as(request, actor_of(request), entry, work, *values, **named)


async def change_as(
    request: Request,
    actor: Actor,
    entry: Entry,
    work: Callable[Concatenate[Connection, Values], Found],
    *values: Values.args,
    **named: Values.kwargs,
) -> Found:
    """The same where the route is public, and who does it is known otherwise."""
    office = office_of(request)

    def both(connection: Connection) -> tuple[Found, object]:
        found = work(connection, *values, **named)
        return found, office.trail.append(connection, actor, entry)

    found, written = await office.database.write(both)
    office.trail.tell(written)
    return found


async def note(request: Request, entry: Entry, tenant: str = "") -> None:
    """Keep an entry about something that changed nothing, such as a failed sign-in. ``tenant``: whose, when nobody is known."""
    office = office_of(request)
    actor = actor_of(request)
    written = await office.database.write(office.trail.append, actor._replace(tenant=actor.tenant or tenant), entry)
    office.trail.tell(written)
