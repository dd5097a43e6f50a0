"""Features name words, kinds beside each other, and kinds after each other with words between."""

from __future__ import annotations

from torana.scan.word_classes import Word
from torana.scan.word_features import FAR, features

YOU, ARE, SO, RUDE = Word("you", "you"), Word("are", "be"), Word("so", ""), Word("idiot", "insult")


def test_words_and_kinds_are_seen_beside_each_other() -> None:
    found = features([YOU, ARE, SO, RUDE])
    assert {"you", "idiot", "< you", "so idiot", "/you be", "/- insult", "you..insult", "=you be insult"} <= found


def test_the_order_of_words_counts() -> None:
    assert "insult..you" in features([RUDE, YOU])
    assert "insult..you" not in features([YOU, RUDE])


def test_kinds_that_stand_too_far_apart_are_not_a_pair() -> None:
    assert "you..insult" in features([YOU, *[SO] * (FAR - 1), RUDE])
    assert "you..insult" not in features([YOU, *[SO] * FAR, RUDE])


def test_small_kinds_make_no_pairs_with_each_other() -> None:
    assert "you..be" in features([YOU, ARE])
    assert "you..be" not in features([YOU, ARE], small={"you", "be"})
    assert "you..insult" in features([YOU, RUDE], small={"you", "be"})


def test_a_sentence_of_nothing_has_features_too() -> None:
    assert features([])
