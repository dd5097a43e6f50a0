"""Approval routes: what waits for a second pair of eyes, and deciding it; what is approved is done once, at that moment.

Reveals are made by whoever asked, with the approval's id. Whether something waits is decided in ``asking``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import Query, Request

from torana.control.admission import Asking, room
from torana.control.approvals.asking import BUDGETS, POLICIES, SETTINGS, asker
from torana.control.approvals.queries import APPROVED, REFUSED, Approval, Decision, decide, one, page
from torana.control.approvals.shapes import ApprovalsAnswer, ApprovalShown, DecisionAsk, shown
from torana.control.audit.entries import Entry
from torana.control.changes import actor_of, change, office_of
from torana.control.cursors import after_id
from torana.control.objects.book import Draft
from torana.control.objects.writes import Before, keep
from torana.control.people.shapes import TenantPut
from torana.control.people.tenant_routes import keep_settings
from torana.control.policies.writes import put
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.core.errors import GatewayError
from torana.ports.database import Connection
from torana.ports.policies import StoredPolicy

DECIDE = "approvals.decide"
router = room("approvals")


@router.get("/approvals", response_model=ApprovalsAnswer, responses=refusals())
async def approvals(
    request: Request,
    principal: Asking,
    status: Annotated[str, Query(pattern="^(|pending|approved|refused)$", description="only those")] = "",
    action: Annotated[str, Query(max_length=64, description="only such changes")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=64)] = "",
) -> ApprovalsAnswer:
    """What was asked for in the caller's tenant; managers see their own."""
    office = office_of(request)
    whole = principal.may(DECIDE) or not (principal.reach.names or principal.reach.nobody)
    mine = "" if whole else await asker(request, principal)
    rows = await office.database.read(page, principal.tenant, (status, action, mine), after_id(cursor), limit)
    following = rows[-1].id if len(rows) == limit else None
    return ApprovalsAnswer(items=[shown(row, office.now()) for row in rows], next_cursor=following)


@router.get("/approvals/{approval_id}", response_model=ApprovalShown, responses=refusals("NOT_FOUND"))
async def approval(request: Request, approval_id: str, principal: Asking) -> ApprovalShown:
    """One of them."""
    office = office_of(request)
    row = await found(request, principal, approval_id)
    whole = principal.may(DECIDE) or not (principal.reach.names or principal.reach.nobody)
    if not whole and row.asked_by != await asker(request, principal):
        raise missing()
    return shown(row, office.now())


@router.post(
    "/approvals/{approval_id}/approve", response_model=ApprovalShown, responses=refusals("NOT_FOUND", "CONFLICT")
)
async def approve(request: Request, approval_id: str, asked: DecisionAsk, principal: Asking) -> ApprovalShown:
    """Approve it. The change is made now, once; when it cannot be made any more, it is refused and nothing is decided."""
    row = await decidable(request, principal, approval_id)
    executor = EXECUTORS.get(row.action)
    decision = await decided(request, principal, APPROVED, executor is not None)
    told = Entry("security", "approvals.approve", f"approval:{row.id}", {"action": row.action, "reason": asked.reason})
    if executor is None:
        await change(request, told, decide, principal.tenant, row.id, decision)
    else:
        trail, actor = office_of(request).trail, actor_of(request)

        written: list[object] = []

        def first(connection: Connection) -> None:
            decide(connection, row.tenant, row.id, decision)
            written[:] = [trail.append(connection, actor, told)]

        await executor(request, row, first)
        trail.tell(written[0])
    return shown(await found(request, principal, approval_id), office_of(request).now())


@router.post(
    "/approvals/{approval_id}/refuse", response_model=ApprovalShown, responses=refusals("NOT_FOUND", "CONFLICT")
)
async def refuse(request: Request, approval_id: str, asked: DecisionAsk, principal: Asking) -> ApprovalShown:
    """Refuse it; nothing is changed."""
    row = await decidable(request, principal, approval_id)
    told = Entry("security", "approvals.refuse", f"approval:{row.id}", {"action": row.action, "reason": asked.reason})
    decision = await decided(request, principal, REFUSED, spent=False)
    await change(request, told, decide, principal.tenant, row.id, decision)
    return shown(await found(request, principal, approval_id), office_of(request).now())


async def found(request: Request, who: Principal, approval_id: str) -> Approval:
    """It. Raises GatewayError NOT_FOUND, for other tenants' too."""
    row = await office_of(request).database.read(one, who.tenant, approval_id)
    if row is None:
        raise missing()
    return row


async def decidable(request: Request, who: Principal, approval_id: str) -> Approval:
    """It, when it is for this caller to decide. Raises GatewayError NOT_FOUND, PERMISSION_DENIED."""
    row = await found(request, who, approval_id)
    if row.asked_by == await asker(request, who):
        raise GatewayError(
            "PERMISSION_DENIED", "Somebody else must decide what you asked for.", details={"field": "id"}
        )
    return row


async def decided(request: Request, who: Principal, status: str, spent: bool) -> Decision:
    """The decision."""
    return Decision(status, await asker(request, who), who.name, office_of(request).now(), spent)


def missing() -> GatewayError:
    """There is none of this id, or none of this tenant's."""
    return GatewayError("NOT_FOUND", "There is no approval of this id.")


async def _budget(request: Request, row: Approval, first: Before) -> None:
    wanted = row.change
    draft = Draft(
        wanted["tenant"],
        "budgets",
        wanted["name"],
        wanted["document"],
        f"{row.asked_by} {row.asked_name}",
        wanted["version"],
    )
    await keep(request, [draft], BUDGETS, first)


async def _policy(request: Request, row: Approval, first: Before) -> None:
    wanted = row.change
    by = f"{row.asked_by} {row.asked_name}"
    policy = StoredPolicy(wanted["name"], wanted["version"], wanted["tenant"], wanted["document"], 0.0, by)
    await put(request, policy, first)


async def _settings(request: Request, row: Approval, first: Before) -> None:
    await keep_settings(request, row.tenant, TenantPut.model_validate(row.change["settings"]), first)


Executor = Callable[[Request, Approval, Before], Awaitable[None]]
EXECUTORS: Mapping[str, Executor] = {BUDGETS: _budget, POLICIES: _policy, SETTINGS: _settings}
"""Action → what makes the change; others are made by whoever asked."""
