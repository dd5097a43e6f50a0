"""Plans, and what a period comes to as it stands: for the tenant, for one person, as a file.

Issued documents are in ``invoice_routes``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Request, Response

from torana.control.admission import Asking, room
from torana.control.audit.entries import Entry
from torana.control.billing import invoices, making
from torana.control.billing.bill import Bill, Counted, bill, with_margin
from torana.control.billing.invoices import Invoice
from torana.control.billing.periods import Spell, active_users, by_person, demand_hours, period_of, pieces, usage_of
from torana.control.billing.plans import KeptPlan, Plan, Rates, plan_of, rates_of, write_plan
from torana.control.billing.shapes import (
    PeriodQuery,
    Person,
    PlanAsk,
    PlanShown,
    Summary,
    UserBill,
    lines_of,
    shown,
)
from torana.control.changes import change, office_of
from torana.control.metering import Metering
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.control.tables import paged_table, table, wants_csv
from torana.control.usage.asked import shown_moment
from torana.control.usage.queries import zone_of
from torana.core.errors import GatewayError
from torana.core.money import NANO, converted, decimal_text, rounded_nano
from torana.ports.database import Connection
from torana.ports.usage import Line, Used, Window

PEOPLE = 100
PAGE = 500

router = room("billing")


async def usual_plan(request: Request, principal: Principal) -> Plan:
    """What holds where nobody wrote a plan: token costs, in the installation's currency and the tenant's time zone."""
    office = office_of(request)
    zone = await office.database.read(zone_of, principal.tenant, office.metering.zone_name)
    return Plan.model_validate({"currency": office.metering.currency, "time_zone": zone})


async def plan_and_period(request: Request, principal: Principal, asked: PeriodQuery) -> tuple[KeptPlan, Spell]:
    """The plan in force, and the period that is asked for. Raises GatewayError REQUEST_INVALID."""
    office = office_of(request)
    usual = await usual_plan(request, principal)
    kept = await office.database.read(plan_of, principal.tenant, usual)
    return kept, period_of(kept.plan, asked.since, asked.until, office.now())


@router.get("/billing/plan", response_model=PlanShown, responses=refusals())
async def plan(request: Request, principal: Asking) -> PlanShown:
    """What the tenant is billed by."""
    usual = await usual_plan(request, principal)
    kept = await office_of(request).database.read(plan_of, principal.tenant, usual)
    return PlanShown(**kept.plan.model_dump(by_alias=True), version=kept.version)


@router.put("/billing/plan", response_model=PlanShown, responses=refusals("CONFLICT"))
async def put_plan(request: Request, principal: Asking, asked: PlanAsk) -> PlanShown:
    """Write the plan, whole. Invoices that were issued stay as they are."""
    if asked.number_prefix == asked.credit_prefix:
        message = "credit_prefix: it must differ from number_prefix, or two documents have one number."
        raise GatewayError("REQUEST_INVALID", message, param="credit_prefix")
    written = Plan.model_validate(asked.model_dump(exclude={"version"}, by_alias=True))
    kept = KeptPlan(written, asked.version)
    entry = Entry("billing", "billing.plan.write", f"plan:{asked.version + 1}", {"currency": written.currency})
    version = await change(
        request, entry, write_plan, principal.tenant, kept, office_of(request).now(), principal.label
    )
    return PlanShown(**written.model_dump(by_alias=True), version=version)


class Seen(NamedTuple):
    """What a summary shows."""

    made: Bill
    users: int
    people: list[Person]
    invoiced: list[Invoice]


def summed(connection: Connection, metering: Metering, kept: KeptPlan, tenant: str, spell: Spell) -> Seen:
    """All of it in one piece."""
    made, counted = making.billed(connection, metering, kept, tenant, spell)
    windows = pieces(spell, metering, tenant, {})
    about = invoices.about(connection, tenant, spell, PEOPLE)
    # Here, in the worker thread: of a thousand people this takes a while.
    return Seen(made, counted.users, people_of(kept.plan, metering, by_person(connection, metering, windows)), about)


@router.get("/billing/summary", response_model=Summary, responses=refusals("CONFLICT"))
async def summary(request: Request, principal: Asking, asked: Annotated[PeriodQuery, Query()]) -> Summary | Response:
    """What a period comes to as things stand; this month when none is given."""
    office = office_of(request)
    kept, spell = await plan_and_period(request, principal, asked)
    seen = await office.database.read(summed, office.metering, kept, principal.tenant, spell)
    lines = lines_of(seen.made)
    if wants_csv(request, asked.format):
        return table("billing-summary", lines)
    return Summary(
        period=dict(making.shown_period(kept.plan, spell)),
        currency=kept.plan.currency,
        plan_version=kept.version,
        lines=lines,
        usage=decimal_text(seen.made.usage_nano),
        net=decimal_text(seen.made.net_nano),
        tax=decimal_text(seen.made.sum_of("tax")),
        total=decimal_text(seen.made.total_nano),
        active_users=seen.users,
        users=seen.people,
        invoiced=[shown(one) for one in seen.invoiced],
    )


def people_of(plan: Plan, metering: Metering, lines: Iterable[Line]) -> list[Person]:
    """People by what they come to with the margin, the dearest first. Of each only sums are kept while lines go by."""
    rates = rates_of(plan, metering.rates())
    counts: dict[str, tuple[int, int]] = {}
    exact: dict[str, int] = defaultdict(int)
    for line in lines:
        sums = line.sums
        requests, tokens = counts.get(line.name, (0, 0))
        counts[line.name] = (requests + sums.requests, tokens + sums.input_tokens + sums.output_tokens)
        if sums.cost_nano:
            exact[line.name] += sums.cost_nano * rates.at(line.currency, line.at)
    amounts = {name: with_margin(plan, rounded_nano(exact[name], NANO)) for name in counts}
    dearest = sorted(counts, key=lambda name: (-amounts[name], name))[:PEOPLE]
    return [
        Person(user_id=name, requests=counts[name][0], total_tokens=counts[name][1], amount=decimal_text(amounts[name]))
        for name in dearest
    ]


def used_by(
    connection: Connection, metering: Metering, tenant: str, user: str, spell: Spell
) -> tuple[list[Line], bool, bool]:
    """What somebody used by model, whether they were active, whether anybody knows them."""
    windows = pieces(spell, metering, tenant, {"user": user})
    lines = usage_of(connection, metering, windows)
    known = connection.execute("SELECT 1 FROM users WHERE tenant = ? AND id = ?", (tenant, user)).fetchone()
    return lines, active_users(connection, metering, windows) > 0, bool(lines) or known is not None


@router.get("/billing/user/{user_id}", response_model=UserBill, responses=refusals("NOT_FOUND"))
async def user_bill(
    request: Request, principal: Asking, user_id: str, asked: Annotated[PeriodQuery, Query()]
) -> UserBill | Response:
    """What one person comes to: token costs by model, margin, and the price of an active user."""
    office = office_of(request)
    kept, spell = await plan_and_period(request, principal, asked)
    lines, active, known = await office.database.read(used_by, office.metering, principal.tenant, user_id, spell)
    if not known:
        raise GatewayError("NOT_FOUND", "There is no such user here.")
    alone = kept.plan.model_copy(update={"taxes": [], "included": "0", "decimals": 6})
    made = bill(alone, rates_of(kept.plan, office.metering.rates()), Counted(lines, int(active)))
    made.lines = [line for line in made.lines if line.kind != "rounding"]
    if wants_csv(request, asked.format):
        return table(
            "billing-user", lines_of(made), ("kind", "description", "quantity", "unit", "unit_price", "amount")
        )
    return UserBill(
        user_id=user_id,
        period=dict(making.shown_period(kept.plan, spell)),
        currency=kept.plan.currency,
        lines=lines_of(made),
        usage=decimal_text(made.usage_nano),
        net=decimal_text(made.net_nano),
    )


def demand_rates(connection: Connection, metering: Metering, windows: list[Window], rates: Rates) -> None:
    """Raise GatewayError REQUEST_INVALID where a day's costs have no exchange rate, CONFLICT where hours are gone."""
    demand_hours(connection, metering, windows)
    for line in usage_of(connection, metering, windows, None):
        if line.sums.cost_nano:
            rates.at(line.currency, line.at)


EXPORTED = (
    "begins_at", "department", "team", "user", "key", "model", "provider", "requests", "input_tokens",
    "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost", "currency", "billed", "billed_currency",
)  # fmt: skip


@router.get(
    "/billing/export/csv",
    response_class=Response,
    responses={
        **refusals("CONFLICT"),
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "a file"},
    },
)
async def export(request: Request, principal: Asking, asked: Annotated[PeriodQuery, Query()]) -> Response:
    """The usage that a period's bill is made of, a row for each day, person, key, model and provider."""
    office = office_of(request)
    kept, spell = await plan_and_period(request, principal, asked)
    rates = rates_of(kept.plan, office.metering.rates())
    # Before the file begins: afterwards nothing can be refused any more.
    await office.database.read(
        demand_rates, office.metering, pieces(spell, office.metering, principal.tenant, {}), rates
    )
    entry = Entry("export", "billing.export", "", {"since": spell.since, "until": spell.until})
    await change(request, entry, lambda connection: None)

    def row(one: Used) -> dict[str, Any]:
        billed = converted(one.cost_nano, rates.at(one.currency, one.at)) if one.cost_nano else 0
        return {
            **one._asdict(),
            "begins_at": shown_moment(one.at),
            "cost": decimal_text(one.cost_nano),
            "billed": decimal_text(billed),
            "billed_currency": kept.plan.currency,
        }

    async def rows() -> AsyncIterator[list[dict[str, Any]]]:
        for window in pieces(spell, office.metering, principal.tenant, {}):
            after: tuple[int, ...] | None = None
            while True:
                page, after = await office.database.read(office.metering.rows.used, window, after, PAGE)
                yield [row(one) for one in page]
                if after is None:
                    break

    return paged_table("billing-usage", EXPORTED, rows())
