"""MiniLM turns texts into vectors in which like means near, and says where each token stands."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from torana.scan import minilm as module
from torana.scan.minilm import OVERLAP, WIDTH, WINDOW, MiniLM, Missing, minilm


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return minilm()


def test_a_paraphrase_is_nearer_than_another_matter(model: MiniLM) -> None:
    asked, again, other = model.embed(
        ["How do I reset my password?", "I forgot my password, how can I change it?", "The soup needs more salt."]
    )
    assert asked @ again > 0.7 > 0.3 > asked @ other


def test_a_vector_does_not_depend_on_who_else_is_in_the_batch(model: MiniLM) -> None:
    short, long = "hello", "a much longer text about the weather in spring " * 5
    alone = model.embed([short])[0]
    assert np.abs(model.embed([long, short, long])[1] - alone).max() < 0.05
    assert float(alone @ alone) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("texts", [[], [""], ["\ud800"], ["\x00"], ["x" * 200_000], ["é" * 1000, "🤖"]])
def test_any_texts_have_vectors(model: MiniLM, texts: list[str]) -> None:
    assert model.embed(texts).shape == (len(texts), WIDTH)


def test_tokens_stand_where_the_text_has_them(model: MiniLM) -> None:
    text = "नमस्ते Ravi 🤖 lives\ud800 in Pune."
    places, vectors = model.tokens(text)
    words = [text[start:end] for start, end in places]
    assert {"Ravi", "lives", "in", "."} <= set(words)
    assert vectors.shape == (len(places), WIDTH) and vectors.dtype == np.float32


@pytest.mark.parametrize("count", [0, 1, WINDOW, WINDOW + 1, 3 * WINDOW - OVERLAP, 1000])
def test_every_token_of_a_long_text_has_its_vector(model: MiniLM, count: int) -> None:
    places, vectors = model.tokens("one " * count)
    assert len(places) == len(vectors) == count
    assert count == 0 or float(np.abs(vectors).sum(axis=1).min()) > 0


def test_the_mark_of_an_end_in_the_text_is_text(model: MiniLM) -> None:
    places, _ = model.tokens("[SEP]")
    assert len(places) > 1


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ModuleType:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    class Importer:
        import_module: Any = staticmethod(absent)

    assert module.importlib is importlib
    monkeypatch.setattr(module, "importlib", Importer)
    with pytest.raises(Missing, match=r"torana\[semantic\]"):
        MiniLM()
