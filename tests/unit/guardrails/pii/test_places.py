from __future__ import annotations

import pytest

from torana.guardrails.pii.places import REACH, UNFINISHED
from torana.guardrails.pii.structured import Structured

ADDRESSES = Structured(["address"], 0.5)


def found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in ADDRESSES.check(text)]


@pytest.mark.parametrize(
    "address",
    [
        "221B Baker Street, London NW1 6XE", "12/4 Lake View Road, Kochi - 682001", "Flat 12, Rose Apartments, Pune 411001",
        "1600 Amber Ave, Suite 4, Springfield, IL 62704", "P.O. Box 117",
    ],
)  # fmt: skip
def test_an_address_is_found_to_its_code(address: str) -> None:
    assert found(f"Send it to {address}. Thank you.") == [address]


@pytest.mark.parametrize(
    "text", ["in 2027 the street was long", "Baker Street is long", "5 Way agreement", "12 people on the Road"]
)
def test_streets_that_nobody_lives_in_pass(text: str) -> None:
    assert found(text) == []


def test_an_unfinished_address_is_held_and_prose_with_a_number_is_not() -> None:
    text = "ship to 221 Baker Str"
    match = UNFINISHED.search(text, max(0, len(text) - REACH))
    assert match
    assert match.start() == text.index("221")
    assert not UNFINISHED.search("we met 221 people there and")
