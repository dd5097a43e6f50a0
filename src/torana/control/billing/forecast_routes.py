"""The forecast of a month, with its method and its interval.

The arithmetic is ``forecast``'s. Nothing is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from torana.control.admission import Asking, room
from torana.control.billing.bill import Counted, bill
from torana.control.billing.forecast import COVERS, HISTORY_DAYS, METHOD, Forecast, forecast
from torana.control.billing.making import shown_period
from torana.control.billing.periods import Spell, active_users, pieces, usage_of
from torana.control.billing.plans import Plan, Rates, plan_of, rates_of
from torana.control.billing.routes import usual_plan
from torana.control.changes import office_of
from torana.control.metering import Metering
from torana.control.shapes_errors import refusals
from torana.control.tables import Format, table, wants_csv
from torana.control.usage.asked import shown_moment
from torana.core.calendar import midnight, window_of
from torana.core.money import NANO, decimal_text, nearest_nano, rounded_nano
from torana.ports.database import Connection
from torana.ports.usage import Line, Sums, Window

DAY_S = 86_400

router = room("billing")


class Ask(BaseModel):
    """How the answer is to be."""

    model_config = ConfigDict(extra="forbid")

    format: Format | None = None


class DayShown(BaseModel):
    """One day of the month."""

    day: str = Field(examples=["2026-11-21"])
    actual: str | None = Field(description="token costs so far; null for days to come")
    expected: str | None = Field(description="of today and days to come; null for days that are over")


class Range(BaseModel):
    """What is expected, and between what."""

    expected: str = Field(examples=["1520.40"])
    low: str | None = Field(description="null: less than a week is known", examples=["1380.10"])
    high: str | None = Field(examples=["1660.70"])


class ForecastShown(BaseModel):
    """What this month will come to."""

    period: dict[str, str]
    currency: str
    as_of: str
    method: str
    covers: float = Field(description="how often the interval is meant to hold what comes", examples=[0.8])
    basis_days: int = Field(description="days that are over and were looked at, from the first with usage on")
    spent: str = Field(description="token costs of this month so far")
    usage: Range = Field(description="token costs of the whole month")
    bill: Range = Field(description="the same with margin, active users so far, taxes and rounding")
    days: list[DayShown]


class Basis(NamedTuple):
    """What a forecast is made of."""

    lines: list[Line]
    users: int


def basis(
    connection: Connection, metering: Metering, tenant: str, spells: tuple[Spell, Spell], zone: ZoneInfo
) -> Basis:
    """The costs of both spells together, by days of the zone or by hours, and who was active in the second."""
    history, month = spells
    whole = Spell(history.since, month.until)
    # The installation's days lie across those of another zone: most of one may be of the day after it begins.
    windows = (
        pieces(whole, metering, tenant, {}) if str(metering.zone) == str(zone) else [Window(tenant, *whole, "hour")]
    )
    lines = usage_of(connection, metering, windows, None)
    return Basis(lines, active_users(connection, metering, pieces(month, metering, tenant, {})))


@router.get("/billing/forecast", response_model=ForecastShown, responses=refusals())
async def month(request: Request, principal: Asking, asked: Annotated[Ask, Query()]) -> ForecastShown | Response:
    """What this month will come to: by weekday and level of the last eight weeks, with an interval for 80 %."""
    office = office_of(request)
    metering = office.metering
    usual = await usual_plan(request, principal)
    plan = (await office.database.read(plan_of, principal.tenant, usual)).plan
    now = office.now()
    today = datetime.fromtimestamp(now, plan.zone).date()
    window = window_of(now, "month", plan.zone)
    spell = Spell(int(window.starts_at), int(window.ends_at))
    history = Spell(min(int(midnight(today - timedelta(days=HISTORY_DAYS), plan.zone)), spell.since), spell.since)
    found = await office.database.read(basis, metering, principal.tenant, (history, spell), plan.zone)
    costs = by_day(found.lines, plan.zone, rates_of(plan, metering.rates()))
    known = [costs.get(today - timedelta(days=back), 0) for back in range(HISTORY_DAYS, 0, -1)]
    known = known[next((number for number, nano in enumerate(known) if nano), len(known)) :]
    last = datetime.fromtimestamp(spell.until - 1, plan.zone).date()
    ahead = forecast([nano / NANO for nano in known], today.weekday(), (last - today).days + 1)
    left_of_today = 1.0 - (now - midnight(today, plan.zone)) / DAY_S
    first = datetime.fromtimestamp(spell.since, plan.zone).date()
    spent = sum(nano for day, nano in costs.items() if first <= day <= today)
    usage = whole_month(spent, ahead, max(0.0, min(1.0, left_of_today)))
    days = [shown_day(first + timedelta(days=number), today, costs, ahead) for number in range((last - first).days + 1)]
    if wants_csv(request, asked.format):
        return table("billing-forecast", days)
    return ForecastShown(
        period=dict(shown_period(plan, spell)),
        currency=plan.currency,
        as_of=shown_moment(now),
        method=METHOD,
        covers=COVERS,
        basis_days=len(known),
        spent=decimal_text(spent),
        usage=shown(usage),
        bill=shown([None if nano is None else billed(plan, nano, found.users) for nano in usage]),
        days=days,
    )


def by_day(lines: Sequence[Line], zone: ZoneInfo, rates: Rates) -> dict[date, int]:
    """Nano-units of the plan's currency by local date."""
    exact: dict[date, int] = defaultdict(int)
    for line in lines:
        if line.sums.cost_nano:
            exact[datetime.fromtimestamp(line.at, zone).date()] += line.sums.cost_nano * rates.at(
                line.currency, line.at
            )
    return {day: rounded_nano(total, NANO) for day, total in exact.items()}


def whole_month(spent: int, ahead: Forecast, left_of_today: float) -> tuple[int, int | None, int | None]:
    """Expected, low, high: what was spent, and what is to come of today and later days. Never below what was spent."""
    over = ahead.days[0] * (1.0 - left_of_today) if ahead.days else 0.0

    def total(estimate: float) -> int:
        return spent + nano_of(max(0.0, estimate - over))

    low = None if ahead.low is None else total(ahead.low)
    high = None if ahead.high is None else total(ahead.high)
    return total(ahead.expected), low, high


def billed(plan: Plan, usage_nano: int, users: int) -> int:
    """What the bill would be with so much usage."""
    line = Line(0, "", plan.currency, Sums(cost_nano=usage_nano))
    return bill(plan, Rates(plan.currency, []), Counted([line], users)).total_nano


def shown(amounts: Sequence[int | None]) -> Range:
    """Expected, low and high as decimals."""
    expected, low, high = (None if nano is None else decimal_text(nano) for nano in amounts)
    return Range(expected=expected or "0.00", low=low, high=high)


def shown_day(day: date, today: date, costs: dict[date, int], ahead: Forecast) -> DayShown:
    """One day: what it came to, what it is expected to."""
    number = (day - today).days
    return DayShown(
        day=day.isoformat(),
        actual=decimal_text(costs.get(day, 0)) if number <= 0 else None,
        expected=decimal_text(nano_of(ahead.days[number])) if 0 <= number < len(ahead.days) else None,
    )


def nano_of(units: float) -> int:
    """An estimate in nano-units."""
    return nearest_nano(Decimal(units))
