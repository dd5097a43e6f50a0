"""What whoever makes keys may give them: owner, place, permissions; never more than they have themselves.

Called by the key routes.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request

from torana.control.changes import office_of
from torana.control.keys.queries import user_status
from torana.control.keys.shapes import KeyAsk
from torana.control.people.rights import Home, home_of, invalid
from torana.control.permissions import NAMES, OPERATOR, ROLES, SERVICE, USER, expanded, of_role
from torana.control.policies.rights import sees
from torana.control.principal import Principal
from torana.core.errors import GatewayError


async def owner_of(request: Request, principal: Principal, asked: KeyAsk) -> tuple[str, Home]:
    """The owner and the place of a new key. Raises GatewayError REQUEST_INVALID, PERMISSION_DENIED."""
    own = principal.role in (USER, SERVICE)
    user = asked.user if asked.user is not None else "" if asked.team and not own else principal.user
    if own and user != principal.user:
        raise GatewayError("PERMISSION_DENIED", "You make keys for yourself only.", details={"field": "user"})
    department, team = asked.department, asked.team
    if user:
        found = await office_of(request).database.read(user_status, principal.tenant, user)
        if found is None and user != principal.user:
            raise invalid("user", "the tenant has nobody of this id")
        if found is not None and found[0] == "suspended":
            raise invalid("user", "is suspended")
        home = found[2:] if found is not None else (principal.caller.department, principal.caller.team)
        if own and (department or home[0], team or home[1]) != tuple(home):
            raise GatewayError("PERMISSION_DENIED", "Your keys are of your own team.", details={"field": "team"})
        if not department and not team:
            department, team = home
    place = home_of(request, principal, department, team)
    return user, place


def permissions_of(principal: Principal, wanted: Iterable[str]) -> list[str]:
    """The permissions of a key, as they are kept. Raises GatewayError for unknown ones and such as the maker has not."""
    mine = of_role(OPERATOR if principal.operator else principal.role) if principal.role else principal.permissions
    kept = sorted(set(wanted))
    for one in kept:
        role = one.removeprefix("role:")
        if one not in NAMES and (one == role or role not in ROLES):
            raise invalid("permissions", f"there is no permission {one[:64]!r}")
    more = expanded(kept) - mine
    if more:
        raise GatewayError(
            "PERMISSION_DENIED",
            f"permissions: you cannot give {', '.join(sorted(more)[:5])}.",
            details={"field": "permissions"},
        )
    return kept


def demand_policy(request: Request, principal: Principal, name: str) -> None:
    """Raise GatewayError REQUEST_INVALID for a policy that there is not, or that is another tenant's."""
    rows = office_of(request).policies.rows()
    if name and not any(row.name == name and sees(principal.caller, row) for row in rows):
        raise invalid("policy", "there is no policy of this name")
