"""Whose patterns match: never fewer than each pattern by itself would say."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from torana.scan.gate import Gate, utf8

PATTERNS = [[r"a+b", r"[0-9]{3}"], None, [r"(?i)word"], [], [r"\p{Devanagari}+"]]
GATE = Gate(PATTERNS)


def test_those_are_asked_whose_patterns_match_and_those_without_patterns_always() -> None:
    assert GATE.asked(b"nothing") == {1} == GATE.always
    assert GATE.asked(b"aab and WORD") == {0, 1, 2}
    assert GATE.asked(utf8("पैन 123")) == {0, 1, 4}


@given(st.text(st.sampled_from("ab0123wordWORD पैन\ud800")))
def test_the_gate_says_what_each_pattern_says(text: str) -> None:
    said = utf8(text)
    matching = {n for n, patterns in enumerate(PATTERNS) if any(re2.search(p.encode(), said) for p in patterns or ())}
    assert GATE.asked(said) == matching | {1}


def test_hundreds_of_patterns_over_a_long_text_still_match() -> None:
    """A set that runs out of memory says that nothing matched."""
    gate = Gate([[rf"(?i)key{n}[ :=]+[a-z0-9._-]{{8,64}}" for n in range(400)]])
    text = b"the quick brown fox " * 50_000
    assert gate.asked(text) == frozenset()
    assert gate.asked(text + b"key399: abcdefgh1234") == {0}


def test_without_any_pattern_only_the_askers_of_everything_are_asked() -> None:
    assert Gate([]).asked(b"x") == frozenset()
    assert Gate([None, []]).asked(b"x") == {0}


def test_a_pattern_that_is_none_of_re2_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(\?=a\)"):
        Gate([["(?=a)"]])


def test_lone_surrogates_are_read_as_question_marks() -> None:
    assert utf8("a\ud800b") == b"a?b"


@given(st.text(st.sampled_from("ab0123wordWORD पैन")), st.frozensets(st.integers(0, 4)), st.booleans())
def test_some_of_the_askers_are_told_what_all_of_them_are_told(text: str, some: frozenset[int], together: bool) -> None:
    gate = Gate(PATTERNS, together=together)
    said = utf8(text)
    assert gate.asked(said) == GATE.asked(said)
    assert gate.asked(said, some) == gate.of(some).asked(said) == GATE.asked(said) & some


def test_long_patterns_and_those_that_ignore_case_are_heard_like_all_others() -> None:
    long = "|".join(f"rare{number}" for number in range(400))
    gate = Gate([["(?i)word", "[0-9]{3}", long, *(f"shape{number}x" for number in range(20))]])
    assert [gate.asked(text) for text in (b"a WORD", b"a 123", b"a rare299", b"none")] == [{0}, {0}, {0}, frozenset()]


def test_a_warm_gate_says_what_a_cold_one_says() -> None:
    gate = Gate([["(?i)warmth", r"\bcold[0-9]"]])
    gate.warm([b"some warmth, some cold7", b"neither"])
    assert (gate.asked(b"WARMTH"), gate.asked(b"cold"), gate.asked(b"cold1")) == ({0}, frozenset(), {0})


def test_an_asker_may_say_itself_which_texts_it_wants() -> None:
    gate = Gate([[r"[0-9]"], lambda text: b"wanted" in text, None])
    assert gate.asked(b"wanted 1") == {0, 1, 2}
    assert gate.asked(b"none") == {2}
    assert gate.asked(b"wanted", frozenset({0, 1})) == {1}
    assert gate.of(frozenset({0, 2})).asked(b"wanted") == {2}


def test_askers_who_say_it_themselves_are_warmed_too() -> None:
    read: list[bytes] = []
    gate = Gate([["a"], lambda text: bool(read.append(text))])
    gate.warm([b"one"])
    assert read == [b"one"]
