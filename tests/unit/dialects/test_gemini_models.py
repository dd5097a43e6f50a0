"""Models as Google's API lists them, in pages."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import GatewayError
from torana.core.snapshot import Deployment, ModelEntry, Prices
from torana.dialects.gemini_models import Offered, model_page, one_model

METHODS = ["countTokens", "generateContent"]
OFFERED = Offered({"generateContent": "chat", "countTokens": "count_tokens"})
ALL = {"generateContent": "chat", "countTokens": "count_tokens", "embedContent": "embeddings"}
MODELS = [ModelEntry(f"m{number}", ()) for number in range(60)]


def page(size: str = "", token: str = "") -> dict:
    said: dict = json.loads(model_page(MODELS, OFFERED, size, token))
    return said


def test_a_model_has_its_name_and_what_is_known_of_its_sizes() -> None:
    assert json.loads(one_model(ModelEntry("a/b", (), context_tokens=9, max_output_tokens=3), OFFERED)) == {
        "name": "models/a/b", "displayName": "a/b", "supportedGenerationMethods": METHODS,
        "inputTokenLimit": 9, "outputTokenLimit": 3,
    }  # fmt: skip
    assert "inputTokenLimit" not in json.loads(one_model(MODELS[0], OFFERED))


def test_pages_follow_one_another_to_the_end() -> None:
    names: list[str] = []
    token = ""
    while True:
        said = page("25", token)
        names += [model["name"] for model in said["models"]]
        token = said.get("nextPageToken", "")
        if not token:
            break
    assert names == [f"models/m{number}" for number in range(60)]


def test_without_a_size_a_page_has_fifty() -> None:
    assert len(page()["models"]) == 50
    assert len(page("999999")["models"]) == 60


@pytest.mark.parametrize(("size", "token"), [("-1", ""), ("x", ""), ("", "²"), ("1" * 10, "")])
def test_what_is_no_number_is_refused(size: str, token: str) -> None:
    with pytest.raises(GatewayError) as caught:
        page(size, token)
    assert caught.value.param == ("pageToken" if token else "pageSize")


@pytest.mark.parametrize(
    ("upstream", "prices", "operations", "methods"),
    [
        ("gpt", None, None, ["countTokens", "embedContent", "generateContent"]),
        ("gpt", Prices("USD", input_nano=1, output_nano=1), None, ["countTokens", "generateContent"]),
        ("gpt", None, {"chat"}, ["countTokens", "generateContent"]),
        ("bge", None, {"embeddings", "rerank"}, ["countTokens", "embedContent"]),
        ("text-embedding-3", Prices("USD", input_nano=1), {"chat", "embeddings"}, ["countTokens", "embedContent"]),
        ("rerank", None, {"rerank"}, ["countTokens"]),
    ],
)
def test_a_model_has_the_methods_that_its_provider_its_price_and_its_name_leave_it(
    upstream: str, prices: Prices | None, operations: set[str] | None, methods: list[str]
) -> None:
    model = ModelEntry("m", (Deployment("p", upstream),), prices=prices)
    known = {} if operations is None else {"p": frozenset(operations)}
    assert json.loads(one_model(model, Offered(ALL, known)))["supportedGenerationMethods"] == methods
    beside = ModelEntry("m", (Deployment("p", upstream), Deployment("unknown", upstream)), prices=prices)
    assert set(methods) <= set(json.loads(one_model(beside, Offered(ALL, known)))["supportedGenerationMethods"])
