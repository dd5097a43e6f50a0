"""usage_parts: parts never exceed the count they are of; only what is not standard is a variant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.dialects.usage_parts import variant, within


@given(st.integers(0, 100), st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(-5, 100))))
def test_parts_fit_into_the_whole(whole: int, given_: list[tuple[str, int | None]]) -> None:
    parts = within(whole, given_)
    assert sum(count for _, count in parts) <= whole
    assert all(count > 0 for _, count in parts)


def test_parts_that_fit_are_kept_as_they_are() -> None:
    assert within(10, [("a", 4), ("b", 0), ("c", None), ("d", 6)]) == (("a", 4), ("d", 6))


@pytest.mark.parametrize("value", [None, 3, "", "default", "standard", "auto", "x" * 33])
def test_the_standard_and_nonsense_are_no_variant(value: object) -> None:
    assert variant("service_tier", value) == ()


def test_another_tier_is_a_variant() -> None:
    assert variant("service_tier", "priority") == (("service_tier=priority", 1),)
