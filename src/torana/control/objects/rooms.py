"""The routes that every section of stored objects has: reading, writing, withdrawing, versions, going back.

Who may is decided in ``rights``, what fits in ``wiring``. Each section's room adds what is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from torana.control.admission import Asking
from torana.control.approvals.asking import BUDGETS, ask, waits
from torana.control.approvals.shapes import shown as shown_approval
from torana.control.approvals.waiting import WAITS
from torana.control.changes import office_of
from torana.control.cursors import no_cursor
from torana.control.objects.book import Draft, ObjectRow
from torana.control.objects.queries import at_version, history
from torana.control.objects.raises import raises
from torana.control.objects.rights import demand_reach, demand_sight, found, kept_within, owner_of, within
from torana.control.objects.shapes import (
    NamedAsk,
    ObjectAsk,
    ObjectsAnswer,
    ObjectShown,
    RestoreAsk,
    shown,
    shown_version,
)
from torana.control.objects.writes import keep
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError
from torana.ports.objects import ANY_VERSION, StoredObject

Own = Annotated[bool, Query(description="operators: the row of their own tenant, not that of everybody")]
At = Annotated[int | None, Query(ge=0, description="the version it replaces; or `If-Match`")]
IfMatch = Annotated[str | None, Header(pattern=r'^"?[0-9]{1,9}"?$', description="the `ETag` that was read")]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str, Query(max_length=300, description="`next_cursor` of the page before")]
Named = Annotated[str, Path(min_length=1, max_length=200)]
LONGEST_VERSION = 9
"""Digits of a version, as in `If-Match`."""


class Aim(NamedTuple):
    """Which row is meant, and which version of it."""

    own: bool
    version: int | None


async def aim(own: Own = False, if_match: IfMatch = None) -> Aim:
    """A FastAPI dependency: what query and header say of the row that is written."""
    return Aim(own, None if if_match is None else int(if_match.strip('"')))


Aimed = Annotated[Aim, Depends(aim)]


class Change(NamedTuple):
    """What somebody wants to write."""

    kind: str
    name: str
    document: dict[str, Any] | None
    version: int | None
    own: bool = False
    new: bool = False
    """Whether nothing of this name may be there."""


def seen(request: Request, who: Principal, kind: str) -> list[ObjectRow]:
    """The rows that somebody may see, by name."""
    demand_sight(who, kind)
    rows = office_of(request).objects.rows(kind, None if who.operator else who.tenant)
    return [one for one in rows if within(who, one)]


def one_seen(request: Request, who: Principal, kind: str, name: str) -> ObjectRow:
    """One of them. Raises GatewayError NOT_FOUND."""
    rows = seen(request, who, kind)
    if who.operator:
        rows = [one for one in rows if one.tenant in ("", who.tenant)]
    return found(who, rows, name)


def listed(rows: list[ObjectRow], cursor: str, limit: int) -> ObjectsAnswer:
    """A page of rows. Raises GatewayError REQUEST_INVALID for a cursor that is none."""
    if cursor and "@" not in cursor:
        raise no_cursor()
    after = tuple(cursor.rsplit("@", 1)) if cursor else ("", "")
    rest = [one for one in rows if not cursor or (one.name, one.tenant) > after]
    page = rest[:limit]
    following = f"{page[-1].name}@{page[-1].tenant}" if len(rest) > limit else None
    return ObjectsAnswer(items=[shown(one) for one in page], next_cursor=following)


async def written(request: Request, who: Principal, change: Change) -> Response:
    """Write it: 200 or 201 with the row, or 202 with the approval that it waits for."""
    owner = owner_of(who, change.kind, change.own)
    book = office_of(request).objects
    there = next((one for one in book.rows(change.kind) if (one.tenant, one.name) == (owner, change.name)), None)
    if change.new and there is not None and within(who, there):
        raise GatewayError("CONFLICT", f"There is one of the name {change.name!r}.", details={"version": there.version})
    if change.document is None and (there is None or not within(who, there)):
        raise GatewayError("NOT_FOUND", f"There is none of the name {change.name!r} that is yours.", param="name")
    if change.document is None and there is not None and there.source != "stored":
        raise GatewayError("CONFLICT", "It stands in the configuration file: take it out there.", param="name")
    document = change.document
    if owner:
        demand_reach(who, change.kind, there)
        document = None if document is None else kept_within(who.reach, change.kind, document)
    version = ANY_VERSION if change.version is None else change.version
    draft = Draft(owner, change.kind, change.name, document, f"{who.label} {who.name}".strip(), version)
    if change.kind == "budgets" and raises(there, document) and await waits(request, who, BUDGETS):
        return await _asked(request, who, draft, there)
    action = f"{change.kind}.{'withdraw' if document is None else 'write'}"
    rows = await keep(request, [draft], action)
    return _told(request, change, owner, there, rows[0] if rows else None)


async def _asked(request: Request, who: Principal, draft: Draft, there: ObjectRow | None) -> Response:
    """Asked for, when it could be made now."""
    office = office_of(request)
    await office.objects.judged([draft])
    version = draft.version if draft.version != ANY_VERSION or there is None else there.version
    wanted: Mapping[str, Any] = {
        "name": draft.name, "tenant": draft.tenant, "document": draft.document, "version": version,
    }  # fmt: skip
    approval = await ask(request, who, BUDGETS, f"budgets:{draft.name}", wanted)
    return JSONResponse(shown_approval(approval, office.now()).model_dump(mode="json"), status_code=202)


def _told(request: Request, change: Change, owner: str, there: ObjectRow | None, kept: StoredObject | None) -> Response:
    if kept is not None:
        answer = shown_version(office_of(request).objects.shown(kept), kept.document is None)
    elif there is not None:
        answer = shown(there)
    else:
        raise GatewayError("NOT_FOUND", f"There is none of the name {change.name!r}.", param="name")
    made = there is None and kept is not None and owner == kept.tenant
    headers = {"etag": f'"{answer.version}"'}
    return JSONResponse(answer.model_dump(mode="json"), status_code=201 if made else 200, headers=headers)


async def versions_of(request: Request, who: Principal, kind: str, name: str, cursor: str, limit: int) -> ObjectsAnswer:
    """The versions of a stored row, newest first."""
    office = office_of(request)
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= LONGEST_VERSION):
        raise no_cursor()
    before = int(cursor) if cursor else None
    for tenant in (who.tenant, "") if not who.operator else ("", who.tenant):
        rows = await office.database.read(history, tenant, kind, name, before, limit)
        shown_rows = [shown_version(office.objects.shown(one), one.document is None) for one in rows]
        if rows and _may_see(request, who, kind, rows[0]):
            following = str(rows[-1].version) if len(rows) == limit and rows[-1].version > 1 else None
            return ObjectsAnswer(items=shown_rows, next_cursor=following)
    raise GatewayError("NOT_FOUND", f"None of the name {name!r} was written here.", param="name")


def _may_see(request: Request, who: Principal, kind: str, row: StoredObject) -> bool:
    shown_row = office_of(request).objects.shown(row)
    if row.document is None:
        return not who.reach.names and not who.reach.nobody
    return within(who, shown_row)


async def restored(request: Request, who: Principal, kind: str, name: str, asked: RestoreAsk, own: bool) -> Response:
    """Write a version's document again, its secrets as they were."""
    office = office_of(request)
    owner = owner_of(who, kind, own)
    old = await office.database.read(at_version, owner, kind, name, asked.version)
    if old is None or old.document is None or not _may_see(request, who, kind, old):
        raise GatewayError(
            "NOT_FOUND", f"There is no version {asked.version} of {name!r} to go back to.", param="version"
        )
    return await written(request, who, Change(kind, name, old.document, None, own))


def add_routes(router: APIRouter, kind: str, what: str, *, variable: str = "{name}") -> None:
    """Add the routes of one section, of whose rows ``what`` is one, in words."""
    many, one = f"/{kind}", f"/{kind}/{variable}"
    _add_reading(router, kind, what, (many, one))
    _add_writing(router, kind, what, (many, one))


def _add_reading(router: APIRouter, kind: str, what: str, paths: tuple[str, str]) -> None:
    many, one = paths

    @router.get(many, response_model=ObjectsAnswer, responses=refusals(), summary=f"List every {what} in force",
                name=f"list_{kind}")  # fmt: skip
    async def everything(request: Request, principal: Asking, limit: Limit = 100, cursor: Cursor = "") -> ObjectsAnswer:
        """Those of the configuration file and those written here, as far as the caller may know them."""
        return listed(seen(request, principal, kind), cursor, limit)

    @router.get(f"{one}/versions", response_model=ObjectsAnswer, responses=refusals("NOT_FOUND"),
                summary=f"List the versions of a {what}", name=f"versions_{kind}")  # fmt: skip
    async def versions(
        request: Request, name: Named, principal: Asking, limit: Limit = 50, cursor: Cursor = ""
    ) -> ObjectsAnswer:
        """Newest first; those of the configuration file have none."""
        demand_sight(principal, kind)
        return await versions_of(request, principal, kind, name, cursor, limit)

    @router.get(one, response_model=ObjectShown, responses=refusals("NOT_FOUND"), summary=f"Read a {what}",
                name=f"read_{kind}")  # fmt: skip
    async def read(request: Request, response: Response, name: Named, principal: Asking) -> ObjectShown:
        """The one in force; of the same name, the tenant's own. `ETag` is its version."""
        row = one_seen(request, principal, kind, name)
        response.headers["etag"] = f'"{row.version}"'
        return shown(row)


def _add_writing(router: APIRouter, kind: str, what: str, paths: tuple[str, str]) -> None:
    many, one = paths

    @router.post(many, response_model=ObjectShown, status_code=201, responses={**WAITS, **refusals("CONFLICT")},
                 summary=f"Make a {what}", name=f"make_{kind}")  # fmt: skip
    async def make(request: Request, asked: NamedAsk, principal: Asking, own: Own = False) -> Response:
        """Refused with every reason when it does not fit; in force on all replicas within a second."""
        return await written(request, principal, Change(kind, asked.name, asked.document, asked.version, own, new=True))

    @router.post(f"{one}/restore", response_model=ObjectShown,
                 responses={**WAITS, **refusals("NOT_FOUND", "CONFLICT")},
                 summary=f"Go back to a version of a {what}", name=f"restore_{kind}")  # fmt: skip
    async def restore(
        request: Request, name: Named, asked: RestoreAsk, principal: Asking, own: Own = False
    ) -> Response:
        """Its document is written again, as a new version."""
        return await restored(request, principal, kind, name, asked, own)

    @router.put(one, response_model=ObjectShown, responses={**WAITS, 201: {"model": ObjectShown}, **refusals("CONFLICT")},
                summary=f"Write a {what}", name=f"write_{kind}")  # fmt: skip
    async def write(request: Request, name: Named, asked: ObjectAsk, principal: Asking, aimed: Aimed) -> Response:
        """The whole document. A secret may be left as it was by its mask."""
        return await written(request, principal, meant(kind, name, asked, aimed))

    @router.patch(one, response_model=ObjectShown, responses={**WAITS, **refusals("NOT_FOUND", "CONFLICT")},
                  summary=f"Change fields of a {what}", name=f"change_{kind}")  # fmt: skip
    async def patch(request: Request, name: Named, asked: ObjectAsk, principal: Asking, aimed: Aimed) -> Response:
        """The fields of `document` take the place of those in force; null takes one out (RFC 7396)."""
        owner = owner_of(principal, kind, aimed.own)
        rows = office_of(request).objects.rows(kind)
        row = found(principal, (one for one in rows if one.tenant == owner), name)
        change = meant(kind, name, asked, aimed)
        version = row.version if change.version is None else change.version
        merged = merge(dict(row.document), asked.document)
        return await written(request, principal, change._replace(document=merged, version=version))

    @router.delete(one, response_model=ObjectShown, responses={**WAITS, **refusals("NOT_FOUND", "CONFLICT")},
                   summary=f"Withdraw a {what}", name=f"withdraw_{kind}")  # fmt: skip
    async def withdraw(request: Request, name: Named, principal: Asking, aimed: Aimed, version: At = None) -> Response:
        """Its versions stay, and what the configuration file says of its name holds again."""
        change = Change(kind, name, None, aimed.version if version is None else version, aimed.own)
        return await written(request, principal, change)


def meant(kind: str, name: str, asked: ObjectAsk, aimed: Aim) -> Change:
    """The change that a body asks for; its version before that of the header."""
    return Change(kind, name, asked.document, aimed.version if asked.version is None else asked.version, aimed.own)


def merge(there: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396)."""
    joined = dict(there)
    for name, value in changes.items():
        if value is None:
            joined.pop(name, None)
        elif isinstance(value, dict) and isinstance(joined.get(name), dict):
            joined[name] = merge(joined[name], value)
        else:
            joined[name] = value
    return joined
