"""Calendar windows: the day, week, month, quarter or year that a moment lies in, in a time zone.

Pure arithmetic: a window begins at local midnight, whatever daylight saving does to its length. Called by the limits
room for budgets and by whoever adds up spending.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

PERIODS = ("day", "week", "month", "quarter", "year")
CUSTOM_FROM = date(1970, 1, 5)
"""A Monday: windows of so many days are counted from it."""


class Window(NamedTuple):
    """A stretch of time: from ``starts_at`` (within it) to ``ends_at`` (outside it), epoch seconds, with its name."""

    name: str
    """The local date on which it begins, ``2026-11-01``: with the period it is unique."""
    starts_at: float
    ends_at: float


def window_of(at: float, per: str, zone: ZoneInfo) -> Window:
    """The window of the period that ``at`` (epoch seconds) lies in.

    ``per``: one of PERIODS, or ``<n>d`` for windows of n days counted from a fixed Monday. Weeks begin on Monday
    (ISO 8601). Raises ValueError for another period.
    """
    today = datetime.fromtimestamp(at, zone).date()
    first, following = _bounds(today, per)
    # At a change of the clocks local midnight may come twice or not at all; either side of it belongs to some day.
    return Window(first.isoformat(), midnight(first, zone), midnight(following, zone))


def midnight(day: date, zone: ZoneInfo) -> float:
    """The first moment of the day in the zone, epoch seconds; where there is no midnight, the moment after the gap."""
    # In a gap the arithmetic of PEP 495 (fold=0) gives a moment of that day already: the first one after the gap.
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def hour_of(at: int, zone: ZoneInfo | None) -> int:
    """The beginning of the local hour that ``at`` lies in, epoch seconds. None: UTC."""
    local = datetime.fromtimestamp(at, zone or UTC)
    return at - local.minute * 60 - local.second


def day_of(at: int, zone: ZoneInfo | None) -> int:
    """The beginning of the local day that ``at`` lies in, epoch seconds. None: UTC."""
    local = datetime.fromtimestamp(at, zone or UTC)
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp())


def days_of(per: str) -> int:
    """The n of ``<n>d``. Raises ValueError for what is no such period."""
    if per.endswith("d") and per[:-1].isascii() and per[:-1].isdigit() and 0 < int(per[:-1]) <= 3660:
        return int(per[:-1])
    raise ValueError(f"no calendar window {per!r}: one of {', '.join(PERIODS)}, or a number of days such as 10d")


def _bounds(today: date, per: str) -> tuple[date, date]:
    match per:
        case "day":
            return today, today + timedelta(days=1)
        case "week":
            monday = today - timedelta(days=today.weekday())
            return monday, monday + timedelta(days=7)
        case "month":
            first = today.replace(day=1)
            return first, _months_later(first, 1)
        case "quarter":
            first = today.replace(month=today.month - (today.month - 1) % 3, day=1)
            return first, _months_later(first, 3)
        case "year":
            first = today.replace(month=1, day=1)
            return first, _months_later(first, 12)
        case _:
            length = days_of(per)
            first = today - timedelta(days=(today - CUSTOM_FROM).days % length)
            return first, first + timedelta(days=length)


def _months_later(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
