"""Usage in sums: the dashboard, time series, the hours of the week, by whom and of what.

Everybody sees what their role reaches (``principal.reach``). Single requests are in ``request_routes``.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from pydantic import Field

from torana.control.admission import Asking, room
from torana.control.changes import office_of
from torana.control.principal import Principal
from torana.control.shapes_errors import refusals
from torana.control.tables import table, wants_csv
from torana.control.usage import queries
from torana.control.usage.asked import Period, shown_moment, spell, window, within
from torana.control.usage.shapes import (
    At,
    Cell,
    Dashboard,
    Found,
    Hours,
    Named,
    Series,
    Split,
    UserUsage,
    at,
    figures,
    named,
)
from torana.core.errors import GatewayError
from torana.core.money import decimal_text
from torana.ports.usage import Order, Sums, Window

HOURS_A_DAY = 24
WEEKDAYS = 7
MOST_LINES = 20_000
"""Of a time series: more are no picture, and keep the process busy."""
MOST_NAMES = 1000
Dimension = Literal["department", "team", "user", "key", "model", "provider"]

router = room("usage")


class SeriesQuery(Period):
    """What the time series takes."""

    by: Dimension | None = Field(None, description="split by this dimension")
    limit: int = Field(20, ge=1, le=50, description="so many names, those that cost most; the rest are `(others)`")


class SplitQuery(Period):
    """What the sums by name take."""

    order: Order = Field("cost", description="which names come first")
    limit: int = Field(100, ge=1, le=MOST_NAMES, description="so many names; of a file a thousand when not given")


async def zone_of(request: Request, principal: Principal) -> ZoneInfo:
    """The tenant's time zone."""
    office = office_of(request)
    return ZoneInfo(await office.database.read(queries.zone_of, principal.tenant, office.metering.zone_name))


async def window_of(request: Request, principal: Principal, asked: Period, days: int = 30) -> Window:
    """The Window of a query, within the reach of whoever asks."""
    office = office_of(request)
    times = spell(asked, office.now(), await zone_of(request, principal), days)
    return window(asked, principal.reach, times, office.metering.zone)


@router.get("/usage/dashboard", response_model=Dashboard, responses=refusals())
async def dashboard(request: Request, principal: Asking, asked: Annotated[Period, Query()]) -> Dashboard | Response:
    """A period at a glance: requests, tokens, cost, errors, latency, savings, findings, and who and what leads."""
    metering = office_of(request).metering
    wanted = await window_of(request, principal, asked)
    seen = await office_of(request).database.read(queries.glance, metering, wanted)
    totals, others = figures(seen.totals, metering.currency)
    kinds, complete = seen.findings
    answer = Dashboard(
        since=shown_moment(wanted.since),
        until=shown_moment(wanted.until),
        time_zone=metering.zone_name,
        totals=totals,
        other_currencies=others,
        active_users=seen.active_users,
        latency=queries.latency(seen.times, seen.totals),
        findings=Found(total=sum(kinds.values()), kinds=kinds, complete=complete),
        top_models=[named(line) for line in seen.top["model"]],
        top_teams=[named(line) for line in seen.top["team"]],
        top_users=[named(line) for line in seen.top["user"]],
    )
    return table("usage-dashboard", [answer]) if wants_csv(request, asked.format) else answer


@router.get("/usage/timeseries", response_model=Series, responses=refusals())
async def timeseries(request: Request, principal: Asking, asked: Annotated[SeriesQuery, Query()]) -> Series | Response:
    """Sums by hour or day, split by a dimension where one is named."""
    metering = office_of(request).metering
    wanted = await window_of(request, principal, asked)
    lines = await office_of(request).database.read(queries.series, metering, wanted, asked.by, asked.limit)
    if len(lines) > MOST_LINES:
        message = "since: these are too many hours or days at once. Ask for fewer, or by day."
        raise GatewayError("REQUEST_INVALID", message, param="since")
    items = [at(line, asked.by) for line in lines]
    if wants_csv(request, asked.format):
        return table("usage-timeseries", items, tuple(At.model_fields))
    return Series(
        since=shown_moment(wanted.since),
        until=shown_moment(wanted.until),
        grain=wanted.grain,
        by=asked.by,
        time_zone=metering.zone_name,
        items=items,
    )


@router.get("/usage/hourly", response_model=Hours, responses=refusals())
async def hourly(request: Request, principal: Asking, asked: Annotated[Period, Query()]) -> Hours | Response:
    """Which hours of the week are busy, in the tenant's time zone; the last four weeks when no period is given."""
    metering = office_of(request).metering
    zone = await zone_of(request, principal)
    wanted = await window_of(request, principal, asked.model_copy(update={"grain": "hour"}), 28)
    found = await office_of(request).database.read(queries.week, metering, wanted, zone)
    items = []
    for weekday, hour in ((day, hour) for day in range(WEEKDAYS) for hour in range(HOURS_A_DAY)):
        sums = found.get((weekday, hour), Sums())
        items.append(
            Cell(
                weekday=weekday,
                hour=hour,
                requests=sums.requests,
                errors=sums.errors,
                total_tokens=sums.input_tokens + sums.output_tokens,
                cost=decimal_text(sums.cost_nano),
                currency=metering.currency,
            )
        )
    if wants_csv(request, asked.format):
        return table("usage-hourly", items)
    times = {"since": shown_moment(wanted.since), "until": shown_moment(wanted.until)}
    return Hours(**times, time_zone=str(zone), items=items)


@router.get("/usage/by/{dimension}", response_model=Split, responses=refusals())
async def by(
    request: Request, principal: Asking, dimension: Dimension, asked: Annotated[SplitQuery, Query()]
) -> Split | Response:
    """Sums of each name of a dimension, the most first."""
    metering = office_of(request).metering
    wanted = await window_of(request, principal, asked)
    file = wants_csv(request, asked.format)
    # A file that nobody bounded has as many as there may be, not the first page of a screen.
    ranked = (asked.order, MOST_NAMES if file and "limit" not in asked.model_fields_set else asked.limit)
    lines = await office_of(request).database.read(queries.split, metering, wanted, dimension, ranked)
    items = [named(line) for line in lines]
    if file:
        return table(f"usage-by-{dimension}", items, ("name", *(one for one in Named.model_fields if one != "name")))
    times = {"since": shown_moment(wanted.since), "until": shown_moment(wanted.until)}
    return Split(**times, by=dimension, order=asked.order, items=items)


@router.get("/users/{user_id}/usage", response_model=UserUsage, responses=refusals("NOT_FOUND"))
async def of_user(
    request: Request, principal: Asking, user_id: str, asked: Annotated[Period, Query()]
) -> UserUsage | Response:
    """What one person used: in all, by model, by hour or day."""
    metering = office_of(request).metering
    wanted = await window_of(request, principal, asked)
    wanted = within(wanted, principal.reach, {**asked.where, "user": user_id})
    reach = principal.reach
    found = await office_of(request).database.read(queries.person, metering, wanted, reach, user_id)
    if found is None or wanted.nobody:
        raise GatewayError("NOT_FOUND", "There is no such user here whose usage you may see.")
    days = [at(line, None) for line in found.days]
    if wants_csv(request, asked.format):
        return table("usage-of-user", days, tuple(At.model_fields))
    totals, others = figures(found.totals, metering.currency)
    return UserUsage(
        user_id=user_id,
        since=shown_moment(wanted.since),
        until=shown_moment(wanted.until),
        totals=totals,
        other_currencies=others,
        latency=queries.latency(found.times, found.totals),
        models=[named(line) for line in found.models],
        days=days,
    )
