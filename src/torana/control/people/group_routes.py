"""Department and team routes: making, changing, removing them, and who is in them.

Those of the configuration are shown, and changed there. Managers write teams of their own department only.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request

from torana.control.admission import Asking, room
from torana.control.people.groups import add, drop, one, page, put_in, rewrite, take_out, who
from torana.control.people.rights import Home, demand_within, invalid, place_of
from torana.control.people.shapes import (
    DepartmentAsk,
    GroupPut,
    Groups,
    GroupShown,
    MemberAsk,
    Members,
    MemberShown,
    Removed,
    TeamAsk,
    TeamPut,
)
from torana.control.people.tenant_routes import Cursor, Most
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError

router = room("departments and teams")
WRITTEN = refusals("NOT_FOUND", "CONFLICT")
Cascade = Annotated[bool, Query(description="people, keys and teams in it are in none then")]


@router.get("/departments", response_model=Groups, responses=refusals())
async def departments(request: Request, principal: Asking, limit: Most = 50, cursor: Cursor = "") -> Groups:
    """The departments within one's reach, by id."""
    return await page(request, principal, "department", limit, cursor)


@router.post("/departments", response_model=GroupShown, status_code=201, responses=WRITTEN)
async def add_department(request: Request, asked: DepartmentAsk, principal: Asking) -> GroupShown:
    """Make a department."""
    return await add(request, principal, "department", (asked.id, asked.name, ""))


@router.get("/departments/{department_id}", response_model=GroupShown, responses=refusals("NOT_FOUND"))
async def department(request: Request, department_id: str, principal: Asking) -> GroupShown:
    """One department."""
    return await one(request, principal, "department", department_id)


@router.put("/departments/{department_id}", response_model=GroupShown, responses=WRITTEN)
async def put_department(request: Request, department_id: str, asked: GroupPut, principal: Asking) -> GroupShown:
    """Give a department another name."""
    return await rewrite(request, principal, "department", (department_id, asked.name, None))


@router.delete("/departments/{department_id}", response_model=Removed, responses=WRITTEN)
async def drop_department(request: Request, department_id: str, principal: Asking, cascade: Cascade = False) -> Removed:
    """Remove a department; one with people, keys or teams in it only by `cascade=true`."""
    return await drop(request, principal, "department", department_id, cascade)


@router.get("/departments/{department_id}/members", response_model=Members, responses=refusals("NOT_FOUND"))
async def department_members(
    request: Request, department_id: str, principal: Asking, limit: Most = 50, cursor: Cursor = ""
) -> Members:
    """Who is in a department."""
    return await who(request, principal, "department", department_id, (cursor, limit))


@router.put("/departments/{department_id}/members/{user_id}", response_model=MemberShown, responses=WRITTEN)
async def put_department_member(
    request: Request, department_id: str, user_id: str, asked: MemberAsk, principal: Asking
) -> MemberShown:
    """Put somebody into a department, or change their part in it."""
    return await put_in(request, principal, "department", (department_id, user_id), asked.role)


@router.delete("/departments/{department_id}/members/{user_id}", response_model=Removed, responses=WRITTEN)
async def drop_department_member(request: Request, department_id: str, user_id: str, principal: Asking) -> Removed:
    """Take somebody out of a department."""
    return await take_out(request, principal, "department", (department_id, user_id))


@router.get("/teams", response_model=Groups, responses=refusals())
async def teams(request: Request, principal: Asking, limit: Most = 50, cursor: Cursor = "") -> Groups:
    """The teams within one's reach, by id."""
    return await page(request, principal, "team", limit, cursor)


@router.post("/teams", response_model=GroupShown, status_code=201, responses=WRITTEN)
async def add_team(request: Request, asked: TeamAsk, principal: Asking) -> GroupShown:
    """Make a team; a manager's is of their department."""
    reach = principal.reach
    above = asked.department or reach.department
    if reach.team or reach.nobody:
        raise GatewayError("PERMISSION_DENIED", "Managers of one team make no others.")
    demand_within(principal, Home(above, ""))
    if above and above not in place_of(request, principal.tenant).departments:
        raise invalid("department", "the tenant has no department of this id")
    return await add(request, principal, "team", (asked.id, asked.name, above))


@router.get("/teams/{team_id}", response_model=GroupShown, responses=refusals("NOT_FOUND"))
async def team(request: Request, team_id: str, principal: Asking) -> GroupShown:
    """One team."""
    return await one(request, principal, "team", team_id)


@router.put("/teams/{team_id}", response_model=GroupShown, responses=WRITTEN)
async def put_team(request: Request, team_id: str, asked: TeamPut, principal: Asking) -> GroupShown:
    """Give a team another name or department. Its people and keys go with it."""
    place = place_of(request, principal.tenant)
    if asked.department is not None:
        if principal.reach.team and asked.department != place.teams.get(team_id):
            raise GatewayError("PERMISSION_DENIED", "department: somebody above you moves your team.")
        demand_within(principal, Home(asked.department, team_id))
        if asked.department and asked.department not in place.departments:
            raise invalid("department", "the tenant has no department of this id")
    return await rewrite(request, principal, "team", (team_id, asked.name or "", asked.department))


@router.delete("/teams/{team_id}", response_model=Removed, responses=WRITTEN)
async def drop_team(request: Request, team_id: str, principal: Asking, cascade: Cascade = False) -> Removed:
    """Remove a team; one with people or keys in it only by `cascade=true`."""
    return await drop(request, principal, "team", team_id, cascade)


@router.get("/teams/{team_id}/members", response_model=Members, responses=refusals("NOT_FOUND"))
async def team_members(
    request: Request, team_id: str, principal: Asking, limit: Most = 50, cursor: Cursor = ""
) -> Members:
    """Who is in a team."""
    return await who(request, principal, "team", team_id, (cursor, limit))


@router.put("/teams/{team_id}/members/{user_id}", response_model=MemberShown, responses=WRITTEN)
async def put_team_member(
    request: Request, team_id: str, user_id: str, asked: MemberAsk, principal: Asking
) -> MemberShown:
    """Put somebody into a team, or change their part in it."""
    return await put_in(request, principal, "team", (team_id, user_id), asked.role)


@router.delete("/teams/{team_id}/members/{user_id}", response_model=Removed, responses=WRITTEN)
async def drop_team_member(request: Request, team_id: str, user_id: str, principal: Asking) -> Removed:
    """Take somebody out of a team."""
    return await take_out(request, principal, "team", (team_id, user_id))
