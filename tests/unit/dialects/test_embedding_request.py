"""What a request for vectors wants, said in OpenAI's words and in Gemini's."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from torana.core.errors import GatewayError
from torana.dialects.embedding_request import Wanted, read_batch, read_one, read_openai


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


def one(*texts: str, **more: object) -> dict:
    return {"model": "models/m", "content": {"parts": [{"text": text} for text in texts]}, **more}


@pytest.mark.parametrize(("body", "wanted"), [
    ({"input": "a"}, Wanted(("a",))),
    ({"input": ["a", "b"], "model": "m", "dimensions": 8}, Wanted(("a", "b"), 8)),
    ({"input": "a", "encoding_format": "base64"}, Wanted(("a",), packed=True)),
    ({"input": "a", "encoding_format": "float", "user": "u", "x": None}, Wanted(("a",), dropped=("user",))),
])  # fmt: skip
def test_openais_words(body: object, wanted: Wanted) -> None:
    assert read_openai(raw(body)) == wanted


@pytest.mark.parametrize("given", [[1, 2], [[1, 2]]])
def test_tokens_cannot_be_carried(given: object) -> None:
    refused(lambda: read_openai(raw({"input": given})), "token input")


def test_geminis_words() -> None:
    assert read_one(raw(one("a", "b", outputDimensionality=8))) == Wanted(("a\nb",), 8)
    assert read_one(raw(one("a", output_dimensionality=8))) == Wanted(("a",), 8)
    assert read_one(raw(one("a", taskType="X", title="t"))) == Wanted(("a",), dropped=("taskType", "title"))
    both = {"requests": [one("a", taskType="X"), one("b", taskType="X")]}
    assert read_batch(raw(both)) == Wanted(("a", "b"), dropped=("taskType",))


def test_media_cannot_be_carried() -> None:
    body = {"content": {"parts": [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": ""}}]}}
    refused(lambda: read_one(raw(body)), "media")
    refused(lambda: read_batch(raw({"requests": [body]})), "media")


def test_vectors_of_different_lengths_cannot_be_carried() -> None:
    body = {"requests": [one("a", outputDimensionality=8), one("b")]}
    refused(lambda: read_batch(raw(body)), "outputDimensionality")


def test_a_body_nested_too_deep_to_be_renamed_is_read_as_it_stands() -> None:
    deep = b'{"content":{"parts":[]},"a_b":' + b"[" * 500 + b"]" * 500 + b"}"
    assert read_one(deep).texts == ("",)


def refused(reading: Callable[[], Wanted], what: str) -> None:
    with pytest.raises(GatewayError) as caught:
        reading()
    assert (caught.value.code, caught.value.details) == ("CAPABILITY_MISSING", {"missing": [what]})
