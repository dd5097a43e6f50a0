"""What whoever writes about people may write: in which department and team, with which role.

Pure. Administrators write for their tenant; managers for their department or team, and make no one mightier than a user.
Called by the people, key and sign-in rooms.
"""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request

from torana.control.auth.people_rows import role_of_comers
from torana.control.changes import office_of
from torana.control.people_desk import Place
from torana.control.permissions import ADMIN, MANAGER, OPERATOR, ROLES, SERVICE, USER
from torana.control.principal import Principal
from torana.core.errors import GatewayError


class Home(NamedTuple):
    """Where somebody belongs."""

    department: str
    team: str


def place_of(request: Request, tenant: str) -> Place:
    """The tenant in force; one that no process has seen yet has nothing beneath it."""
    empty = Place(tenant, "", suspended=False, departments={}, teams={}, in_file=False)
    return office_of(request).people.places().get(tenant, empty)


def home_of(request: Request, principal: Principal, department: str, team: str) -> Home:
    """Department and team that somebody is put into; a manager's own where nothing is said.

    Raises GatewayError REQUEST_INVALID for names that the tenant does not have, PERMISSION_DENIED beyond the reach.
    """
    reach = principal.reach
    if not department and not team:
        department, team = reach.department, reach.team
    home = home_in(place_of(request, principal.tenant), department, team)
    demand_within(principal, home)
    return home


def home_in(place: Place, department: str, team: str) -> Home:
    """Department and team in a tenant; the department is that of the team where none is said.

    Raises GatewayError REQUEST_INVALID for names that the tenant does not have.
    """
    for field, name, known in (("department", department, place.departments), ("team", team, place.teams)):
        if name and name not in known:
            raise invalid(field, f"the tenant has no {field} of this id")
    above = place.teams.get(team, "")
    if department and above and above != department:
        raise invalid("department", "the team belongs to another department; leave it out")
    return Home(department or above, team)


def demand_within(principal: Principal, home: Home) -> None:
    """Raise GatewayError PERMISSION_DENIED when a row there is not for this principal to write."""
    reach = principal.reach._replace(user="")
    if not reach.covers(home.department, home.team):
        raise GatewayError("PERMISSION_DENIED", "This is beyond your department or team.")


def demand_role(principal: Principal, role: str) -> None:
    """Raise GatewayError PERMISSION_DENIED for a role that this principal gives nobody."""
    if role not in given_by(principal):
        allowed = ", ".join(sorted(given_by(principal)))
        message = f"role: you may give only: {allowed or 'none'}."
        raise GatewayError("PERMISSION_DENIED", message, details={"field": "role"})


def given_by(principal: Principal) -> frozenset[str]:
    """The roles that somebody may give, and whose bearers they may change."""
    if principal.operator or principal.role in (OPERATOR, ADMIN):
        return frozenset(ROLES)
    return frozenset({USER, SERVICE}) if principal.role == MANAGER else frozenset()


async def role_left_out(request: Request, principal: Principal) -> str:
    """The role of somebody new of whom none is said: that of the tenant's settings, where this principal may give it."""
    role = await office_of(request).database.read(role_of_comers, principal.tenant)
    return role if role in given_by(principal) else USER


def invalid(field: str, why: str) -> GatewayError:
    """A field that cannot be taken."""
    return GatewayError("REQUEST_INVALID", f"{field}: {why}.", param=field, details={"field": field})


def unknown(what: str) -> GatewayError:
    """What is not there, not in this tenant, or not within reach: all three are told alike."""
    return GatewayError("NOT_FOUND", f"There is no such {what}.")


def conflict(message: str) -> GatewayError:
    """What cannot be as things are."""
    return GatewayError("CONFLICT", message)
