from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from torana.control.tables import STARTS_A_FORMULA, cell, flat, written


@given(st.text())
def test_no_text_begins_a_formula(text: str) -> None:
    made = cell(text)
    assert not made.startswith(STARTS_A_FORMULA) or made.lstrip("+-").replace(".", "", 1).isdigit()
    assert made.removeprefix("'") == text.removeprefix("'")


def test_amounts_below_nought_stay_numbers() -> None:
    assert [cell(one) for one in ("-12.50", "+3", -4, "-1+cmd", "=1", "@a", None, True)] == [
        "-12.50", "+3", "-4", "'-1+cmd", "'=1", "'@a", "", "true",
    ]  # fmt: skip


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")), min_size=2, max_size=4)))
def test_a_table_is_read_as_it_was_written(rows: list[list[str]]) -> None:
    found = list(csv.reader(io.StringIO(written(rows).decode())))
    assert found == [[cell(one) for one in row] for row in rows]


def test_members_of_members_are_columns_and_lists_are_none() -> None:
    assert flat({"a": 1, "b": {"c": "x", "d": {"e": 2}}, "f": [1]}) == {"a": 1, "b_c": "x", "b_d_e": 2}
