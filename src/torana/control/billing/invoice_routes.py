"""Invoices: making, issuing, showing, printing, crediting.

What was issued is never changed. What a period comes to before is in ``routes``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query, Request, Response

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.billing import invoices, making
from torana.control.billing.invoices import Invoice
from torana.control.billing.making import Credit, Maker
from torana.control.billing.pdf import printed
from torana.control.billing.routes import plan_and_period, usual_plan
from torana.control.billing.shapes import (
    CreditAsk,
    InvoiceAsk,
    InvoiceInFull,
    Invoices,
    InvoiceShown,
    PeriodQuery,
    in_full,
    shown,
)
from torana.control.changes import change, office_of
from torana.control.cursors import after_id
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.control.tables import Format, paged_table, wants_csv
from torana.core.money import nano_from_decimal
from torana.ports.database import Connection

PAGE = 500
COLUMNS = tuple(
    column
    for name in InvoiceShown.model_fields
    for column in (("period_first_day", "period_last_day", "period_time_zone") if name == "period" else (name,))
)
"""Of the list as CSV."""

router = room("billing")


def maker_of(request: Request, principal: Principal, invoice_id: str = "") -> Maker:
    """Who makes an invoice, and its id."""
    office = office_of(request)
    return Maker(principal.tenant, invoice_id or office.new_id("inv_"), office.now(), principal.label)


@router.post("/billing/invoice", response_model=InvoiceInFull, status_code=201, responses=refusals("CONFLICT"))
async def make(request: Request, principal: Asking, asked: InvoiceAsk) -> InvoiceInFull:
    """Make the invoice of a period, as a draft or issued. Only a period that is over, and was not billed, can be issued."""
    office = office_of(request)
    query = PeriodQuery(since=asked.since, until=asked.until)
    _, spell = await plan_and_period(request, principal, query)
    usual = await usual_plan(request, principal)
    maker = maker_of(request, principal)
    action = "billing.invoice.issue" if asked.issue else "billing.invoice.draft"
    entry = Entry("billing", action, f"invoice:{maker.id}", {"since": spell.since, "until": spell.until})
    work = making.issue if asked.issue else making.draft
    return in_full(await change(request, entry, work, office.metering, usual, maker, spell))


@router.get("/billing/invoices", response_model=Invoices, responses=refusals())
async def listed(
    request: Request,
    principal: Asking,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str, Query(max_length=128)] = "",
    format: Format | None = None,  # noqa: A002 - the name of the parameter
) -> Invoices | Response:
    """Invoices, credit notes and drafts, those made last first, page by page; as CSV all of them."""
    database, after = office_of(request).database, after_id(cursor)
    if wants_csv(request, format):

        async def pages() -> AsyncIterator[list[InvoiceShown]]:
            place, most = after, PAGE
            while most == PAGE:
                part = await database.read(invoices.listed, principal.tenant, place, PAGE)
                yield [shown(one) for one in part]
                place, most = part[-1].id if part else "", len(part)

        return paged_table("invoices", COLUMNS, pages())
    rows = await database.read(invoices.listed, principal.tenant, after, limit)
    items = [shown(one) for one in rows]
    return Invoices(items=items, next_cursor=items[-1].id if len(items) == limit else None)


def with_rest(connection: Connection, tenant: str, invoice_id: str) -> tuple[Invoice, int | None]:
    """An invoice, and what remains of it. Raises GatewayError NOT_FOUND."""
    one = invoices.found(connection, tenant, invoice_id)
    if one is None:
        raise invoices.missing()
    counts = one.number and one.kind == invoices.INVOICE
    return one, invoices.remaining(connection, tenant, one) if counts else None


@router.get(
    "/billing/invoices/{invoice_id}.pdf",
    response_class=Response,
    responses={
        **refusals("NOT_FOUND"),
        200: {
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            "description": "a file",
        },
    },
)
async def pdf(request: Request, principal: Asking, invoice_id: str) -> Response:
    """An invoice, a credit note or a draft as a PDF."""
    one, _ = await office_of(request).database.read(with_rest, principal.tenant, invoice_id)
    page = await asyncio.to_thread(printed, one)
    name = (one.number or "draft").replace("/", "-")
    headers = {"content-disposition": f'inline; filename="{name}.pdf"', "x-content-type-options": "nosniff"}
    return Response(page, media_type="application/pdf", headers=headers)


@router.get("/billing/invoices/{invoice_id}", response_model=InvoiceInFull, responses=refusals("NOT_FOUND"))
async def one_invoice(request: Request, principal: Asking, invoice_id: str) -> InvoiceInFull:
    """An invoice with its lines, and what remains of it after its credit notes."""
    one, rest = await office_of(request).database.read(with_rest, principal.tenant, invoice_id)
    return in_full(one, rest)


@router.delete("/billing/invoices/{invoice_id}", status_code=204, responses=refusals("NOT_FOUND", "CONFLICT"))
async def drop(request: Request, principal: Asking, invoice_id: str) -> None:
    """Forget a draft. What was issued stays."""
    entry = Entry("billing", "billing.invoice.drop", f"invoice:{invoice_id}")
    await change(request, entry, invoices.drop_draft, principal.tenant, invoice_id)


@router.post(
    "/billing/invoices/{invoice_id}/issue", response_model=InvoiceInFull, responses=refusals("NOT_FOUND", "CONFLICT")
)
async def issue(request: Request, principal: Asking, invoice_id: str) -> InvoiceInFull:
    """Issue a draft: what its period comes to is worked out again, as things stand now."""
    office = office_of(request)
    spell = await office.database.read(making.again, principal.tenant, invoice_id)
    usual = await usual_plan(request, principal)
    entry = Entry("billing", "billing.invoice.issue", f"invoice:{invoice_id}")
    maker = maker_of(request, principal, invoice_id)
    return in_full(await change(request, entry, making.issue, office.metering, usual, maker, spell))


@router.post(
    "/billing/invoices/{invoice_id}/credit",
    response_model=InvoiceInFull,
    status_code=201,
    responses=refusals("NOT_FOUND", "CONFLICT"),
)
async def credit(request: Request, principal: Asking, invoice_id: str, asked: CreditAsk) -> InvoiceInFull:
    """Issue a credit note about an invoice: all that remains of it, or a net amount with its taxes."""
    usual = await usual_plan(request, principal)
    net = None if asked.net is None else nano_from_decimal(asked.net)
    maker = maker_of(request, principal)
    entry = Entry("billing", "billing.credit.issue", f"invoice:{invoice_id}", {"credit_note": maker.id})
    wanted = Credit(invoice_id, asked.reason, net)
    return in_full(await change(request, entry, making.credit, usual, maker, wanted))
