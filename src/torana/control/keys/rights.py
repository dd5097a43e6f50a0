"""What whoever makes keys may give them: owner, place, permissions; never more than they have themselves.

Called by the key routes.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request

from torana.control.changes import office_of
from torana.control.keys.queries import Key, user_status
from torana.control.keys.shapes import KeyAsk
from torana.control.people.rights import Home, given_by, home_of, invalid
from torana.control.permissions import NAMES, OPERATOR, ROLES, SERVICE, USER, expanded, of_role
from torana.control.policies.rights import name_within, sees
from torana.control.principal import Principal
from torana.control.sessions import owner_role
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
        if user != principal.user and (found is None or not principal.reach.covers(found[2], found[3], user)):
            raise invalid("user", "the tenant has nobody of this id")
        await demand_no_mightier_owner(request, principal, user)
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
    kept = sorted(set(wanted))
    for one in kept:
        role = one.removeprefix("role:")
        if one not in NAMES and (one == role or role not in ROLES):
            raise invalid("permissions", f"there is no permission {one[:64]!r}")
    more = expanded(kept) - owned(principal)
    if more:
        raise GatewayError(
            "PERMISSION_DENIED",
            f"permissions: you cannot give {', '.join(sorted(more)[:5])}.",
            details={"field": "permissions"},
        )
    return kept


def owned(principal: Principal) -> frozenset[str]:
    """What somebody may give a key: what their role has, without what they were granted for a while."""
    role = OPERATOR if principal.operator else principal.role
    return of_role(role) if principal.role else principal.permissions


async def demand_no_mightier(request: Request, principal: Principal, key: Key) -> None:
    """Raise GatewayError PERMISSION_DENIED for a key whose secret would give this principal more than they have."""
    if key.user and key.user == principal.user:
        return  # it has no more than its owner, whatever it says
    more = expanded(key.permissions) - owned(principal)
    if more:
        message = f"This key may do what you may not: {', '.join(sorted(more)[:5])}. Whoever may does this."
        raise GatewayError("PERMISSION_DENIED", message, details={"permission": min(more)})
    await demand_no_mightier_owner(request, principal, key.user)


async def demand_no_mightier_owner(request: Request, principal: Principal, user: str) -> None:
    """Raise GatewayError PERMISSION_DENIED when a manager would act as somebody whom they could not change."""
    if not user or user == principal.user or not principal.role:
        return
    found = await office_of(request).database.read(owner_role, principal.tenant, user)
    if found is not None and (found[0] not in given_by(principal) or (found[1] and not principal.operator)):
        message = "Its owner has a role that you do not give: they, or an administrator, do this."
        raise GatewayError("PERMISSION_DENIED", message, details={"field": "user"})


def policy_named(request: Request, principal: Principal, name: str) -> str:
    """The policy as it is kept. Raises GatewayError REQUEST_INVALID for one that there is not, or that is another tenant's."""
    rows = office_of(request).policies.rows()
    kept_as = name_within(principal.caller, name, rows) if name else ""
    if name and not any(row.name == kept_as and sees(principal.caller, row) for row in rows):
        raise invalid("policy", "there is no policy of this name")
    return kept_as
