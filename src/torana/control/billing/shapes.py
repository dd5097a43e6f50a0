"""Asks and answers of invoices, summaries and plans."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from torana.control.billing.bill import Bill
from torana.control.billing.invoices import Invoice
from torana.control.billing.plans import Money, Plan
from torana.control.tables import Format
from torana.control.usage.asked import shown_moment
from torana.core.money import decimal_text

FORBID = ConfigDict(extra="forbid")
Day = Annotated[date | None, Field(examples=["2026-11-01"])]


class PlanShown(Plan):
    """The plan in force."""

    version: int = Field(description="0: nobody wrote one; these are what holds without")


class PlanAsk(Plan):
    """A plan, whole."""

    version: int = Field(0, ge=0, description="the version that this one follows; 0 for the first")


class PeriodQuery(BaseModel):
    """Which days."""

    model_config = FORBID

    since: Day = Field(None, description="the first day, in the plan's time zone; of this month when not given")
    until: Day = Field(None, description="the day after the last; of the month of `since` when not given")
    format: Format | None = None


class InvoiceAsk(BaseModel):
    """What to bill."""

    model_config = FORBID

    since: Day = Field(None, description="the first day; of this month when not given")
    until: Day = Field(None, description="the day after the last; the first of the month after when not given")
    issue: bool = Field(False, description="give it a number, for good; else it is a draft")


class CreditAsk(BaseModel):
    """What to credit of an invoice."""

    model_config = FORBID

    reason: str = Field(min_length=1, max_length=500, examples=["Wrong price of gpt-4o-mini on 3 November"])
    net: Money | None = Field(None, description="before taxes; all that remains of the invoice when not given")


class LineShown(BaseModel):
    """One line of a bill."""

    kind: str = Field(
        description="usage, conversion, adjustment, margin, included, users, tax, rounding, credit", examples=["usage"]
    )
    description: str = Field(examples=["gpt-4o-mini"])
    quantity: int
    unit: str
    unit_price: str
    amount: str = Field(description="exact; all lines together are the total", examples=["1042.375"])
    source_currency: str | None = Field(None, description="of usage: in which it was metered")
    source_amount: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class InvoiceShown(BaseModel):
    """An invoice, a credit note, or a draft."""

    id: str
    kind: str = Field(examples=["invoice"])
    status: str = Field(description="`draft` or `issued`")
    number: str = Field(description="empty for drafts", examples=["INV/2026-27/0001"])
    currency: str
    period: dict[str, str] = Field(
        examples=[{"first_day": "2026-11-01", "last_day": "2026-11-30", "time_zone": "Asia/Kolkata"}]
    )
    net: str
    tax: str
    total: str
    made_at: str
    issued_at: str | None
    of_invoice: str | None = Field(description="the invoice that a credit note is about")
    sha256: str | None = Field(description="of the document as it was issued")
    intact: bool = Field(description="whether the document still has this hash")


class InvoiceInFull(InvoiceShown):
    """The same with everything in it."""

    seller: dict[str, Any]
    buyer: dict[str, Any]
    lines: list[LineShown]
    taxes: list[dict[str, str]]
    plan_version: int | None
    active_users: int | None
    issued_on: str | None
    due_on: str | None
    reason: str | None = None
    note: str = ""
    remaining: str | None = Field(None, description="of an issued invoice, after its credit notes")


class Invoices(BaseModel):
    """Invoices, credit notes and drafts, those made last first."""

    items: list[InvoiceShown]
    next_cursor: str | None


class Person(BaseModel):
    """What one person comes to."""

    user_id: str
    requests: int
    total_tokens: int
    amount: str = Field(description="token costs with margin, in the plan's currency, before taxes")


class Summary(BaseModel):
    """A period's bill as it stands."""

    period: dict[str, str]
    currency: str
    plan_version: int
    lines: list[LineShown]
    usage: str = Field(description="token costs without margin")
    net: str
    tax: str
    total: str
    active_users: int
    users: list[Person] = Field(description="those who cost the most, up to a hundred")
    invoiced: list[InvoiceShown] = Field(description="issued invoices about a part of this period")


class UserBill(BaseModel):
    """What one person comes to in a period, before what is included in the plan and taxes."""

    user_id: str
    period: dict[str, str]
    currency: str
    lines: list[LineShown]
    usage: str
    net: str


def line_of(row: dict[str, Any]) -> LineShown:
    """A line of a document."""
    return LineShown.model_validate(row)


def lines_of(made: Bill) -> list[LineShown]:
    """The lines of a bill."""
    return [LineShown.model_validate(line.shown()) for line in made.lines]


def _plain(one: Invoice) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "status": one.status,
        "number": one.number,
        "currency": one.currency,
        "period": dict(one.document["period"]),
        "net": one.document["net"],
        "tax": one.document["tax"],
        "total": decimal_text(one.total_nano),
        "made_at": shown_moment(one.made_at),
        "issued_at": shown_moment(one.issued_at) if one.number else None,
        "of_invoice": one.of_invoice or None,
        "sha256": one.digest or None,
        "intact": one.intact,
    }


def shown(one: Invoice) -> InvoiceShown:
    """An invoice in a list."""
    return InvoiceShown.model_validate(_plain(one))


def in_full(one: Invoice, remaining: int | None = None) -> InvoiceInFull:
    """An invoice with everything."""
    document = one.document
    names = ("plan_version", "active_users", "issued_on", "due_on", "reason")
    return InvoiceInFull.model_validate(
        {
            **_plain(one),
            "seller": document["seller"],
            "buyer": document["buyer"],
            "lines": document["lines"],
            "taxes": [
                {"name": row["name"], "amount": decimal_text(int(row["amount_nano"]))} for row in document["taxes"]
            ],
            "note": document.get("note", ""),
            "remaining": None if remaining is None else decimal_text(remaining),
            **{name: document.get(name) for name in names},
        }
    )
