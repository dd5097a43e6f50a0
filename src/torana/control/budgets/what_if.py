"""What a budget would have met: past spending added up in its windows.

Pure. Days are whole: on which of them the limit was reached is known, not at which moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from torana.control.budgets.queries import SpentThen
from torana.control.budgets.shapes import WhatIfAnswer, WhatIfAsk, WindowShown
from torana.core.calendar import window_of
from torana.core.money import decimal_text, nano_from_decimal

MOST = 500


def tried(rows: Iterable[SpentThen], asked: WhatIfAsk, zone: ZoneInfo, currency: str) -> WhatIfAnswer:
    """The windows of everybody whom the budget would be about. ``rows``: in order of days."""
    limit = nano_from_decimal(asked.limit)
    sums: dict[tuple[str, str], int] = {}
    reached: dict[tuple[str, str], str] = {}
    for row in rows:
        place = (row.subject, window_of(row.day, asked.per, zone).name)
        sums[place] = sums.get(place, 0) + row.cost_nano
        if sums[place] >= limit and place not in reached:
            reached[place] = datetime.fromtimestamp(row.day, zone).date().isoformat()
    over = {place: max(0, total - limit) for place, total in sums.items()}
    ordered = sorted(sums, key=lambda place: (-over[place], -sums[place], place))
    return WhatIfAnswer(
        currency=currency,
        windows=len(sums),
        exceeded=len(reached),
        over=decimal_text(sum(over.values())),
        items=[
            WindowShown(
                subject=place[0], window=place[1], spent=decimal_text(sums[place]), over=decimal_text(over[place]),
                used_up_on=reached.get(place),
            )
            for place in ordered[:MOST]
        ],
    )  # fmt: skip
