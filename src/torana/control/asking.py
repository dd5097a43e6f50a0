"""The Caller of an admin route, for those that hand it on to the data plane's rooms.

Whether they may was decided by ``admission``; what they are asked for here is asked again, so that a slip in the table
opens nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from fastapi import Request

from torana.control.principal import Principal, denied
from torana.core.tickets import Caller


def needs(permission: str) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the Caller, who has ``permission``. Raises GatewayError PERMISSION_DENIED."""
    return needs_one(permission)


def needs_one(*permissions: str) -> Callable[[Request], Awaitable[Caller]]:
    """The same with one of several permissions."""

    async def caller(request: Request) -> Caller:
        principal: Principal = request.state.principal
        if not principal.may(*permissions):
            raise denied(permissions, principal)
        return permitted(principal)

    return caller


def permitted(principal: Principal) -> Caller:
    """The Caller, its key with all permissions that its role brings."""
    return replace(principal.caller, key=replace(principal.caller.key, permissions=principal.permissions))
