"""Whose days the history of a forecast is made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from tests.control.usage import idle_metering
from torana.control.billing.forecast_routes import basis, by_day
from torana.control.billing.periods import Spell
from torana.control.billing.plans import Rates
from torana.core.calendar import day_of, hour_of
from torana.ports.usage import Line, Sums, Window

AT = 1_795_435_200
"""2026-11-23 12:00 UTC, 07:00 in New York."""


class OneRequest:
    """Sums of one request at AT, as the roll-ups of UTC have them."""

    def series(self, connection: Any, window: Window, by: str | None) -> list[Line]:
        begins = day_of(AT, None) if window.grain == "day" else hour_of(AT, None)
        return [Line(begins, "", "USD", Sums(1, cost_nano=7))] if window.since <= begins < window.until else []


def test_what_was_used_is_of_the_day_that_it_was_in_the_plan_s_zone() -> None:
    log = SimpleNamespace(active_users=lambda connection, window: 0)
    metering: Any = replace(idle_metering(), sums=OneRequest(), log=log)  # type: ignore[arg-type]
    spells = (Spell(AT - 60 * 86_400, AT - 86_400), Spell(AT - 86_400, AT + 5 * 86_400))
    for name in ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Pago_Pago", "Pacific/Kiritimati"):
        zone = ZoneInfo(name)
        found: Any = basis(SimpleNamespace(), metering, "acme", spells, zone)
        costs: dict[date, int] = by_day(found.lines, zone, Rates("USD", []))
        assert costs == {datetime.fromtimestamp(AT, zone).date(): 7}, name
