from __future__ import annotations

import pytest

from torana.guardrails.pii import dates


@pytest.mark.parametrize("text", ["born 12/03/1990", "born on 3 May", "born on 3rd of May, 19", "birthday March 12, 1"])
def test_an_unfinished_date_is_held_from_its_beginning(text: str) -> None:
    match = dates.UNFINISHED.search(text)
    assert match
    assert text[match.start() :] in {"12/03/1990", "3 May", "3rd of May, 19", "March 12, 1"}


def test_a_date_counts_only_when_it_is_one_of_birth() -> None:
    assert list(dates.find("DOB 12/03/1990", 4, 14))
    assert not list(dates.find("due 12/03/1990", 4, 14))
