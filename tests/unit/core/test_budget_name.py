from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.budget_name import UNHELD, BudgetName, budget_name, read_budget_name

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))


@given(
    st.builds(BudgetName, TEXT, st.lists(TEXT, min_size=1).map("\0".join), st.integers(0, 2**40), st.integers(0, 2**40))
)
def test_a_name_is_read_back_whatever_its_parts_hold(name: BudgetName) -> None:
    text = budget_name(*name)
    assert read_budget_name(text) == read_budget_name(UNHELD + text) == name


def test_a_name_is_readable() -> None:
    assert budget_name("team=red-a day", "acme\0red\0day\x002026-11-21", 1.0, 2.0) == (
        "team=red-a%20day/acme/red/day/2026-11-21/1/2"
    )


@pytest.mark.parametrize("text", ["", "rule", "rule/1/2", "rule/acme/x/y"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_budget_name(text)
