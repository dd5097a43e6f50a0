from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.calendar import PERIODS, day_of, days_of, hour_of, window_of

ZONES = ["UTC", "Asia/Kolkata", "America/New_York", "America/Havana", "Africa/Cairo", "Pacific/Apia", "Asia/Beirut"]
MOMENTS = st.floats(0, 4_000_000_000, allow_nan=False)
PER = st.sampled_from([*PERIODS, "1d", "10d", "28d"])


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("per", "zone", "moment", "name", "starts", "ends"),
    [
        ("day", "UTC", "2026-11-21T16:00:00+00:00", "2026-11-21", "2026-11-21T00:00+00:00", "2026-11-22T00:00+00:00"),
        # half past one in the night in Kolkata is still yesterday in London
        ("day", "Asia/Kolkata", "2026-11-21T20:00:00+00:00", "2026-11-22", "2026-11-21T18:30Z", "2026-11-22T18:30Z"),
        ("week", "UTC", "2026-11-22T23:59:59+00:00", "2026-11-16", "2026-11-16T00:00Z", "2026-11-23T00:00Z"),
        ("month", "UTC", "2026-12-31T23:59:59+00:00", "2026-12-01", "2026-12-01T00:00Z", "2027-01-01T00:00Z"),
        ("quarter", "UTC", "2026-11-21T00:00:00+00:00", "2026-10-01", "2026-10-01T00:00Z", "2027-01-01T00:00Z"),
        ("year", "UTC", "2028-02-29T00:00:00+00:00", "2028-01-01", "2028-01-01T00:00Z", "2029-01-01T00:00Z"),
        # the day on which the clocks go forward has 23 hours, the one on which they go back 25
        (
            "day",
            "America/New_York",
            "2026-03-08T12:00:00+00:00",
            "2026-03-08",
            "2026-03-08T05:00Z",
            "2026-03-09T04:00Z",
        ),
        (
            "day",
            "America/New_York",
            "2026-11-01T12:00:00+00:00",
            "2026-11-01",
            "2026-11-01T04:00Z",
            "2026-11-02T05:00Z",
        ),
        # in Beirut the clocks go forward at midnight: the day begins at one
        ("day", "Asia/Beirut", "2026-03-29T12:00:00+00:00", "2026-03-29", "2026-03-28T22:00Z", "2026-03-29T21:00Z"),
        # in Havana they go back from one to midnight: midnight comes twice, the day begins with the first
        ("day", "America/Havana", "2026-11-01T05:30:00+00:00", "2026-11-01", "2026-11-01T04:00Z", "2026-11-02T05:00Z"),
    ],
)
def test_windows_begin_at_local_midnight(per: str, zone: str, moment: str, name: str, starts: str, ends: str) -> None:
    assert window_of(at(moment), per, ZoneInfo(zone)) == (name, at(starts), at(ends))


@given(MOMENTS, PER, st.sampled_from(ZONES))
def test_every_moment_lies_in_exactly_one_window_and_the_next_begins_where_it_ends(
    moment: float, per: str, zone: str
) -> None:
    where = ZoneInfo(zone)
    window = window_of(moment, per, where)
    assert window.starts_at <= moment < window.ends_at
    assert window_of(window.starts_at, per, where) == window
    following = window_of(window.ends_at, per, where)
    assert following.starts_at == window.ends_at
    assert following.name > window.name


@given(MOMENTS, st.integers(1, 400))
def test_windows_of_days_are_so_many_days_long(moment: float, days: int) -> None:
    window = window_of(moment, f"{days}d", ZoneInfo("UTC"))
    assert window.ends_at - window.starts_at == days * 86_400
    assert datetime.fromtimestamp(window.starts_at, UTC).hour == 0


@pytest.mark.parametrize("per", ["", "d", "0d", "-1d", "1.5d", "fortnight", "99999d", "²d"])
def test_what_is_no_period_is_an_error(per: str) -> None:
    with pytest.raises(ValueError, match="calendar window"):
        days_of(per)


@pytest.mark.parametrize(
    ("zone", "at", "hour", "day"),
    [
        (None, "2026-11-21T16:59:59+00:00", "2026-11-21T16:00:00+00:00", "2026-11-21T00:00:00+00:00"),
        ("Asia/Kolkata", "2026-11-21T18:45:00+00:00", "2026-11-21T18:30:00+00:00", "2026-11-21T18:30:00+00:00"),
        ("Europe/Berlin", "2026-10-25T12:30:00+00:00", "2026-10-25T12:00:00+00:00", "2026-10-24T22:00:00+00:00"),
    ],
)
def test_hours_and_days_begin_by_the_local_clock(zone: str | None, at: str, hour: str, day: str) -> None:
    moment, where = int(datetime.fromisoformat(at).timestamp()), None if zone is None else ZoneInfo(zone)
    assert hour_of(moment, where) == datetime.fromisoformat(hour).timestamp()
    assert day_of(moment, where) == datetime.fromisoformat(day).timestamp()
