from __future__ import annotations

import pytest

from torana.guardrails.pii import lexicon


def test_words_are_looked_up_without_case_and_accents() -> None:
    assert lexicon.key("José") == "jose"
    assert lexicon.key("आशा") == "आशा"


@pytest.mark.parametrize(
    ("word", "flag"),
    [
        ("priya", lexicon.GIVEN), ("thomas", lexicon.GIVEN), ("sharma", lexicon.FAMILY), ("smith", lexicon.FAMILY),
        ("mumbai", lexicon.PLACE), ("google", lexicon.OTHER), ("table", lexicon.COMMON),
    ],
)  # fmt: skip
def test_the_list_knows_names_places_brands_and_words(word: str, flag: int) -> None:
    assert lexicon.load()[word] & flag


def test_a_common_word_is_no_name() -> None:
    assert not lexicon.load()["because"] & (lexicon.GIVEN | lexicon.FAMILY)
