"""Configuration as code: what is stored beside what the file says, all of it as YAML, and YAML written back at once.

Secrets leave as masks, and references as references. Operators for everything, admins for their tenant.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request
from fastapi.responses import Response

from torana.control.admission import Asking, room
from torana.control.approvals.asking import BUDGETS, waits
from torana.control.audit.entries import Entry
from torana.control.changes import note, office_of
from torana.control.objects.book import Draft, ObjectBook, ObjectRow
from torana.control.objects.raises import raises
from torana.control.objects.rights import OPERATE, WRITES
from torana.control.objects.shapes import ApplyAnswer, ApplyAsk, ChangeShown, DiffAnswer, shown_difference
from torana.control.objects.writes import keep
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError
from torana.ports.objects import StoredObject

router = room("config")
YAML = "application/yaml"
"""RFC 9512."""


@router.get("/config/diff", response_model=DiffAnswer, responses=refusals())
async def diff(request: Request, principal: Asking) -> DiffAnswer:
    """What is stored beside the file's rows of the same names, and which of these were edited since."""
    found = office_of(request).objects.differences(whose(principal))
    return DiffAnswer(items=[shown_difference(one) for one in found])


@router.get(
    "/config/export",
    response_class=Response,
    responses={200: {"content": {YAML: {"schema": {"type": "string"}, "example": "models: []\n"}}}, **refusals()},
)
async def export(request: Request, principal: Asking) -> Response:
    """What is stored, as sections of a configuration file; `config/apply` takes it back."""
    tenant = whose(principal)
    text = office_of(request).objects.exported(tenant)
    await note(request, Entry("export", "config.export", "config", {"tenant": tenant or ""}))
    return Response(text or "{}\n", media_type=YAML)


@router.post("/config/apply", response_model=ApplyAnswer, responses=refusals("CONFLICT"))
async def apply(request: Request, asked: ApplyAsk, principal: Asking) -> ApplyAnswer:
    """Write all objects of a text, in one transaction, or none; what is so already is left alone."""
    book = office_of(request).objects
    tenant = whose(principal)
    drafts = drafts_of(book, asked, principal)
    for draft in drafts:
        demand_mine(principal, draft)
    judged = await book.judged(drafts) if drafts else None
    rows = judged.rows if judged is not None else ()
    if rows and not asked.dry_run:
        await demand_no_raise(request, principal, rows)
        rows = await keep(request, drafts, "config.apply")
    changes = [changed(one) for one in rows if tenant is None or one.tenant == tenant]
    return ApplyAnswer(changes=changes, written=bool(rows) and not asked.dry_run)


def whose(who: Principal) -> str | None:
    """Whose objects somebody sees here; None: everybody's. Raises GatewayError PERMISSION_DENIED for parts of a tenant."""
    if who.may(OPERATE):
        return None
    if who.reach.names or who.reach.nobody:
        raise GatewayError("PERMISSION_DENIED", "This is about all of a tenant, and you manage a part of it.")
    return who.tenant


def drafts_of(book: ObjectBook, asked: ApplyAsk, who: Principal) -> list[Draft]:
    """The changes that a text asks for."""
    tenant = whose(who)
    by = f"{who.label} {who.name}".strip()
    found = [Draft(*one, by) for one in book.read_objects(asked.yaml, tenant or "")]
    if asked.prune:
        named = {(one.tenant, one.kind, one.name) for one in found}
        stored = (one.row for one in book.differences(tenant))
        gone = (one for one in stored if (one.tenant, one.kind, one.name) not in named)
        found += (Draft(one.tenant, one.kind, one.name, None, by) for one in gone)
    return found


def demand_mine(who: Principal, draft: Draft) -> None:
    """Raise GatewayError PERMISSION_DENIED for what is not theirs to write."""
    if who.may(OPERATE):
        return
    who.demand(WRITES.get(draft.kind, OPERATE))
    if draft.tenant != who.tenant:
        raise GatewayError(
            "PERMISSION_DENIED", f"{draft.kind} {draft.name}: this is another's.", details={"field": "tenant"}
        )


async def demand_no_raise(request: Request, who: Principal, rows: Iterable[StoredObject]) -> None:
    """Raise GatewayError CONFLICT for a raise of a budget where somebody else must approve it: one by one, then."""
    budgets = {(one.tenant, one.name): one for one in office_of(request).objects.rows("budgets")}
    more = [one for one in rows if one.kind == "budgets" and raises(_row(budgets, one), one.document)]
    if more and await waits(request, who, BUDGETS):
        message = f"budgets {more[0].name}: somebody else must approve this. Write it with PUT budgets/{more[0].name}."
        raise GatewayError("CONFLICT", message)


def _row(budgets: dict[tuple[str, str], ObjectRow], one: StoredObject) -> ObjectRow | None:
    return budgets.get((one.tenant, one.name))


def changed(one: StoredObject) -> ChangeShown:
    """One change."""
    what = "withdrawn" if one.document is None else "written"
    return ChangeShown(kind=one.kind, name=one.name, tenant=one.tenant, change=what, version=one.version)
