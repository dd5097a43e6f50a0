"""Word by word the same is known as of the whole text, and nothing is kept of it but digests."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.scan.stirring import MOST_WORDS, Stirring, stirring

PATTERN = r"(?i:key|pass)|://|[!-~]{19}"
PIECES = st.lists(
    st.sampled_from(["k", "ey", "pa", "ss", " ", "\n", "a", ":/", "/", "é", "word", " KEY", "abcdefghij", ""]),
    max_size=40,
)


@given(pieces=PIECES)
def test_it_stirs_with_the_piece_that_completes_a_match(pieces: list[str]) -> None:
    one, before = Stirring(PATTERN), ""
    for piece in pieces:
        stirs = bool(re.search(PATTERN, before + piece))
        assert one(before, piece) == stirs
        assert one(before, piece) == stirs  # known by now
        assert one.anywhere(before + piece) == stirs
        if stirs:
            return
        before += piece


def test_words_are_kept_as_digests_and_not_without_end() -> None:
    one = Stirring(PATTERN)
    for number in range(MOST_WORDS + 10):
        assert not one("", f" w{number}")
    assert len(one._calm) <= MOST_WORDS
    assert all(isinstance(word, int) for word in one._calm)


def test_one_pattern_is_made_once_and_a_bad_one_is_refused() -> None:
    assert stirring(PATTERN) is stirring(PATTERN)
    with pytest.raises(ValueError, match="no pattern"):
        stirring("(")
