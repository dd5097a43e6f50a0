from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.guardrails.pii import lexicon, tagger

LISTED = {"asha": lexicon.GIVEN} | dict.fromkeys("the met at my name is".split(), lexicon.COMMON)


def test_a_segment_ends_with_a_sentence_or_a_line_and_not_with_a_title() -> None:
    found = tagger.tokens("Dr. Rao left. He\nran")
    assert [(one.text, one.segment) for one in found] == [
        ("Dr", 0), (".", 0), ("Rao", 0), ("left", 0), (".", 0), ("He", 1), ("\n", 1), ("ran", 2),
    ]  # fmt: skip


def test_the_s_of_the_owner_is_no_part_of_the_name() -> None:
    assert [one.text for one in tagger.tokens("O'Neil's आशा")] == ["O'Neil", "'", "s", "आशा"]


def test_capitals_listed_names_and_words_after_a_cue_may_be_names() -> None:
    seen, places = tagger.view("the asha met Xyz at BBC, my name is qwert", LISTED)
    assert [seen.tokens[place].text for place in places] == ["asha", "Xyz", "qwert"]


@given(st.text())
def test_every_candidate_has_the_same_number_of_features_in_range(text: str) -> None:
    seen, places = tagger.view(text, LISTED)
    counts = set()
    for place in places:
        said = tagger.features(seen, place, before=True)
        counts.add(len(said))
        assert all(0 <= one < tagger.SIZE for one in said)
    assert len(counts) <= 1
