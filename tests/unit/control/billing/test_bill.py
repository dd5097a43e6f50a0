"""Invoices add up: whatever was used, in whichever currencies, at whichever rates."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.billing.bill import Adjustment, Counted, bill, payable, per_cent
from torana.control.billing.plans import Plan, Rates
from torana.core.errors import GatewayError
from torana.core.money import NANO
from torana.ports.usage import Line, Sums

DAY = 86_400
CURRENCIES = ("USD", "EUR", "INR")

amounts = st.integers(0, 10**15)
usage = st.lists(
    st.builds(
        lambda day, name, currency, nano, count: Line(day * DAY, name, currency, Sums(requests=count, cost_nano=nano)),
        st.integers(0, 40),
        st.sampled_from(["m1", "m2", "m3", ""]),
        st.sampled_from(CURRENCIES),
        amounts,
        st.integers(1, 1000),
    ),
    max_size=40,
)
rates = st.lists(
    st.tuples(
        st.sampled_from(["USD", "EUR"]), st.just("INR"), st.integers(0, 40 * DAY).map(float), st.integers(1, 10**12)
    ),
    max_size=8,
).map(lambda more: Rates("INR", [("USD", "INR", 0.0, 83_123_456_789), ("EUR", "INR", 0.0, 91 * NANO), *more]))
plans = st.builds(
    lambda margin, taxes, included, price, decimals: Plan.model_validate(
        {
            "currency": "INR", "margin_bp": margin, "included": f"{included}.01", "price_per_user": f"{price}.333333333",
            "taxes": [{"name": f"t{number}", "rate_bp": one} for number, one in enumerate(taxes)], "decimals": decimals,
        }
    ),
    st.integers(0, 20_000), st.lists(st.integers(0, 3000), max_size=4), st.integers(0, 10**6), st.integers(0, 1000), st.integers(0, 6),
)  # fmt: skip


@given(usage)
def test_in_one_currency_the_lines_are_the_rows_to_the_nano_unit(rows: list[Line]) -> None:
    for currency in CURRENCIES:
        own = [one for one in rows if one.currency == currency]
        plan = Plan.model_validate({"currency": currency, "decimals": 2})
        made = bill(plan, Rates(currency, []), Counted(own))
        assert made.usage_nano == sum(one.sums.cost_nano for one in own)
        assert made.sum_of("conversion") == 0
        assert made.net_nano == made.usage_nano


@given(usage, rates)
def test_converted_the_lines_are_the_rows_rounded_once(rows: list[Line], known: Rates) -> None:
    made = bill(Plan.model_validate({"currency": "INR"}), known, Counted(rows))
    exact = sum((Fraction(one.sums.cost_nano * known.at(one.currency, one.at), NANO) for one in rows), Fraction())
    assert abs(made.usage_nano - exact) <= Fraction(1, 2)
    assert sum(one.quantity for one in made.lines if one.kind == "usage") == sum(one.sums.requests for one in rows)
    for currency in CURRENCIES:
        told = sum(one.source_nano for one in made.lines if one.kind == "usage" and one.source_currency == currency)
        assert told == sum(one.sums.cost_nano for one in rows if one.currency == currency)


@given(
    usage, rates, plans, st.integers(0, 500), st.lists(st.tuples(st.integers(0, 40), st.integers(-(10**13), 10**13)))
)
def test_the_total_is_the_sum_of_all_lines_and_payable(
    rows: list[Line], known: Rates, plan: Plan, users: int, differences: list[tuple[int, int]]
) -> None:
    adjustments = [Adjustment(day * DAY, "USD", nano) for day, nano in differences]
    made = bill(plan, known, Counted(rows, users, adjustments))
    assert made.total_nano == sum(one.amount_nano for one in made.lines)
    assert made.total_nano == payable(made.total_nano, plan.minor)
    assert made.total_nano % 10 ** (9 - plan.minor) == 0
    assert abs(made.sum_of("rounding")) * 2 <= 10 ** (9 - plan.minor)
    for tax, line in zip(plan.taxes, [one for one in made.lines if one.kind == "tax"], strict=True):
        assert abs(Fraction(made.net_nano * tax.rate_bp, 10_000) - line.amount_nano) <= Fraction(1, 2)
    assert -made.sum_of("included") <= max(0, made.usage_nano + made.sum_of("adjustment", "margin"))


def test_each_day_is_converted_at_its_own_rate() -> None:
    known = Rates("INR", [("USD", "INR", 0.0, 80 * NANO), ("USD", "INR", float(DAY), 90 * NANO)])
    rows = [Line(0, "m", "USD", Sums(1, cost_nano=NANO)), Line(DAY, "m", "USD", Sums(1, cost_nano=NANO))]
    assert bill(Plan.model_validate({"currency": "INR"}), known, Counted(rows)).usage_nano == 170 * NANO


def test_a_day_without_a_rate_is_named_with_its_remedy() -> None:
    with pytest.raises(GatewayError, match="from EUR to INR"):
        Rates("INR", [("EUR", "INR", 10.0, 1)]).at("EUR", 9.0)


def test_basis_points_are_told_as_per_cent() -> None:
    assert [per_cent(one) for one in (900, 25, 1850, 0)] == ["9 %", "0.25 %", "18.5 %", "0 %"]


def test_currencies_round_to_their_own_smallest_unit() -> None:
    for currency, total in (("JPY", Decimal(2)), ("INR", Decimal("1.50")), ("KWD", Decimal("1.499"))):
        plan = Plan.model_validate({"currency": currency})
        row = Line(0, "m", currency, Sums(1, cost_nano=1_499_000_000))
        made = bill(plan, Rates(currency, []), Counted([row]))
        assert Decimal(made.total_nano) / NANO == (total if currency != "JPY" else Decimal(1))


def test_a_price_is_printed_as_a_plain_decimal_however_it_was_written() -> None:
    plan = Plan.model_validate({"price_per_user": "1e2"})
    (line,) = bill(plan, Rates("USD", []), Counted([], users=2)).lines
    assert (line.unit_price, line.amount_nano) == ("100.00", 200 * 10**9)
