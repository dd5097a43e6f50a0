"""Writing policies: kept with its entry in the audit trail in one transaction, or waiting for a second pair of eyes.

It decides nobody's rights (``rights`` does). Called by the policy routes and by approvals.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse

from torana.control.approvals.asking import POLICIES, ask, waits
from torana.control.approvals.shapes import shown as shown_approval
from torana.control.audit.entries import Entry
from torana.control.changes import actor_of, office_of
from torana.control.objects.writes import Before, nothing
from torana.control.policies.rights import name_told, told_to
from torana.control.policies.shapes import PolicyShown, shown_stored
from torana.control.principal import Principal
from torana.ports.database import Connection
from torana.ports.policies import StoredPolicy


async def written(request: Request, row: StoredPolicy) -> PolicyShown | JSONResponse:
    """The policy as it was kept, or (202) the approval that it waits for."""
    principal: Principal = request.state.principal
    if not await waits(request, principal, POLICIES):
        return shown_stored(await put(request, row), told_to(principal.caller))
    wanted = {"name": row.name, "tenant": row.tenant, "document": row.document, "version": row.version}
    approval = await ask(request, principal, POLICIES, f"policy:{name_told(row.name, row.tenant)}", wanted)
    shown = shown_approval(approval, office_of(request).now())
    return JSONResponse(shown.model_dump(mode="json"), status_code=202)


async def put(request: Request, row: StoredPolicy, first: Before = nothing) -> StoredPolicy:
    """Keep the policy. ``first``: done in the same transaction. Raises GatewayError as ``PolicyBook.write`` does."""
    office, actor = office_of(request), actor_of(request)
    action = "policies.withdraw" if row.document is None else "policies.write"
    fields = None if row.document is None else sorted(row.document)
    entry = Entry("policy", action, f"policy:{row.name}", {"tenant": row.tenant, "fields": fields})

    told: list[object] = []

    def beside(connection: Connection) -> None:
        first(connection)
        told.append(office.trail.append(connection, actor, entry))

    kept = await office.policies.write(row, beside)
    for one in told:
        office.trail.tell(one)
    return kept
