"""Money is exact: nothing vanishes, nothing is rounded twice."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.money import NANO, TOKENS_PER_PRICE, decimal_text, nano_from_decimal, rounded, rounded_nano

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
