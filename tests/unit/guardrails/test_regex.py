"""Patterns of administrators are RE2; one that is not is refused with its place and the reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from torana.guardrails import regex
from torana.guardrails.regex import Pattern, Settings


def found(text: str, **pattern: Any) -> list[tuple[str, str]]:
    guardrail = regex.open(Settings(patterns=(Pattern(**pattern),)))
    return [(one.kind, text[one.start : one.end]) for one in guardrail.check(text)]


def test_every_match_is_found_under_the_kind_of_its_pattern() -> None:
    assert found("A-1, A-22", pattern=r"A-\d+", kind="ticket") == [("ticket", "A-1"), ("ticket", "A-22")]


def test_the_group_that_is_asked_for_is_found_alone() -> None:
    assert found("pin: 1234", pattern=r"pin: (\d{4})", group=1) == [("pattern", "1234")]


def test_a_group_that_took_no_part_is_not_found() -> None:
    assert found("b", pattern=r"(a)|b", group=1) == []


def test_places_are_code_points_in_any_script_and_beside_broken_ones() -> None:
    assert found("\ud800 🤖 कख-12", pattern=r"\p{Devanagari}+-\d\d") == [("pattern", "कख-12")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"pattern": "(?=x)"}, "is not RE2"),
        ({"pattern": "a{2000}"}, "is not RE2"),
        ({"pattern": "a*"}, "matches the empty text"),
        ({"pattern": "a", "group": 1}, "no group 1"),
        ({"pattern": "a", "kind": "Two Words"}, "regex"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_its_place(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=rf"(?s){reason}.*patterns\[1\]"):
        msgspec.convert({"patterns": [{"pattern": "ok"}, row]}, Settings)


def test_a_pattern_that_would_take_for_ever_elsewhere_is_done_at_once() -> None:
    assert found("a" * 20_000 + "!", pattern=r"(a+)+$") == []


def test_as_much_is_held_back_as_a_match_may_be_long() -> None:
    assert regex.open(Settings(patterns=(Pattern("A-1"),), longest=5)).tail("x" * 20) == 15
    assert regex.open(Settings(patterns=(Pattern("A-1"),), longest=50)).tail("x" * 20) == 0
