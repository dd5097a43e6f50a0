"""Reconciliation: what a provider's export says against what was recorded, by key and model; kept, to be looked up.

Exports are read by ``exports``, compared by ``reconcile``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.billing.claims import Claimed
from torana.control.billing.exports import AWS, period, read
from torana.control.billing.making import Maker
from torana.control.billing.plans import Rates
from torana.control.billing.reconcile import Compared, Figures, Names, compared, costs_of, differs, variance_bp
from torana.control.changes import change, office_of
from torana.control.cursors import after_id
from torana.control.metering import Metering
from torana.control.shapes_errors import refusals
from torana.control.usage.asked import moment, shown_moment
from torana.core.calendar import day_of
from torana.core.errors import GatewayError
from torana.core.money import converted, decimal_text
from torana.ports.database import Connection
from torana.ports.usage import Upstream, Window

DAY_S = 86_400
FORBID = ConfigDict(extra="forbid")

router = room("billing")


class ReconcileAsk(BaseModel):
    """A provider's export, and whose it is."""

    model_config = FORBID

    provider: str = Field(min_length=1, max_length=256, description="id of a provider here", examples=["primary"])
    shape: Literal["openai_usage", "openai_costs", "anthropic_usage", "anthropic_costs", "aws_cur"]
    data: Any = Field(None, description="the export as JSON: one page, or a list of pages")
    csv: str = Field("", description="the export as text, of shape `aws_cur`")
    since: str | None = Field(None, description="from when; the beginning of the export when not given")
    until: str | None = Field(None, description="until when; the end of the export when not given")
    keys: dict[str, str] = Field(
        default_factory=dict, max_length=1000, description="the provider's key id → id of a provider here"
    )
    models: dict[str, str] = Field(
        default_factory=dict, max_length=1000, description="the provider's model name → the one requests here have"
    )
    tolerance_bp: int = Field(50, ge=0, le=10_000, description="what may differ, in basis points")


class Side(BaseModel):
    """What one side says."""

    requests: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    costs: dict[str, str] = Field(description="by currency", examples=[{"USD": "12.34"}])


class Variance(BaseModel):
    """One provider's key and model."""

    key: str = Field(description="the provider's id of the key, or of several; empty where the export does not tell")
    provider: str
    model: str
    status: str = Field(description="match, differs, only_theirs, only_ours")
    theirs: Side | None
    ours: Side | None
    input_bp: int | None = Field(description="how many more input tokens they say, in basis points of ours")
    output_bp: int | None
    cost_bp: int | None = Field(
        description="the same of costs, theirs at the exchange rate of their day; null: not told, or no rate is known"
    )


class Reconciliation(BaseModel):
    """An export against the record."""

    id: str
    provider: str
    shape: str
    since: str
    until: str
    made_at: str
    tolerance_bp: int
    matches: bool = Field(description="whether every row does")
    complete: bool = Field(
        True, description="false: of these days some requests are no longer kept one by one, so ours is too little"
    )
    items: list[Variance]


class ReconciliationShown(BaseModel):
    """One in a list."""

    id: str
    provider: str
    shape: str
    since: str
    until: str
    made_at: str
    matches: bool


class Reconciliations(BaseModel):
    """Reconciliations, the latest first."""

    items: list[ReconciliationShown]
    next_cursor: str | None


@router.post("/billing/reconcile", response_model=Reconciliation, status_code=201, responses=refusals())
async def reconcile(request: Request, principal: Asking, asked: ReconcileAsk) -> Reconciliation:
    """Compare a provider's export with the tenant's requests of the same time, to the millisecond, by key and model."""
    office = office_of(request)
    claims = await asyncio.to_thread(read, asked.shape, asked.data, asked.csv)
    if not claims:
        raise GatewayError("REQUEST_INVALID", "data: the export has no rows about models.", param="data")
    first, last = period(None if asked.shape == AWS else asked.data, claims)
    since = first if asked.since is None else moment(asked.since, "since", UTC)
    until = last if asked.until is None else moment(asked.until, "until", UTC)
    if not since < until:
        raise GatewayError("REQUEST_INVALID", "until: it must be after since; it is not within.", param="until")
    window = Window(principal.tenant, since, until)
    used, complete = await office.database.read(recorded, office.metering, window)
    names = Names(asked.provider, asked.keys, asked.models)
    within = [one for one in claims if since <= one.at < until]
    both = await asyncio.to_thread(compared, within, used, names, in_our_currency(office.metering))
    items = [shown(one, asked.tolerance_bp) for one in both]
    maker = Maker(principal.tenant, office.new_id("rec_"), office.now(), principal.label)
    found = Reconciliation(
        id=maker.id,
        provider=asked.provider,
        shape=asked.shape,
        since=shown_moment(since),
        until=shown_moment(until),
        made_at=shown_moment(maker.now),
        tolerance_bp=asked.tolerance_bp,
        matches=all(one.status == "match" for one in items),
        complete=complete,
        items=items,
    )
    entry = Entry("billing", "billing.reconcile", f"reconciliation:{maker.id}", {"provider": asked.provider})
    await change(request, entry, keep, maker, (since, until), found)
    return found


def recorded(connection: Connection, metering: Metering, window: Window) -> tuple[list[Upstream], bool]:
    """What single requests come to, and whether all that the sums of whole days know of are still there."""
    zone = metering.zone if isinstance(metering.zone, ZoneInfo) else None
    days = window._replace(since=day_of(window.since + DAY_S - 1, zone), until=day_of(window.until, zone), grain="day")
    complete = True
    if days.since < days.until:
        summed = sum(line.sums.requests for line in metering.sums.totals(connection, days))
        complete = sum(row.requests for row in metering.rows.by_upstream(connection, days)) >= summed
    return metering.rows.by_upstream(connection, window), complete


def in_our_currency(metering: Metering) -> Callable[[Claimed], tuple[str, int]]:
    """What makes a claim's cost one in the installation's currency, at the rate of its day; as it stands without a rate."""
    known = [(one.source, one.target, one.since, one.rate_nano) for one in metering.rates()]
    rates = Rates(metering.currency, known)

    def alike(claim: Claimed) -> tuple[str, int]:
        try:
            rate = rates.at(claim.currency or metering.currency, claim.at)
        except GatewayError:
            return claim.currency, claim.cost_nano
        return metering.currency if claim.currency else "", converted(claim.cost_nano, rate)

    return alike


def shown(one: Compared, tolerance_bp: int) -> Variance:
    """A comparison for people."""
    input_bp = output_bp = cost_bp = None
    if one.theirs is not None and one.ours is not None and one.theirs.counts:
        input_bp = variance_bp(one.theirs.input_tokens, one.ours.input_tokens)
        output_bp = variance_bp(one.theirs.output_tokens, one.ours.output_tokens)
    if (costs := costs_of(one)) is not None:
        cost_bp = variance_bp(*costs)
    both = "differs" if differs(one, tolerance_bp) else "match"
    return Variance(
        key=one.key,
        provider=one.provider,
        model=one.model,
        status=both if one.verdict == "both" else one.verdict,
        theirs=side(one.theirs),
        ours=side(one.ours),
        input_bp=input_bp,
        output_bp=output_bp,
        cost_bp=cost_bp,
    )


def side(one: Figures | None) -> Side | None:
    """What a side says, for people."""
    if one is None:
        return None
    return Side(
        requests=one.requests,
        input_tokens=one.input_tokens,
        cache_read_tokens=one.cache_read_tokens,
        cache_write_tokens=one.cache_write_tokens,
        output_tokens=one.output_tokens,
        costs={currency: decimal_text(nano) for currency, nano in sorted(one.cost_nano.items())},
    )


def keep(connection: Connection, maker: Maker, times: tuple[int, int], found: Reconciliation) -> None:
    """Keep what came of it; the export itself is not kept."""
    connection.execute(
        "INSERT INTO billing_reconciliations (tenant, id, since, until, provider, shape, document, made_at, made_by) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (maker.tenant, maker.id, *times, found.provider, found.shape, found.model_dump_json(), maker.now, maker.by),
    )


def documents(connection: Connection, tenant: str, before: str, limit: int) -> list[Any]:
    """The latest ones, as JSON."""
    rows = connection.execute(
        "SELECT document FROM billing_reconciliations WHERE tenant = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?",
        (tenant, before, before, limit),
    ).fetchall()
    return [json.loads(row[0]) for row in rows]


def document(connection: Connection, tenant: str, reconciliation_id: str) -> Any:
    """One, as JSON; None where there is none."""
    row = connection.execute(
        "SELECT document FROM billing_reconciliations WHERE tenant = ? AND id = ?", (tenant, reconciliation_id)
    ).fetchone()
    return None if row is None else json.loads(row[0])


@router.get("/billing/reconciliations", response_model=Reconciliations, responses=refusals())
async def listed(
    request: Request,
    principal: Asking,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=128)] = "",
) -> Reconciliations:
    """What was compared, the latest first."""
    rows = await office_of(request).database.read(documents, principal.tenant, after_id(cursor), limit)
    items = [ReconciliationShown.model_validate({**row}) for row in rows]
    return Reconciliations(items=items, next_cursor=items[-1].id if len(items) == limit else None)


@router.get(
    "/billing/reconciliations/{reconciliation_id}", response_model=Reconciliation, responses=refusals("NOT_FOUND")
)
async def one(request: Request, principal: Asking, reconciliation_id: str) -> Reconciliation:
    """One comparison with all its rows."""
    row = await office_of(request).database.read(document, principal.tenant, reconciliation_id)
    if row is None:
        raise GatewayError("NOT_FOUND", "There is no such reconciliation here.")
    return Reconciliation.model_validate(row)
