"""Periods side by side count every hour once, whoever's days are summed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.control.usage import idle_metering
from torana.control.billing.periods import Spell, period_of, pieces
from torana.control.billing.plans import Plan
from torana.core.calendar import day_of, hour_of
from torana.core.errors import GatewayError
from torana.ports.usage import Window

ZONES = ("UTC", "Asia/Kolkata", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
HOUR = 3600

zones = st.sampled_from(ZONES)
days = st.dates(date(2024, 1, 1), date(2027, 12, 1))


def counted(hour: int, windows: list[Window], zone: ZoneInfo) -> int:
    """In how many windows an hour of the sums is."""
    day = day_of(hour, zone)
    return sum(one.since <= (day if one.grain == "day" else hour) < one.until for one in windows)


@given(zones, zones, days, st.lists(st.integers(1, 40), min_size=2, max_size=4))
def test_every_hour_is_in_one_of_the_periods_side_by_side(
    ours: str, theirs: str, first: date, lengths: list[int]
) -> None:
    summed_in = ZoneInfo(ours)
    metering = replace(idle_metering(), zone=summed_in)
    plan = Plan.model_validate({"time_zone": theirs})
    bounds = [first]
    for length in lengths:
        bounds.append(bounds[-1] + timedelta(days=length))
    spells = [period_of(plan, since, until, 0.0) for since, until in pairwise(bounds)]
    windows = [one for spell in spells for one in pieces(spell, metering, "acme", {})]
    assert [one.since for one in spells[1:]] == [one.until for one in spells[:-1]]
    begin, end = spells[0].since, spells[-1].until
    for at in range(begin - 3 * HOUR, end + 3 * HOUR, HOUR // 2):
        hour = hour_of(at, summed_in)
        assert counted(hour, windows, summed_in) == (1 if begin <= hour < end else 0)


def test_a_month_of_one_s_own_days_is_read_by_the_day() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    plan = Plan.model_validate({"time_zone": "Asia/Kolkata"})
    spell = period_of(plan, date(2026, 11, 1), None, 0.0)
    (window,) = pieces(spell, replace(idle_metering(), zone=zone), "acme", {})
    assert (window.grain, window.since, window.until) == ("day", spell.since, spell.until)


def test_without_days_it_is_this_month() -> None:
    plan = Plan.model_validate({"time_zone": "UTC"})
    assert period_of(plan, None, None, 1_780_300_000.0) == Spell(1_780_272_000, 1_782_864_000)


def test_a_period_that_cannot_be_is_refused() -> None:
    plan = Plan.model_validate({})
    for since, until in ((date(2026, 1, 2), date(2026, 1, 2)), (date(2025, 1, 1), date(2026, 6, 1))):
        with pytest.raises(GatewayError, match="until"):
            period_of(plan, since, until, 0.0)
