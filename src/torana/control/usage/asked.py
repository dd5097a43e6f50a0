"""What is asked of usage: times, grain and filters of a query, as a Window within the reach of whoever asks.

It reads nothing. Called by the routes of ``usage`` and ``billing``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from torana.control.principal import Reach
from torana.control.tables import Format
from torana.core.calendar import day_of, hour_of, midnight
from torana.core.errors import GatewayError
from torana.ports.usage import Grain, Window

DAY_S = 86_400
BY_HOUR_UP_TO_S = 3 * DAY_S
"""Sums over no more than this are made of hours, when nobody says."""
LONGEST_S = 3_660 * DAY_S
DIMENSIONS = ("department", "team", "user", "key", "model", "provider")

Name = Annotated[str, Field(default="", max_length=256)]


class Filters(BaseModel):
    """Whose usage, of what."""

    model_config = ConfigDict(extra="forbid")

    department: Name = Field("", description="id of a department")
    team: Name = Field("", description="id of a team")
    user: Name = Field("", description="id of a user")
    key: Name = Field("", description="id of a key")
    model: Name = Field("", description="name of a model")
    provider: Name = Field("", description="id of a provider")
    format: Format | None = Field(None, description="`csv` for a file; else JSON, or what Accept says")

    @property
    def where(self) -> dict[str, str]:
        """Dimension → name, of those that were named."""
        return {name: value for name in DIMENSIONS if (value := getattr(self, name))}


class Period(Filters):
    """The same within a stretch of time."""

    since: str | None = Field(
        None, description="RFC 3339 time, or a date in the tenant's time zone; the last 30 days when not given"
    )
    until: str | None = Field(None, description="the end, not within; now when not given")
    grain: Grain | None = Field(None, description="sums by `hour` or `day`; by hour up to three days when not given")


def spell(asked: Period, now: float, zone: tzinfo, days: int = 30) -> tuple[int, int]:
    """The times that are asked for, epoch seconds. Raises GatewayError REQUEST_INVALID."""
    until = int(now) + 1 if asked.until is None else moment(asked.until, "until", zone)
    since = until - days * DAY_S if asked.since is None else moment(asked.since, "since", zone)
    if since >= until:
        raise GatewayError("REQUEST_INVALID", "since: it must be before until.", param="since")
    if until - since > LONGEST_S:
        raise GatewayError("REQUEST_INVALID", "since: no more than ten years at once.", param="since")
    return since, until


def window(asked: Period, reach: Reach, times: tuple[int, int], summed_in: tzinfo) -> Window:
    """The Window; it begins with the hour or day that its first moment lies in, in the zone of the sums."""
    since, until = times
    grain = asked.grain or ("hour" if until - since <= BY_HOUR_UP_TO_S else "day")
    zone = summed_in if isinstance(summed_in, ZoneInfo) else None
    begins = day_of(since, zone) if grain == "day" else hour_of(since, zone)
    return within(Window(reach.tenant, begins, until, grain), reach, asked.where)


def within(wanted: Window, reach: Reach, where: dict[str, str]) -> Window:
    """The Window with these filters, within the reach; of nobody where one contradicts the other."""
    names = reach.names
    beyond = any(where.get(name, value) != value for name, value in names.items())
    return wanted._replace(where={**where, **names}, nobody=reach.nobody or beyond)


def moment(text: str, field: str, zone: tzinfo) -> int:
    """Epoch seconds of an RFC 3339 time, or of the midnight with which a date begins. Raises GatewayError REQUEST_INVALID."""
    try:
        if len(text) == len("2026-11-01"):
            named = zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")
            return int(midnight(date.fromisoformat(text), named))
        found = datetime.fromisoformat(text)
        at = int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp())
    except (ValueError, OverflowError) as fault:
        message = f"{field}: give a date such as 2026-11-01 or an RFC 3339 time such as 2026-11-01T09:30:00Z."
        raise GatewayError("REQUEST_INVALID", message, param=field) from fault
    if not 0 <= at < 1 << 34:
        raise GatewayError("REQUEST_INVALID", f"{field}: the years from 1970 to 2500 are known here.", param=field)
    return at


def shown_moment(at: float) -> str:
    """RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown_ms(at_ms: int) -> str:
    """The same to the millisecond."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"
