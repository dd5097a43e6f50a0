"""What a budget would have met: nothing of past spending is lost between its windows."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from torana.control.budgets.queries import SpentThen
from torana.control.budgets.shapes import WhatIfAsk
from torana.control.budgets.what_if import tried
from torana.core.money import nano_from_decimal

DAY = 86_400
ROWS = st.lists(
    st.builds(
        SpentThen,
        st.sampled_from(["books", "tax"]),
        st.integers(20_000, 20_200).map(lambda day: day * DAY),
        st.integers(0, 10**12),
    ),
    max_size=60,
).map(lambda rows: sorted(rows, key=lambda row: row.day))


@given(ROWS, st.sampled_from(["day", "week", "month", "quarter", "7d"]), st.integers(1, 10**12))
def test_what_was_spent_is_in_its_windows_and_what_is_over_is_beyond_the_limit(
    rows: list[SpentThen], per: str, limit: int
) -> None:
    amount = Decimal(limit).scaleb(-9)
    found = tried(rows, WhatIfAsk(scope="team", limit=amount, per=per), ZoneInfo("UTC"), "USD")
    spent = [nano_from_decimal(one.spent) for one in found.items]
    assert sum(spent) == sum(row.cost_nano for row in rows)
    over = sum(max(0, one - limit) for one in spent)
    assert nano_from_decimal(found.over) == over
    assert found.exceeded == sum(one >= limit for one in spent)
    assert all((one.used_up_on is not None) == (nano_from_decimal(one.spent) >= limit) for one in found.items)
