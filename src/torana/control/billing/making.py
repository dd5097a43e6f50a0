"""Makes invoices and credit notes of what was used: reads, computes and keeps in one transaction.

Called by the invoice routes through ``changes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from torana.control.billing import adjustments, invoices, late
from torana.control.billing.bill import Bill, BillLine, Counted, bill, rounding_line, tax_lines
from torana.control.billing.invoices import CREDIT, INVOICE, Draft, Invoice, Numbering
from torana.control.billing.periods import Spell, active_users, demand_hours, pieces, usage_of
from torana.control.billing.plans import KeptPlan, Plan, plan_of, rates_of
from torana.control.metering import Metering
from torana.core.errors import GatewayError
from torana.core.money import decimal_text
from torana.ports.database import Connection

MOST_NANO = (1 << 63) - 1
"""The largest total that is kept."""


class Maker(NamedTuple):
    """Who makes something, when, and the id that it gets."""

    tenant: str
    id: str
    now: float
    by: str


def billed(
    connection: Connection, metering: Metering, kept: KeptPlan, tenant: str, spell: Spell
) -> tuple[Bill, Counted]:
    """The bill of a period as things stand, and what it is made of. Raises GatewayError CONFLICT, REQUEST_INVALID."""
    windows = pieces(spell, metering, tenant, {})
    demand_hours(connection, metering, windows)
    users = active_users(connection, metering, windows)
    counted = Counted(
        usage_of(connection, metering, windows), users, adjustments.still_open(connection, tenant, spell.until)
    )
    counted = late.counted_with_late(connection, metering, tenant, spell, counted)
    return bill(kept.plan, rates_of(kept.plan, metering.rates()), counted), counted


def draft(connection: Connection, metering: Metering, otherwise: Plan, maker: Maker, spell: Spell) -> Invoice:
    """Make and keep a draft."""
    kept = plan_of(connection, maker.tenant, otherwise)
    made, _ = _draft(connection, metering, kept, maker, spell)
    invoices.keep_draft(connection, made)
    return _of(connection, maker)


def issue(connection: Connection, metering: Metering, otherwise: Plan, maker: Maker, spell: Spell) -> Invoice:
    """Make an invoice of what is known now, and issue it; a draft of the same id is replaced.

    Raises GatewayError CONFLICT for a period that is not over, or was billed.
    """
    if spell.until > maker.now:
        raise GatewayError("CONFLICT", "The period is not over yet: more may be used in it. Make a draft.")
    kept = plan_of(connection, maker.tenant, otherwise)
    plan = kept.plan
    numbering = _numbering(plan, INVOICE, plan.number_prefix, maker)
    # The number first: two who issue at the same time come one after the other from here on.
    numbered = invoices.next_number(connection, maker.tenant, numbering)
    other = invoices.overlapping(connection, maker.tenant, *spell)
    if other is not None:
        raise GatewayError("CONFLICT", f"A part of this period was billed by {other.number}. Credit that one first.")
    adjustments.lock(connection, maker.tenant)
    made, counted = _draft(connection, metering, kept, maker, spell)
    due = datetime.fromtimestamp(maker.now, plan.zone).date() + timedelta(days=plan.due_days)
    document = {**made.document, "number": numbered[1], "issued_on": _today(plan, maker.now), "due_on": due.isoformat()}
    kept_one = invoices.keep_issued(connection, made._replace(document=document), numbering, numbered)
    adjustments.bill(connection, maker.tenant, spell.until, kept_one.id)
    late.note(connection, maker.tenant, kept_one.id, spell, counted)
    return kept_one


def again(connection: Connection, tenant: str, draft_id: str) -> Spell:
    """The period of a draft. Raises GatewayError NOT_FOUND, CONFLICT when it was issued."""
    one = invoices.found(connection, tenant, draft_id)
    if one is None:
        raise invoices.missing()
    if one.number:
        raise GatewayError("CONFLICT", f"This was issued already, as {one.number}.")
    return Spell(one.since, one.until)


class Credit(NamedTuple):
    """What is credited, and why."""

    invoice_id: str
    reason: str
    net_nano: int | None
    """Before taxes; None: all that remains of the invoice."""


def credit(connection: Connection, otherwise: Plan, maker: Maker, wanted: Credit) -> Invoice:
    """Issue a credit note.

    Raises GatewayError NOT_FOUND, CONFLICT when less remains of the invoice, REQUEST_INVALID for nothing.
    """
    one = invoices.found(connection, maker.tenant, wanted.invoice_id)
    if one is None or one.kind != INVOICE or not one.number:
        raise invoices.missing()
    plan = Plan.model_validate(one.document["plan"])
    issuing = plan_of(connection, maker.tenant, otherwise).plan
    numbering = _numbering(issuing, CREDIT, issuing.credit_prefix, maker)._replace(of_invoice=one.id)
    numbered = invoices.next_number(connection, maker.tenant, numbering)
    left = invoices.remaining(connection, maker.tenant, one)
    made = Bill(one.currency, _credited(plan, wanted, _rest_of(connection, maker.tenant, one), left))
    if left <= 0 or -made.total_nano > left:
        raise GatewayError("CONFLICT", f"Of this invoice {decimal_text(max(0, left))} {one.currency} remain.")
    if not made.total_nano:
        raise GatewayError("REQUEST_INVALID", "net: with its taxes this comes to nothing.", param="net")
    document = {
        **{name: one.document[name] for name in ("tenant", "currency", "period", "seller", "buyer", "plan")},
        "kind": CREDIT,
        "number": numbered[1],
        "issued_on": _today(issuing, maker.now),
        "of_number": one.number,
        "reason": wanted.reason,
        **_amounts(made),
    }
    note = Draft(
        maker.tenant,
        maker.id,
        CREDIT,
        one.currency,
        one.since,
        one.until,
        made.total_nano,
        document,
        maker.now,
        maker.by,
    )
    issued = invoices.keep_issued(connection, note, numbering, numbered)
    if left + made.total_nano == 0:
        adjustments.reopen(connection, maker.tenant, one.id)
    return issued


class Rest(NamedTuple):
    """What remains of an invoice after its credit notes, nano-units."""

    net_nano: int
    taxes: list[tuple[str, int]]


def _rest_of(connection: Connection, tenant: str, one: Invoice) -> Rest:
    documents = [one.document, *(note.document for note in invoices.credit_notes(connection, tenant, one))]
    sums = [0] * len(one.document["taxes"])
    for document in documents:
        for place, row in enumerate(document["taxes"]):
            sums[place] += int(row["amount_nano"])
    names = [row["name"] for row in one.document["taxes"]]
    return Rest(sum(int(document["net_nano"]) for document in documents), [*zip(names, sums, strict=True)])


def _credited(plan: Plan, wanted: Credit, rest: Rest, left: int) -> list[BillLine]:
    """The lines of a credit note: net, taxes and rounding, for all that remains those of the invoice turned round."""
    if wanted.net_nano is None:
        taxes = [BillLine("tax", name, -nano) for name, nano in rest.taxes]
        lines = [BillLine("credit", wanted.reason, -rest.net_nano), *taxes]
        more = -left - sum(line.amount_nano for line in lines)
        return [*lines, *([BillLine("rounding", "Rounding", more)] if more else [])]
    lines = [BillLine("credit", wanted.reason, -wanted.net_nano), *tax_lines(plan, -wanted.net_nano)]
    return [*lines, *rounding_line(sum(line.amount_nano for line in lines), plan.minor)]


def _draft(
    connection: Connection, metering: Metering, kept: KeptPlan, maker: Maker, spell: Spell
) -> tuple[Draft, Counted]:
    made, counted = billed(connection, metering, kept, maker.tenant, spell)
    plan = kept.plan
    document = {
        "kind": INVOICE,
        "tenant": maker.tenant,
        "currency": plan.currency,
        "period": shown_period(plan, spell),
        "seller": plan.seller.model_dump(),
        "buyer": plan.buyer.model_dump(),
        "plan": plan.model_dump(mode="json", by_alias=True),
        "plan_version": kept.version,
        "active_users": counted.users,
        "note": plan.note,
        **_amounts(made),
    }
    total = made.total_nano
    if not -MOST_NANO <= total <= MOST_NANO:
        message = (
            "until: the total is beyond what a document here can say (9,223,372,036 of a currency). Bill fewer days."
        )
        raise GatewayError("REQUEST_INVALID", message, param="until")
    made_draft = Draft(
        maker.tenant, maker.id, INVOICE, plan.currency, *spell, total_nano=total, document=document,
        made_at=maker.now, made_by=maker.by,
    )  # fmt: skip
    return made_draft, counted


def _amounts(made: Bill) -> dict[str, Any]:
    return {
        "lines": [line.shown() for line in made.lines],
        "taxes": [
            {"name": line.description, "amount_nano": str(line.amount_nano)}
            for line in made.lines
            if line.kind == "tax"
        ],
        "net": decimal_text(made.net_nano),
        "net_nano": str(made.net_nano),
        "tax": decimal_text(made.sum_of("tax")),
        "total": decimal_text(made.total_nano),
    }


def shown_period(plan: Plan, spell: Spell) -> Mapping[str, str]:
    """A period by its days."""
    first = datetime.fromtimestamp(spell.since, plan.zone).date()
    last = datetime.fromtimestamp(spell.until - 1, plan.zone).date()
    return {"first_day": first.isoformat(), "last_day": last.isoformat(), "time_zone": plan.time_zone}


def _numbering(plan: Plan, kind: str, prefix: str, maker: Maker) -> Numbering:
    today = datetime.fromtimestamp(maker.now, plan.zone).date()
    year = invoices.fiscal_year(today.year, today.month, plan.fiscal_year_begins)
    return Numbering(kind, prefix, year, maker.now, maker.by)


def _today(plan: Plan, now: float) -> str:
    today: date = datetime.fromtimestamp(now, plan.zone).date()
    return today.isoformat()


def _of(connection: Connection, maker: Maker) -> Invoice:
    one = invoices.found(connection, maker.tenant, maker.id)
    if one is None:
        raise invoices.missing()
    return one
