from __future__ import annotations

import pytest
import re2

from torana.guardrails import pii
from torana.guardrails.pii.structured import FINDERS, KINDS, Structured, merge, settle
from torana.ports.guardrail import Finding
from torana.scan.gate import Gate, utf8

ALL = Structured(KINDS, 0.5)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in ALL.check(text)]


@pytest.mark.parametrize("text", pii.MUST_CATCH)
def test_a_trigger_matches_wherever_something_is_found(text: str) -> None:
    if ALL.check(text):
        assert Gate([ALL.triggers]).asked(utf8(text))


@pytest.mark.parametrize("text", pii.MUST_CATCH)
def test_no_part_of_a_finding_is_let_go_before_it_is_known(text: str) -> None:
    whole = ALL.check(text)
    for cut in range(len(text) + 1):
        tail, known = ALL.tail(text[:cut]), ALL.check(text[:cut])
        for one in whole:
            let_go = min(tail, one.end)
            assert one.start >= tail or any(part.start <= one.start and let_go <= part.end for part in known), text[
                :cut
            ]


def test_prose_is_held_back_by_a_word() -> None:
    text = "The committee meets on Monday in the usual room, and then some"
    assert ALL.tail(text) == text.index("some")
    assert ALL.tail(text + " ") == len(text) + 1


@pytest.mark.parametrize(
    "part", ["P.O. ", "H.No ", "1-", "1--", "+1 ", "(0", "A1-", "12 Aa ", "x1 ", "1 Jan ", "a.", "::", "00 "]
)
@pytest.mark.parametrize("end", ["", "é", "!", "_", "a"])
def test_no_row_of_signs_keeps_it_busy(part: str, end: str) -> None:
    text = part * 400 + end
    assert 0 <= ALL.tail(text) <= len(text)
    ALL.check(text)


def test_of_two_findings_in_one_place_the_surer_stands() -> None:
    assert settle([Finding("a", 0, 9, 0.6), Finding("b", 4, 8, 0.9), Finding("c", 8, 9, 0.5)]) == [
        Finding("b", 4, 8, 0.9),
        Finding("c", 8, 9, 0.5),
    ]


def test_what_touches_a_sure_finding_is_left_out() -> None:
    first, second = Finding("email", 3, 8), Finding("person", 0, 2)
    assert merge([first], [second, Finding("person", 7, 9)]) == [second, first]


def test_only_the_chosen_kinds_are_found_and_none_in_place_of_another() -> None:
    text = "card 4111 1111 1111 1111, mail a@example.org"
    assert [one.kind for one in Structured(["email"], 0.5).check(text)] == ["email"]
    assert Structured(["phone"], 0.5).check(text) == []


def test_every_candidate_is_a_pattern_of_re2() -> None:
    for finder in FINDERS:
        assert re2.compile(finder.candidate)


def test_a_number_beside_the_code_of_a_bank_is_an_account() -> None:
    assert kinds("50100234567891 HDFC0001234 Asha")[0] == ("bank_account", "50100234567891")


def test_signs_that_have_no_utf_8_do_not_hide_what_follows() -> None:
    assert kinds("\ud800 mail a@example.org") == [("email", "a@example.org")]
