"""Departments and teams alike: what their routes do, within the reach of whoever asks.

What is beyond it is told like what there is not. Called by ``group_routes``.
"""

from __future__ import annotations

import re

from fastapi import Request

from torana.control.audit.entries import Entry
from torana.control.auth.people_rows import Person, by_id, one_change_of_people
from torana.control.changes import change, office_of
from torana.control.people import queries
from torana.control.people.rights import conflict, given_by, place_of, unknown
from torana.control.people.shapes import Groups, GroupShown, Members, MemberShown, Removed
from torana.control.people.user_queries import end_tokens
from torana.control.people_desk import Place
from torana.control.principal import Principal
from torana.core.errors import GatewayError
from torana.ports.database import Connection


def here(place: Place, kind: str) -> dict[str, str]:
    """The tenant's departments or teams: id → the department that it is, or is in."""
    return {one: one for one in place.departments} if kind == "department" else dict(place.teams)


def in_file(place: Place, kind: str) -> frozenset[str]:
    """Those that stand in the configuration."""
    return place.file_departments if kind == "department" else place.file_teams


def sees(principal: Principal, kind: str, group: str, department: str) -> bool:
    """Whether it is within reach: people without one see their own."""
    reach, caller = principal.reach, principal.caller
    if reach.user:
        return group == (caller.team if kind == "team" else caller.department)
    if kind == "department":
        return reach.covers(department=group, team=reach.team) and not reach.team
    return reach.covers(department=department if reach.department else "", team=group if reach.team else "")


def demand_seen(request: Request, principal: Principal, kind: str, group: str) -> Place:
    """The tenant, when the group is there and within reach. Raises GatewayError NOT_FOUND."""
    place = place_of(request, principal.tenant)
    known = here(place, kind)
    if group not in known or not sees(principal, kind, group, known[group]):
        raise unknown(kind)
    return place


async def page(request: Request, principal: Principal, kind: str, limit: int, cursor: str) -> Groups:
    """Those within reach, by id."""
    place = place_of(request, principal.tenant)
    known = here(place, kind)
    names = [name for name in sorted(known) if name > cursor and sees(principal, kind, name, known[name])]
    read = office_of(request).database.read
    written, heads = (
        await read(queries.group_names, kind, place.tenant),
        await read(queries.head_counts, kind, place.tenant),
    )
    items = [shown(place, kind, name, written, heads.get(name, 0)) for name in names[:limit]]
    return Groups(items=items, next_cursor=names[limit - 1] if len(names) > limit else None)


async def one(request: Request, principal: Principal, kind: str, group: str) -> GroupShown:
    """One. Raises GatewayError NOT_FOUND."""
    place = demand_seen(request, principal, kind, group)
    read = office_of(request).database.read
    written, heads = (
        await read(queries.group_names, kind, place.tenant),
        await read(queries.head_counts, kind, place.tenant),
    )
    return shown(place, kind, group, written, heads.get(group, 0))


async def add(request: Request, principal: Principal, kind: str, row: tuple[str | None, str, str]) -> GroupShown:
    """Make one (id, name, department). Raises GatewayError CONFLICT."""
    office = office_of(request)
    given, name, department = row
    group = given or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or office.new_id(f"{kind}-")
    if group in here(place_of(request, principal.tenant), kind):
        raise conflict(f"The tenant has a {kind} of the id {group!r}. Give another id.")

    def work(connection: Connection) -> None:
        if not queries.add_group(connection, kind, principal.tenant, (group, name, department), office.now()):
            raise conflict(f"The tenant has a {kind} of the id {group!r}. Give another id.")

    await change(request, Entry("admin", f"{kind}s.create", f"{kind}:{group}", {"name": name}), work)
    await office.people.catch_up()
    return await one(request, principal, kind, group)


async def rewrite(request: Request, principal: Principal, kind: str, row: tuple[str, str, str | None]) -> GroupShown:
    """Change name or department of one. Raises GatewayError NOT_FOUND, CONFLICT for one of the file."""
    group, now = row[0], office_of(request).now()
    demand_stored(request, principal, kind, group)

    def work(connection: Connection) -> None:
        if not queries.change_group(connection, kind, principal.tenant, row):
            raise unknown(kind)
        if row[2] is not None:
            end_tokens_of(
                connection, principal.tenant, queries.people_of(connection, kind, principal.tenant, group), now
            )

    await change(request, Entry("admin", f"{kind}s.update", f"{kind}:{group}"), work)
    await office_of(request).people.catch_up()
    return await one(request, principal, kind, group)


async def drop(request: Request, principal: Principal, kind: str, group: str, cascade: bool) -> Removed:
    """Remove one. Raises GatewayError NOT_FOUND, CONFLICT."""
    demand_stored(request, principal, kind, group)
    if group in (principal.reach.department, principal.reach.team):
        raise conflict(f"You manage this {kind}: somebody above you removes it.")
    await demand_unnamed(request, principal.tenant, kind, group)

    def work(connection: Connection) -> None:
        there = queries.people_of(connection, kind, principal.tenant, group)
        left = queries.hangs_on_group(connection, kind, principal.tenant, group)
        if left and not cascade:
            told = ", ".join(f"{count} {name}" for name, count in left.items())
            message = f"The {kind} has {told}. Move them, or say cascade=true."
            raise GatewayError("CONFLICT", message, details=dict(left))
        if not queries.drop_group(connection, kind, principal.tenant, group):
            raise unknown(kind)
        end_tokens_of(connection, principal.tenant, there, office_of(request).now())

    await change(request, Entry("admin", f"{kind}s.delete", f"{kind}:{group}", {"cascade": cascade}), work)
    await office_of(request).people.catch_up()
    return Removed(status="removed")


async def demand_unnamed(request: Request, tenant: str, kind: str, group: str = "") -> None:
    """Raise GatewayError CONFLICT while policies, limits or budgets are about it: they would fit nothing any more."""
    named = await office_of(request).people.named_by(tenant, kind, group)
    if named:
        message = f"Still about the {kind or 'tenant'}: {', '.join(named[:5])}. Change or withdraw that first."
        raise GatewayError("CONFLICT", message, details={"named_by": list(named[:100])})


async def who(request: Request, principal: Principal, kind: str, group: str, after: tuple[str, int]) -> Members:
    """Who is in one, by user id."""
    place = demand_seen(request, principal, kind, group)
    rows = await office_of(request).database.read(queries.members, kind, place.tenant, group, after)
    items = [MemberShown(user=row[0], email=row[1], name=row[2], role=row[3], main=bool(row[4])) for row in rows]
    return Members(items=items, next_cursor=items[-1].user if len(items) == after[1] else None)


async def put_in(request: Request, principal: Principal, kind: str, place: tuple[str, str], role: str) -> MemberShown:
    """Put somebody (group, user) into one. Raises GatewayError NOT_FOUND."""
    office = office_of(request)
    group, user = place
    seen = demand_seen(request, principal, kind, group)
    above = seen.teams[group] if kind == "team" else ""

    def work(connection: Connection) -> MemberShown:
        one_change_of_people(connection)
        before = changeable(connection, principal, user)
        # Who is in none is beyond every department: else a manager would take anybody, and their password and keys with them.
        if not reaches(principal, before.department, before.team):
            raise unknown("user")
        queries.put_member(connection, kind, (principal.tenant, group, user), role, office.now(), above)
        person = moved(connection, before, office.now())
        main = (person.team if kind == "team" else person.department) == group
        return MemberShown(
            user=user, email=person.email, name=person.name, role="lead" if role == "lead" else "member", main=main
        )

    entry = Entry("admin", f"{kind}s.members.put", f"{kind}:{group}", {"user": user, "role": role})
    found = await change(request, entry, work)
    await office.people.catch_up()
    return found


async def take_out(request: Request, principal: Principal, kind: str, place: tuple[str, str]) -> Removed:
    """Take somebody out of one. Raises GatewayError NOT_FOUND."""
    office = office_of(request)
    group, user = place
    demand_seen(request, principal, kind, group)

    def work(connection: Connection) -> None:
        one_change_of_people(connection)
        before = changeable(connection, principal, user)
        if not queries.drop_member(connection, kind, (principal.tenant, group, user), office.now()):
            raise unknown("member")
        moved(connection, before, office.now())

    await change(request, Entry("admin", f"{kind}s.members.delete", f"{kind}:{group}", {"user": user}), work)
    await office.people.catch_up()
    return Removed(status="removed")


def end_tokens_of(connection: Connection, tenant: str, people: list[str], now: float) -> None:
    """Tokens that say the place where these people were count no more."""
    for user in people:
        end_tokens(connection, tenant, user, now)


def moved(connection: Connection, before: Person, now: float) -> Person:
    """The person as they are now; tokens that say another place count no more."""
    person = by_id(connection, before.tenant, before.id) or before
    if (person.department, person.team) != (before.department, before.team):
        end_tokens(connection, before.tenant, before.id, now)
    return person


def changeable(connection: Connection, principal: Principal, user: str) -> Person:
    """A user of the tenant who is no mightier than what this principal gives. Raises GatewayError NOT_FOUND."""
    person = by_id(connection, principal.tenant, user)
    if person is None or person.role not in given_by(principal):
        raise unknown("user")
    return person


def reaches(principal: Principal, department: str, team: str) -> bool:
    """Whether somebody of this place is within reach."""
    return principal.reach.covers(department, team, principal.reach.user)


def demand_stored(request: Request, principal: Principal, kind: str, group: str) -> None:
    """Raise GatewayError NOT_FOUND, or CONFLICT for one of the configuration."""
    place = demand_seen(request, principal, kind, group)
    if group in in_file(place, kind):
        raise conflict(f"This {kind} stands in the configuration file. Change it there.")


def shown(place: Place, kind: str, group: str, written: dict[str, str], members: int) -> GroupShown:
    """One as it is shown."""
    name = written.get(group) or (place.departments.get(group, "") if kind == "department" else "")
    return GroupShown(
        id=group,
        name=name or group,
        department=here(place, kind)[group],
        source="file" if group in in_file(place, kind) else "stored",
        members=members,
    )
