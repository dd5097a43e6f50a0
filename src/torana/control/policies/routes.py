"""Policy routes: reading, writing, withdrawing and trying policies; what is written holds everywhere within a second.

Who may do what is decided in ``rights``; what a policy may say, by the same checks as the configuration's.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Depends, Query, Request
from fastapi.responses import JSONResponse

from torana.control.admission import room
from torana.control.approvals.waiting import WAITS
from torana.control.asking import needs, needs_one
from torana.control.book import PolicyBook, PolicyRow
from torana.control.changes import office_of
from torana.control.keys.queries import naming
from torana.control.office import Office
from torana.control.policies.rights import (
    OPERATE,
    READ,
    WRITE,
    is_operator,
    merged,
    name_within,
    next_row,
    sees,
    tenants_name,
    told_to,
)
from torana.control.policies.shapes import (
    DryRunAnswer,
    DryRunAsk,
    EffectiveAnswer,
    NamedPolicyAsk,
    PoliciesAnswer,
    PolicyAsk,
    PolicyShown,
    shown,
    shown_effective,
    shown_stored,
)
from torana.control.policies.writes import written
from torana.core.errors import GatewayError
from torana.core.policies import Attachment
from torana.core.tickets import Caller

MOST_VERSIONS = 100

router = room("policies")
short = room("policies", "/admin")
"""Under ``/admin``: the one policy of the caller's tenant."""

MayRead = Annotated[Caller, Depends(needs(READ))]
MayWrite = Annotated[Caller, Depends(needs_one(WRITE, OPERATE))]
Version = Annotated[int | None, Query(ge=0)]


def book_of(request: Request) -> PolicyBook:
    """The policies of this installation."""
    office: Office = request.app.state.office
    return office.policies


@router.get("/policies", response_model=PoliciesAnswer)
async def policies(request: Request, caller: MayRead) -> PoliciesAnswer:
    """The policies in force that the caller may know."""
    return PoliciesAnswer(items=[shown(row, told_to(caller)) for row in book_of(request).rows() if sees(caller, row)])


@router.put("/policies", response_model=PolicyShown, responses=WAITS)
async def put_named(request: Request, asked: NamedPolicyAsk, caller: MayWrite) -> PolicyShown | JSONResponse:
    """Write a policy. One that could not be taken is refused with every reason, and nothing changes."""
    return await write(request, caller, asked.name, asked.document, asked.version)


@router.get("/policies/effective", response_model=EffectiveAnswer)
async def effective(
    request: Request, caller: MayRead, department: str = "", team: str = "", user: str = "", key: str = ""
) -> EffectiveAnswer:
    """What policies come to for somebody of the caller's tenant."""
    found_for = book_of(request).effective(Attachment(caller.tenant, department, team, user, key))
    return shown_effective(found_for, told_to(caller))


@router.post("/policies/dry-run", response_model=DryRunAnswer)
async def dry_run(request: Request, asked: DryRunAsk, caller: MayWrite) -> DryRunAnswer:
    """What a policy would have done to the last requests of the caller's tenant. Nothing is written."""
    book = book_of(request)
    row = next_row(caller, asked.name, asked.document, book.rows(), None)
    return DryRunAnswer(**await book.dry_run(row, caller.tenant, asked.last))


@router.get("/policies/{name}", response_model=PolicyShown)
async def policy(request: Request, name: str, caller: MayRead) -> PolicyShown:
    """One policy in force."""
    return shown(found(book_of(request), caller, name), told_to(caller))


@router.put("/policies/{name}", response_model=PolicyShown, responses=WAITS)
async def put_policy(request: Request, name: str, asked: PolicyAsk, caller: MayWrite) -> PolicyShown | JSONResponse:
    """Write a policy."""
    return await write(request, caller, name, asked.document, asked.version)


@router.delete("/policies/{name}", response_model=PolicyShown, responses=WAITS)
async def withdraw(
    request: Request, name: str, caller: MayWrite, version: Version = None
) -> PolicyShown | JSONResponse:
    """Withdraw a stored policy; its versions stay, and what the configuration says of its name holds again."""
    book = book_of(request)
    there = found(book, caller, name)
    if there.source != "stored":
        raise GatewayError("NOT_FOUND", f"No policy {name!r} was written here: it stands in the configuration.")
    keys = await office_of(request).database.read(naming, there.tenant, there.name)
    if keys:
        message = f"{len(keys)} keys name this policy, and would go without it. Give them another, or none, first."
        raise GatewayError("CONFLICT", message, details={"keys": keys[:100]})
    return await write(request, caller, name, None, version)


@router.get("/policies/{name}/versions", response_model=PoliciesAnswer)
async def versions(request: Request, name: str, caller: MayRead) -> PoliciesAnswer:
    """The versions of a stored policy, newest first."""
    book = book_of(request)
    rows = await book.history(name_within(caller, name, book.rows()), MOST_VERSIONS)
    mine = [one for one in rows if is_operator(caller) or one.tenant == caller.tenant]
    if not mine:
        raise GatewayError("NOT_FOUND", f"No policy {name!r} was written here.")
    return PoliciesAnswer(items=[shown_stored(one, told_to(caller)) for one in mine])


@router.put("/guardrails/policy", response_model=PolicyShown, responses=WAITS)
@short.put("/policy", response_model=PolicyShown, responses=WAITS)
@short.post("/policy", response_model=PolicyShown, responses=WAITS)
async def put_own(
    request: Request, changes: Annotated[dict[str, Any], Body()], caller: MayWrite
) -> PolicyShown | JSONResponse:
    """Change fields of the tenant's own policy, or of the one that ``name`` says; null takes a field out."""
    book = book_of(request)
    name = changes.pop("name", None) or tenants_name(caller.tenant)
    if not isinstance(name, str):
        raise GatewayError("REQUEST_INVALID", "name: expected a text.", param="name")
    version = changes.pop("version", None)
    if version is not None and not isinstance(version, int):
        raise GatewayError("REQUEST_INVALID", "version: expected a whole number.", param="version")
    rows = book.rows()
    kept_as = name_within(caller, name, rows)
    there = next((row for row in rows if row.name == kept_as), None)
    if version is None and there is not None and there.source == "stored":
        version = there.version  # what is left out stays as it was read: whoever writes meanwhile is not undone
    if there is None and "attach" not in changes:
        changes = {**changes, "attach": [{"tenant": caller.tenant}]}
    document = merged(there.document if there is not None else {}, changes)
    return await write(request, caller, name, document, version)


@router.get("/guardrails/policy", response_model=PolicyShown)
@short.get("/policy", response_model=PolicyShown)
async def own(request: Request, caller: MayRead, name: str = "") -> PolicyShown:
    """The tenant's own policy; an empty one where nobody has written it."""
    wanted = name or tenants_name(caller.tenant)
    rows = book_of(request).rows()
    kept_as = name_within(caller, wanted, rows)
    row = next((one for one in rows if one.name == kept_as and sees(caller, one)), None)
    if row is None and name:
        raise GatewayError("NOT_FOUND", f"There is no policy {name!r}.")
    return shown(row or PolicyRow(wanted, "implied", {}, tenant=caller.tenant), told_to(caller))


def found(book: PolicyBook, caller: Caller, name: str) -> PolicyRow:
    """The policy. Raises GatewayError NOT_FOUND, for one too that is not the caller's to know."""
    rows = book.rows()
    kept_as = name_within(caller, name, rows)
    for row in rows:
        if row.name == kept_as and sees(caller, row):
            return row
    raise GatewayError("NOT_FOUND", f"There is no policy {name!r}.")


async def write(
    request: Request, caller: Caller, name: str, document: dict[str, Any] | None, version: int | None
) -> PolicyShown | JSONResponse:
    """Write it, when it is the caller's to write."""
    return await written(request, next_row(caller, name, document, book_of(request).rows(), version))
