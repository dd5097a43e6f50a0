"""Words with slots: what they keep of a tuple, and what they do not."""

from __future__ import annotations

import pickle
from copy import copy
from dataclasses import replace

import pytest

from torana.core.slotted import slotted


@slotted
class Word:
    """A word."""

    text: str
    count: int = 0
    more: tuple[str, ...] = ()


def test_members_are_slots() -> None:
    word = Word("a")
    assert not hasattr(word, "__dict__")
    assert Word.__slots__ == ("text", "count", "more")
    with pytest.raises(AttributeError):
        word.other = 1  # type: ignore[attr-defined]


def test_words_are_equal_by_their_members_and_fit_as_keys() -> None:
    assert Word("a", 1) == Word("a", 1) != Word("a", 2)
    assert {Word("a", 1): "found"}[Word("a", 1)] == "found"


def test_a_word_is_no_tuple() -> None:
    assert Word("a", 1) != ("a", 1, ())


def test_a_changed_word_is_another_one() -> None:
    word = Word("a", 1)
    assert replace(word, count=2) == Word("a", 2)
    assert word.count == 1


def test_a_word_goes_to_another_process_and_back() -> None:
    assert pickle.loads(pickle.dumps(Word("a", 1, ("b",)))) == copy(Word("a", 1, ("b",)))


def test_it_shows_its_members() -> None:
    assert repr(Word("a", 1)) == "Word(text='a', count=1, more=())"
