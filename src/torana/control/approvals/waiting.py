"""A change that whoever asked makes themselves, once it was approved: asked for first, then used once.

It makes no change. Called by routes whose answer only whoever asked may see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from torana.control.approvals.asking import ask, asker, waits
from torana.control.approvals.queries import canonical, one, spend
from torana.control.approvals.shapes import ApprovalShown, shown
from torana.control.audit.entries import Entry
from torana.control.changes import change, office_of
from torana.control.principal import Principal
from torana.core.errors import GatewayError

WAITS: dict[int | str, dict[str, Any]] = {
    202: {"model": ApprovalShown, "description": "Somebody else must approve it first (`four_eyes` of the tenant)."}
}


async def awaited(
    request: Request, action: str, target: str, wanted: Mapping[str, Any], approval_id: str
) -> JSONResponse | None:
    """None: it may be made now; else (202) the approval that it waits for. An approval is used up by this.

    Raises GatewayError NOT_FOUND, CONFLICT for an approval that is of something else, not given, or used before.
    """
    principal: Principal = request.state.principal
    office = office_of(request)
    if not await waits(request, principal, action):
        return None
    if not approval_id:
        approval = await ask(request, principal, action, target, wanted)
        return JSONResponse(shown(approval, office.now()).model_dump(mode="json"), status_code=202)
    there = await office.database.read(one, principal.tenant, approval_id)
    if there is None:
        raise GatewayError("NOT_FOUND", "There is no approval of this id.", param="approval")
    meant = there._replace(action=action, asked=canonical(wanted), asked_by=await asker(request, principal))
    entry = Entry("security", "approvals.use", f"approval:{approval_id}", {"action": action})
    await change(request, entry, spend, meant, office.now())
    return None
