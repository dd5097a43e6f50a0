"""The rooms of stored objects: providers, models, limits, budgets with their own routes, other sections under ``objects``.

They decide nothing; ``rooms`` has what is common to all.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request
from fastapi.responses import Response

from torana.control.admission import Asking, room
from torana.control.approvals.waiting import WAITS
from torana.control.audit.entries import Entry
from torana.control.changes import note, office_of
from torana.control.objects.rooms import (
    Aimed,
    Change,
    Cursor,
    Limit,
    Named,
    Own,
    add_routes,
    listed,
    meant,
    one_seen,
    restored,
    seen,
    versions_of,
    written,
)
from torana.control.objects.shapes import ObjectAsk, ObjectsAnswer, ObjectShown, RestoreAsk, shown
from torana.control.objects.shapes_trial import TrialAnswer, TrialAsk
from torana.control.shapes_errors import refusals

KINDS = "price_overrides|currency_rates|guardrails|cache|alerts|default_model|provider_priority|unknown_price"
Kind = Annotated[str, Path(pattern=f"^({KINDS})$", description="a section of the configuration")]

providers = room("providers")
models = room("models")
limits = room("limits")
budgets = room("budgets")
others = room("objects")
routing = room("routing")

add_routes(providers, "providers", "provider")
add_routes(models, "models", "model", variable="{name:path}")
add_routes(limits, "limits", "limit")
add_routes(budgets, "budgets", "budget")


@providers.post("/providers/{name}/test", response_model=TrialAnswer, responses=refusals("NOT_FOUND"))
async def test_provider(request: Request, name: Named, asked: TrialAsk, principal: Asking) -> TrialAnswer:
    """Send a tiny real request there, in the caller's name: it is metered, and paid for by the caller's budgets."""
    one_seen(request, principal, "providers", name)
    found = await office_of(request).objects.try_provider(principal.caller, name, asked.model)
    details = {"ok": found.ok, "model": found.model, "receipt": found.receipt_id, "code": found.code}
    await note(request, Entry("config", "providers.test", f"providers:{name}", details, "ok" if found.ok else "failed"))
    return TrialAnswer(**found._asdict())


@others.get("/objects/{kind}", response_model=ObjectsAnswer, responses=refusals())
async def rows(
    request: Request, kind: Kind, principal: Asking, limit: Limit = 100, cursor: Cursor = ""
) -> ObjectsAnswer:
    """The rows of a section in force."""
    return listed(seen(request, principal, kind), cursor, limit)


@others.get("/objects/{kind}/{name}/versions", response_model=ObjectsAnswer, responses=refusals("NOT_FOUND"))
async def row_versions(
    request: Request, kind: Kind, name: Named, principal: Asking, limit: Limit = 50, cursor: Cursor = ""
) -> ObjectsAnswer:
    """The versions of a row that was written here, newest first."""
    seen(request, principal, kind)
    return await versions_of(request, principal, kind, name, cursor, limit)


@others.post(
    "/objects/{kind}/{name}/restore",
    response_model=ObjectShown,
    responses={**WAITS, **refusals("NOT_FOUND", "CONFLICT")},
)
async def restore_row(
    request: Request, kind: Kind, name: Named, asked: RestoreAsk, principal: Asking, own: Own = False
) -> Response:
    """Go back to a version of a row."""
    return await restored(request, principal, kind, name, asked, own)


@others.get("/objects/{kind}/{name}", response_model=ObjectShown, responses=refusals("NOT_FOUND"))
async def row(request: Request, response: Response, kind: Kind, name: Named, principal: Asking) -> ObjectShown:
    """One row of a section."""
    found = one_seen(request, principal, kind, name)
    response.headers["etag"] = f'"{found.version}"'
    return shown(found)


@others.put(
    "/objects/{kind}/{name}",
    response_model=ObjectShown,
    responses={201: {"model": ObjectShown}, **WAITS, **refusals("CONFLICT")},
)
async def write_row(
    request: Request, kind: Kind, name: Named, asked: ObjectAsk, principal: Asking, aimed: Aimed
) -> Response:
    """Write a row; a section that is no list has one of its own name."""
    return await written(request, principal, meant(kind, name, asked, aimed))


@others.delete(
    "/objects/{kind}/{name}", response_model=ObjectShown, responses={**WAITS, **refusals("NOT_FOUND", "CONFLICT")}
)
async def withdraw_row(request: Request, kind: Kind, name: Named, principal: Asking, aimed: Aimed) -> Response:
    """Withdraw a row that was written here."""
    return await written(request, principal, Change(kind, name, None, aimed.version, aimed.own))


@routing.get("/routing", response_model=ObjectShown, responses=refusals())
async def read_routing(request: Request, response: Response, principal: Asking) -> ObjectShown:
    """How requests are routed: retries, deadline, breaker, hedging, queues."""
    found = one_seen(request, principal, "routing", "routing")
    response.headers["etag"] = f'"{found.version}"'
    return shown(found)


@routing.put("/routing", response_model=ObjectShown, responses={201: {"model": ObjectShown}, **refusals("CONFLICT")})
async def write_routing(request: Request, asked: ObjectAsk, principal: Asking, aimed: Aimed) -> Response:
    """Write the whole section; it is everybody's."""
    return await written(request, principal, meant("routing", "routing", asked, aimed))


@routing.get("/routing/versions", response_model=ObjectsAnswer, responses=refusals("NOT_FOUND"))
async def routing_versions(
    request: Request, principal: Asking, limit: Limit = 50, cursor: Cursor = ""
) -> ObjectsAnswer:
    """Its versions, newest first."""
    seen(request, principal, "routing")
    return await versions_of(request, principal, "routing", "routing", cursor, limit)
