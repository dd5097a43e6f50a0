"""Money is exact: nothing vanishes, nothing is rounded twice."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.money import (
    NANO,
    TOKENS_PER_PRICE,
    converted,
    decimal_text,
    nano_from_decimal,
    nearest_nano,
    rounded,
    rounded_nano,
)

HUGE = st.integers(-(10**40), 10**40)


def half_even(value: Fraction) -> int:
    """Round by the book: Fraction.__round__ rounds half to even, exactly."""
    return round(value)


@given(HUGE)
def test_an_amount_survives_being_written_and_read(nano: int) -> None:
    assert nano_from_decimal(decimal_text(nano)) == nano


@given(HUGE)
def test_a_written_amount_is_the_amount(nano: int) -> None:
    text = decimal_text(nano)
    assert Fraction(text) == Fraction(nano, NANO)
    assert "e" not in text.lower()
    assert 2 <= len(text.partition(".")[2]) <= 9


@pytest.mark.parametrize(
    ("nano", "text"),
    [(0, "0.00"), (1, "0.000000001"), (-1, "-0.000000001"), (200, "0.0000002"), (2_500_000_000, "2.50"),
     (-2_500_000_000, "-2.50"), (10**27, "1000000000000000000.00")],
)  # fmt: skip
def test_amounts_are_written_plainly(nano: int, text: str) -> None:
    assert decimal_text(nano) == text


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(-(10**15), 10**15)), max_size=6))
def test_a_cost_is_the_exact_sum_rounded_once_half_to_even(charges: list[tuple[int, int]]) -> None:
    exact = sum((Fraction(count * price, TOKENS_PER_PRICE) for count, price in charges), Fraction())
    assert rounded_nano(sum(count * price for count, price in charges)) == half_even(exact)


@pytest.mark.parametrize(
    ("product", "cost"), [(500_000, 0), (1_500_000, 2), (2_500_000, 2), (-500_000, 0), (-1_500_000, -2), (500_001, 1)]
)
def test_halves_go_to_the_even_neighbour(product: int, cost: int) -> None:
    assert rounded_nano(product) == cost


def test_parts_that_would_each_round_away_still_count_together() -> None:
    assert rounded_nano(300_000) == 0
    assert rounded_nano(300_000 + 300_000) == 1


@pytest.mark.parametrize(
    "text", ["", "x", "1,5", "NaN", "sNaN", "Infinity", "-inf", "1e-10", "0.0000000001", "1e99999999"]
)
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount|finer|digits"):
        nano_from_decimal(text)


@given(st.integers(10**60, 10**70))
def test_an_amount_with_too_many_digits_is_refused_never_rounded(number: int) -> None:
    with pytest.raises(ValueError, match="digits|large"):
        nano_from_decimal(str(number))


@given(HUGE)
def test_an_amount_with_more_digits_than_the_default_context_is_not_rounded(number: int) -> None:
    assert nano_from_decimal(str(number)) == number * NANO


@given(st.integers(-(10**18), 10**18), st.integers(0, 9))
def test_an_amount_on_a_screen_is_rounded_half_to_even(nano: int, decimals: int) -> None:
    step = Fraction(NANO, 10**decimals)
    assert Fraction(rounded(nano, decimals)) == half_even(Fraction(nano) / step) * Fraction(1, 10**decimals)
    assert -rounded(nano, decimals).as_tuple().exponent == decimals


def test_an_amount_may_be_given_as_a_number() -> None:
    assert nano_from_decimal(3) == nano_from_decimal(Decimal("3.0")) == 3 * NANO


@given(st.integers(0, 10**18), st.integers(0, 10**15))
def test_an_amount_in_another_currency_is_rounded_once_half_to_even(nano: int, rate: int) -> None:
    assert converted(nano, rate) == half_even(Fraction(nano * rate, NANO))


def test_rupees_are_shown_of_dollars_at_a_rate() -> None:
    assert decimal_text(converted(nano_from_decimal("2.50"), nano_from_decimal("83.12"))) == "207.80"


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("0.0833333333333333", 83_333_333),
        ("1.0399999999999998", 1_040_000_000),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
    ],
)
def test_a_price_of_somebody_elses_is_taken_to_the_nearest_nano_unit(text: str, nano: int) -> None:
    assert nearest_nano(Decimal(text)) == nano


@given(
    st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 10**12)), max_size=6), st.sampled_from([1, 7, 18_000_000])
)
def test_a_cost_in_other_parts_is_rounded_the_same(charges: list[tuple[int, int]], per: int) -> None:
    total = sum(count * price for count, price in charges)
    assert rounded_nano(total, per) == half_even(Fraction(total, per))
