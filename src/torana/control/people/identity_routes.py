"""Identity routes: who a user is at identity providers, and an end of that, after which their address finds them again.

Whoever was made anew at a provider has another name there, and is refused until the old one is unlinked.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.auth.people_rows import Ending, end_sessions
from torana.control.changes import change, office_of
from torana.control.people import user_queries as queries
from torana.control.people.rights import unknown
from torana.control.people.shapes import Removed
from torana.control.people.user_routes import demand_changeable, there
from torana.control.people.user_shapes import Identities, IdentityShown
from torana.control.shapes_errors import refusals
from torana.control.sso import queries as sso
from torana.ports.database import Connection

router = room("users")


@router.get("/users/{user_id}/identities", response_model=Identities, responses=refusals("NOT_FOUND"))
async def identities(request: Request, user_id: str, principal: Asking) -> Identities:
    """The providers by which a user signs in, and who they are there."""
    read = office_of(request).database.read
    user = there(await read(queries.one, principal.reach, user_id))
    return Identities(items=[shown(one) for one in await read(sso.identities, user.tenant, user.id)])


@router.delete("/users/{user_id}/identities/{provider}", response_model=Removed, responses=refusals("NOT_FOUND"))
async def unlink(request: Request, user_id: str, provider: str, principal: Asking) -> Removed:
    """Forget who a user is at a provider. Their sessions that began by it end; whoever comes by it next with their verified
    address is them.
    """
    office = office_of(request)
    user = there(await office.database.read(queries.one, principal.reach, user_id))
    demand_changeable(principal, user)

    def work(connection: Connection) -> Removed:
        if not sso.unlink(connection, user.tenant, provider, user.id):
            raise unknown("identity")
        ended = 0
        for session in sso.sessions_by(connection, user.tenant, provider, user.id):
            ending = Ending(office.now(), "unlinked from the provider", only=session)
            ended += len(end_sessions(connection, user.tenant, user.id, ending))
        return Removed(status="unlinked", sessions_ended=ended)

    entry = Entry("security", "users.identities.unlink", f"user:{user.id}", {"provider": provider})
    removed = await change(request, entry, work)
    await office.people.catch_up()
    return removed


def shown(one: sso.Identity) -> IdentityShown:
    """One as it is shown."""
    return IdentityShown(
        provider=one.provider,
        provider_name=one.name,
        subject=one.subject,
        linked_at=datetime.fromtimestamp(one.linked_at, UTC),
        last_at=datetime.fromtimestamp(one.last_at, UTC),
    )
