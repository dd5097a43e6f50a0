"""Token routes: tokens that others issue and that shall count no more, for the caller's own tenant.

Operators only, by permission. What verifies tokens is not here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from torana.control.admission import room
from torana.control.asking import needs
from torana.control.audit.entries import Entry
from torana.control.changes import note
from torana.control.office import Office
from torana.control.tokens.shapes import RevokeAnswer, RevokeAsk
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.core.tokens import BY_ID, BY_SUBJECT, Revocation

router = room("tokens")

MayRevoke = Annotated[Caller, Depends(needs("tokens.revoke"))]


@router.post("/tokens/revoke", response_model=RevokeAnswer)
async def revoke(request: Request, asked: RevokeAsk, caller: MayRevoke) -> RevokeAnswer:
    """End one token, or all tokens of a subject that were issued before a moment. Every replica knows within a second."""
    office: Office = request.app.state.office
    row = revocation(asked, caller.tenant, office.now())
    await office.revoke(caller, row)
    told = {"kind": row.kind, "named": row.value, "issuer": row.issuer}
    await note(
        request, Entry("security", "tokens.revoke", f"token:{row.value}" if asked.jti else f"user:{row.value}", told)
    )
    before = datetime.fromtimestamp(row.before, UTC) if row.kind == BY_SUBJECT else None
    return RevokeAnswer(status="revoked", jti=asked.jti, subject=asked.subject, before=before, issuer=row.issuer)


def revocation(asked: RevokeAsk, tenant: str, now: float) -> Revocation:
    """The row. Raises GatewayError REQUEST_INVALID for what means nothing, or all tokens of the future."""
    if (asked.jti is None) == (asked.subject is None):
        raise GatewayError("REQUEST_INVALID", "Name one of jti and subject.")
    expires_at = asked.expires_at.timestamp() if asked.expires_at else None
    if asked.jti is not None:
        if asked.before is not None:
            raise GatewayError("REQUEST_INVALID", "before goes with subject.", details={"field": "before"})
        return Revocation(tenant, BY_ID, asked.jti, 0.0, asked.issuer, expires_at)
    if expires_at is not None:
        raise GatewayError("REQUEST_INVALID", "expires_at goes with jti.", details={"field": "expires_at"})
    before = asked.before.timestamp() if asked.before else now
    if before > now:
        message = "before lies in the future: whoever signs in again would be refused until then."
        raise GatewayError("REQUEST_INVALID", message, details={"field": "before"})
    return Revocation(tenant, BY_SUBJECT, str(asked.subject), before, asked.issuer)
