"""Which hours and days a billing period is made of, and what was used in them.

Sums are by the installation's days. Where the plan's days are others, the edges of a period are taken by the hour: an hour
belongs to the period in which it begins, so that two periods side by side count nothing twice and leave out nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from torana.control.billing.plans import Plan
from torana.control.metering import Metering
from torana.core.calendar import day_of, midnight, window_of
from torana.core.errors import GatewayError
from torana.ports.database import Connection
from torana.ports.usage import Line, Window

DAY_S = 86_400
LONGEST_S = 400 * DAY_S
"""Sums by the hour are kept so long: no bill is for more."""

KNOWN = (1970, 2500)
"""Years, as usage has them."""


class Spell(NamedTuple):
    """A billing period: epoch seconds, ``until`` excluded; both are midnights of the plan's time zone."""

    since: int
    until: int


def period_of(plan: Plan, since: date | None, until: date | None, now: float) -> Spell:
    """The days from ``since`` up to ``until``, that not within; this month without. Raises GatewayError REQUEST_INVALID."""
    demand_known(since, until)
    month = window_of(now, "month", plan.zone)
    begins = int(month.starts_at) if since is None else int(midnight(since, plan.zone))
    month = window_of(begins, "month", plan.zone)
    ends = int(month.ends_at if until is None else midnight(until, plan.zone))
    if not begins < ends:
        raise GatewayError("REQUEST_INVALID", "until: it must be after since; it is not within.", param="until")
    if ends - begins > LONGEST_S:
        raise GatewayError("REQUEST_INVALID", "until: a bill is for 400 days at the most.", param="until")
    return Spell(begins, ends)


def demand_known(since: date | None, until: date | None) -> None:
    """Raise GatewayError REQUEST_INVALID for a day of a year that usage does not know."""
    for name, day in (("since", since), ("until", until)):
        if day is not None and not KNOWN[0] <= day.year <= KNOWN[1]:
            message = f"{name}: the years from {KNOWN[0]} to {KNOWN[1]} are known here."
            raise GatewayError("REQUEST_INVALID", message, param=name, details={"field": name})


def pieces(spell: Spell, metering: Metering, tenant: str, where: Mapping[str, str]) -> list[Window]:
    """The hours and days that the period is made of."""
    zone = metering.zone if isinstance(metering.zone, ZoneInfo) else None
    first = day_of(spell.since, zone)
    first = first if first == spell.since else _next_day(first, zone)
    last = day_of(spell.until, zone)
    whole = Window(tenant, spell.since, spell.until, "hour", where)
    if first >= last:
        return [whole]
    edges = [whole._replace(until=first), whole._replace(since=last)]
    return [Window(tenant, first, last, "day", where), *(one for one in edges if one.since < one.until)]


def demand_hours(connection: Connection, metering: Metering, windows: list[Window]) -> None:
    """Raise GatewayError CONFLICT where the sums by hour that a period's edge is made of were deleted for their age."""
    zone = metering.zone if isinstance(metering.zone, ZoneInfo) else None
    for window in windows:
        if window.grain == "hour":
            first = day_of(window.since, zone)
            days = window._replace(since=first, until=_next_day(day_of(window.until - 1, zone), zone), grain="day")
            by_day, by_hour = (
                sum(line.sums.requests for line in metering.sums.totals(connection, one))
                for one in (days, days._replace(grain="hour"))
            )
            if by_hour < by_day:
                day = datetime.fromtimestamp(first, zone or UTC).date().isoformat()
                message = (
                    f"The sums by hour of {day} are no longer kept (audit.retention_hourly_days), and this period begins or "
                    f"ends within that day of {metering.zone_name}. Write time_zone {metering.zone_name} into the plan."
                )
                raise GatewayError("CONFLICT", message, details={"field": "since", "day": day})


def _next_day(day: int, zone: ZoneInfo | None) -> int:
    # From noon to noon: no day is so short or so long that this misses the next one.
    return day_of(day + 36 * 3600, zone)


def usage_of(connection: Connection, metering: Metering, windows: list[Window], by: str | None = "model") -> list[Line]:
    """Sums of every hour or day of the pieces, by name of a dimension."""
    return [line for window in windows for line in metering.sums.series(connection, window, by)]


def active_users(connection: Connection, metering: Metering, windows: list[Window]) -> int:
    """How many people asked something."""
    if len(windows) == 1:
        return metering.log.active_users(connection, windows[0])
    return len({line.name for line in by_person(connection, metering, windows)} - {""})


def by_person(connection: Connection, metering: Metering, windows: list[Window]) -> Iterator[Line]:
    """Sums of every hour or day of the pieces by user, read a day at a time: people times days may be more than memory holds."""
    for window in windows:
        for since in range(window.since, window.until, DAY_S):
            day = window._replace(since=since, until=min(since + DAY_S, window.until))
            yield from metering.sums.series(connection, day, "user")
