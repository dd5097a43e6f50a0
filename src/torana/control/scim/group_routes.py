"""SCIM routes of groups (RFC 7644, section 3). Who is in which has the role and the teams that the role maps say.

Groups are the provider's; teams and departments are ours, and are not made here.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.auth.people_rows import one_change_of_people
from torana.control.changes import change, office_of
from torana.control.principal import Principal
from torana.control.scim import rows
from torana.control.scim.answers import Listed, Shown, demand_version, listed, one
from torana.control.scim.documents import Document, cleaned, wrong
from torana.control.scim.filters import asked_exactly
from torana.control.scim.patching import patched
from torana.control.scim.refusing import Refused
from torana.control.scim.resources import members_of, named, shown_group
from torana.control.scim.rows import BY_GROUP, GroupRow
from torana.control.scim.schemas import GROUPS
from torana.control.scim.shapes import GroupDocument, ListShown, PatchAsk, told_by
from torana.control.sso.groups_kept import keep_by_scim
from torana.ports.database import Connection

router = room("scim", "/scim/v2")
Wanted = Annotated[Shown, Depends()]
Members = dict[str, list[tuple[str, str]]]


@router.get("/Groups", response_model=ListShown, responses=told_by(400))
async def find(request: Request, principal: Asking, wanted: Annotated[Listed, Depends()], shown: Wanted) -> Response:
    """Groups, by filter, sorted, by pages."""
    return listed(await groups(request, principal, wanted), wanted, shown)


async def groups(request: Request, principal: Principal, wanted: Listed) -> list[Document]:
    """Those that the filter may let through."""
    asked = asked_exactly(wanted.asked, tuple(BY_GROUP)) if wanted.asked else {}
    if not asked.get("displayname", "").isascii():
        asked.pop("displayname")  # SQLite lowers ASCII only; the filter itself is asked of what is found

    def work(connection: Connection) -> tuple[list[GroupRow], Members]:
        return rows.groups(connection, principal.tenant, asked), rows.members(connection, principal.tenant)

    found, members = await office_of(request).database.read(work)
    return [shown_group(request, row, members.get(row.id, ())) for row in found]


@router.post("/Groups", response_model=GroupDocument, status_code=201, responses=told_by(400, 409))
async def create(request: Request, asked: GroupDocument, principal: Asking, shown: Wanted) -> Response:
    """Make a group of people who are here."""
    office = office_of(request)
    now, group_id = office.now(), office.new_id("grp_")
    document = cleaned(asked.sent, GROUPS)
    row = written_row(document, GroupRow(group_id, "", "", now, now, 1))

    def work(connection: Connection) -> None:
        one_change_of_people(connection)
        rows.add_group(connection, principal.tenant, row)
        moved(request, connection, principal.tenant, group_id, document)

    entry = Entry("admin", "scim.groups.create", f"group:{group_id}", {"name": row.name})
    await change(request, entry, work)
    await office.people.catch_up()
    return one(request, await resource(request, principal, group_id), GROUPS, shown, 201)


@router.get("/Groups/{group_id}", response_model=GroupDocument, responses=told_by(404))
async def read(request: Request, group_id: str, principal: Asking, shown: Wanted) -> Response:
    """One group."""
    return one(request, await resource(request, principal, group_id), GROUPS, shown)


@router.put("/Groups/{group_id}", response_model=GroupDocument, responses=told_by(400, 404, 409, 412))
async def put(request: Request, group_id: str, asked: GroupDocument, principal: Asking, shown: Wanted) -> Response:
    """Write a group anew, members too."""
    document = cleaned(asked.sent, GROUPS)
    return await written(request, principal, group_id, shown, lambda before: document)


@router.patch("/Groups/{group_id}", response_model=GroupDocument, responses=told_by(400, 404, 409, 412))
async def patch(request: Request, group_id: str, asked: PatchAsk, principal: Asking, shown: Wanted) -> Response:
    """Change a group: its name, who is in it. All operations or none."""
    return await written(
        request, principal, group_id, shown, lambda before: cleaned(patched(before, asked.sent, GROUPS), GROUPS)
    )


async def written(request: Request, principal: Principal, group_id: str, shown: Shown, how: Any) -> Response:
    """The group after a change. ``how``: the resource → the document it becomes."""
    office = office_of(request)

    def work(connection: Connection) -> None:
        one_change_of_people(connection)
        before, members = there(connection, principal.tenant, group_id)
        demand_version(request, before.version)
        document = how(shown_group(request, before, members))
        rows.keep_group(connection, principal.tenant, written_row(document, before), office.now())
        moved(request, connection, principal.tenant, group_id, document, renamed=document["displayName"] != before.name)

    await change(request, Entry("admin", "scim.groups.update", f"group:{group_id}"), work)
    await office.people.catch_up()
    return one(request, await resource(request, principal, group_id), GROUPS, shown)


@router.delete("/Groups/{group_id}", status_code=204, responses=told_by(404, 412))
async def remove(request: Request, group_id: str, principal: Asking) -> Response:
    """Remove a group; who was in it stays."""
    office = office_of(request)

    def work(connection: Connection) -> None:
        one_change_of_people(connection)
        before, members = there(connection, principal.tenant, group_id)
        demand_version(request, before.version)
        rows.drop_group(connection, principal.tenant, group_id)
        left = {user for user, _ in members}
        keep_by_scim(connection, principal.tenant, left, office.people.places(), office.now())

    await change(request, Entry("admin", "scim.groups.delete", f"group:{group_id}"), work)
    await office.people.catch_up()
    return Response(status_code=204)


def moved(
    request: Request, connection: Connection, tenant: str, group_id: str, document: Document, *, renamed: bool = False
) -> None:
    """Let the members be those of the document, with the roles and teams that this brings. Raises Refused ``invalidValue``."""
    office = office_of(request)
    wanted = members_of(document)
    if not set(wanted) <= rows.people_there(connection, tenant):
        raise wrong("members", "names a user who is not here")
    changed = rows.set_members(connection, tenant, group_id, wanted)
    keep_by_scim(
        connection, tenant, changed | (set(wanted) if renamed else set()), office.people.places(), office.now()
    )


async def resource(request: Request, principal: Principal, group_id: str) -> Document:
    """A group as shown. Raises Refused 404."""

    def work(connection: Connection) -> Document:
        return shown_group(request, *there(connection, principal.tenant, group_id))

    return await office_of(request).database.read(work)


def there(connection: Connection, tenant: str, group_id: str) -> tuple[GroupRow, list[tuple[str, str]]]:
    """The group and who is in it. Raises Refused 404: not there, or of another tenant."""
    found = rows.group(connection, tenant, group_id)
    if found is None:
        raise Refused(404, "There is no such group.")
    return found, rows.members(connection, tenant, group_id).get(group_id, [])


def written_row(document: Document, before: GroupRow) -> GroupRow:
    """The row that a document makes of one. Raises Refused ``invalidValue``."""
    document["displayName"] = name = named(document, "displayName")
    return before._replace(name=name, external_id=str(document.get("externalId", "")))
