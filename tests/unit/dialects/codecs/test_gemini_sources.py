"""Sources and token probabilities, to our shapes and back."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from torana.core.events import Cited
from torana.dialects.codecs.gemini_sources import (
    Citations,
    Grounding,
    Logprobs,
    citation,
    cited,
    gemini_logprobs,
    grounded,
    openai_logprobs,
)


@given(st.text(max_size=6), st.data())
def test_places_are_bytes_there_and_characters_here(text: str, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(text)))
    told = citation(Cited("u", "t", start=0, end=end), text)
    assert told["endIndex"] == len(text[:end].encode())
    (back,) = cited(msgspec.convert({"citationSources": [told]}, Citations), text, 0)
    assert back == Cited("u", "t", start=0, end=end)


def test_grounding_gives_its_sources_with_the_words_they_support() -> None:
    metadata = {
        "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}, {"web": {"uri": "https://b"}}, {}],
        "groundingSupports": [{"segment": {"text": "said"}, "groundingChunkIndices": [0, 7, 2]}],
    }
    assert list(grounded(msgspec.convert(metadata, Grounding), 1)) == [
        Cited("https://a", "A", "said", candidate=1),
        Cited("https://b", candidate=1),
    ]


def test_logprobs_there_and_back() -> None:
    told = {
        "chosenCandidates": [{"token": "é", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "x", "logProbability": -2.0}]}],
    }
    assert gemini_logprobs([openai_logprobs(msgspec.convert(told, Logprobs))]) == told
    assert openai_logprobs(Logprobs()) == b""
