"""Keeps in the audit trail who asked for a change that they may not make.

It denies nothing itself. Called by the application, where refusals are told.
"""

from __future__ import annotations

from contextlib import suppress

from fastapi import Request

from torana.control.admission import HARMLESS
from torana.control.audit.entries import Entry
from torana.control.changes import note
from torana.core.errors import GatewayError

ACTION = "admin.denied"


async def keep_denial(request: Request, error: GatewayError) -> None:
    """Keep it, where somebody known asked for a change; what is read and not shown is none.

    While the database is away they are denied all the same.
    """
    asker = getattr(request.state, "principal", None)
    if error.code != "PERMISSION_DENIED" or asker is None or request.method in HARMLESS:
        return
    route = request.scope.get("route")
    told = {"path": request.url.path, "why": error.message}
    entry = Entry("security", ACTION, f"route:{request.method} {getattr(route, 'path', '')}", told, "denied")
    with suppress(GatewayError):
        await note(request, entry)
