"""Who may use an admin route: one dependency that names the permission, deny by default.

It identifies by the same gate as the data plane. Every route of the control plane names its permission
through ``needs``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request

from torana.control.office import Office
from torana.core.errors import GatewayError
from torana.core.tickets import Caller
from torana.line.identify import CREDENTIAL_HEADERS


def needs(permission: str) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the Caller, who has ``permission``. Raises GatewayError, PERMISSION_DENIED included."""
    return needs_one(permission)


def needs_one(*permissions: str) -> Callable[[Request], Awaitable[Caller]]:
    """The same with one of several permissions."""

    async def caller(request: Request) -> Caller:
        office: Office = request.app.state.office
        credentials = [(name, value) for name, value in request.headers.items() if name in CREDENTIAL_HEADERS]
        found = await office.identify(credentials, request.client.host if request.client else "")
        if not found.key.permissions.intersection(permissions):
            wanted = " or ".join(map(repr, permissions))
            raise GatewayError(
                "PERMISSION_DENIED",
                f"This needs the permission {wanted}, which the key {found.key.prefix} does not have.",
                details={"permission": permissions[0]},
            )
        return found

    return caller
