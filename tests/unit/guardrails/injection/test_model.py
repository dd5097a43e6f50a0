"""The weights make attacks score high; sentences that carry the score are told from those that only stand by."""

from __future__ import annotations

from array import array

import pytest

from torana.guardrails.injection import MUST_CATCH, SAMPLE
from torana.guardrails.injection.model import carriers, features, score, weights
from torana.guardrails.injection.reading import NOTHING, Place, Reading, cues
from torana.scan.linear import Linear, bucket

EMPTY = Linear(array("b", [0] * 16), 1.0, 5.0)


@pytest.mark.parametrize("text", MUST_CATCH)
def test_the_shipped_weights_are_sure_of_attacks(text: str) -> None:
    assert score(weights(), cues().read(text)) >= SAMPLE.threshold


def test_what_shows_nothing_scores_nothing_whatever_the_weights() -> None:
    assert score(EMPTY, NOTHING) == 0.0


def test_many_words_weigh_no_more_than_few_of_the_same() -> None:
    few, many = (Reading(frozenset(), frozenset(map(str, range(count))), ()) for count in (4, 64))
    assert sum(value**2 for value in features(few).values()) == pytest.approx(
        sum(value**2 for value in features(many).values())
    )


def test_light_sentences_carry_nothing_beside_heavy_ones() -> None:
    heavy = [0] * 64
    heavy[bucket("cue strong") & 63] = 100
    assert bucket("cue weak") & 63 != bucket("cue strong") & 63
    places = (Place(0, 5, frozenset({"weak"})), Place(6, 9, frozenset({"strong"})))
    assert carriers(Linear(array("b", heavy), 1.0, 0.0), places) == [(6, 9)]


def test_places_that_overlap_are_one_span() -> None:
    places = (Place(0, 9, frozenset()), Place(4, 12, frozenset()), Place(20, 22, frozenset()))
    assert carriers(EMPTY, places) == [(0, 12), (20, 22)]
