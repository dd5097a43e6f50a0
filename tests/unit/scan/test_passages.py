"""Passages are found by runs of six words that they share with a document, a changed word apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.scan.passages import RUN, Passages, itself, keyed, runs_of, words_of

DOCUMENT = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"


def passages(least: int = 3) -> Passages:
    return Passages(frozenset(runs_of(words_of(DOCUMENT))), least, itself)


def found(text: str, least: int = 3) -> list[str]:
    return [text[start:end] for start, end in passages(least).find(text)]


def test_enough_shared_words_are_a_passage_whatever_their_case_and_signs() -> None:
    text = "He said: TWO, three; four (five) six - seven\neight nine. Then he left."
    assert found(text) == ["TWO, three; four (five) six - seven\neight nine"]


def test_seven_shared_words_are_too_few_for_three_runs() -> None:
    assert found("and one two three four five six seven and") == []


def test_a_passage_goes_on_behind_a_changed_word() -> None:
    text = "one two three four five six seven eight XXX ten eleven twelve thirteen fourteen fifteen sixteen"
    assert found(text) == [text]


def test_hashes_find_what_the_words_find_and_only_with_the_key() -> None:
    known = frozenset(map(keyed(b"k"), runs_of(words_of(DOCUMENT))))
    assert list(Passages(known, 3, keyed(b"k")).find(DOCUMENT)) == [(0, len(DOCUMENT))]
    assert list(Passages(known, 3, keyed(b"other")).find(DOCUMENT)) == []


@given(st.text(st.sampled_from("ab \n.")))
def test_texts_with_few_words_have_no_runs(text: str) -> None:
    words = words_of(text)
    assert len(runs_of(words)) == max(len(words) - RUN + 1, 0)


def test_at_every_cut_a_passage_that_is_not_found_yet_is_held() -> None:
    text = f"nothing here {DOCUMENT} and more"
    start = text.index("one")
    for cut in range(start, len(text)):
        there = list(passages().find(text[:cut]))
        assert there or passages().tail(text[:cut]) <= start or cut == start


def test_where_the_document_is_at_hand_words_that_begin_no_run_are_not_held() -> None:
    plain = f" {DOCUMENT}"
    tight = Passages(frozenset(runs_of(words_of(DOCUMENT))), 3, itself, lambda begin: f" {begin}" in plain)
    assert tight.tail("nothing of this is in there xyz") == 28
    assert tight.tail("nothing but three four fi") == 12
