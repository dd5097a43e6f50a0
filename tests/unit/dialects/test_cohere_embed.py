"""OpenAI embeddings said to Cohere and back: texts, purposes, packed vectors, counts."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from tests.contract.provider.memory import prompt_of
from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects.cohere_embed import EmbedTranslation

ANSWER = {
    "id": "e", "embeddings": {"float": [[0.5, -0.25], [1.0, 0.0]]}, "texts": ["a", "b"],
    "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 3}}, "response_type": "embeddings_by_type",
}  # fmt: skip


def said(**body: Any) -> EmbedTranslation:
    wire = json.dumps({"model": "m", "input": "a", **body}).encode()
    return EmbedTranslation(prompt_of(wire, "embeddings"), "embed-v4.0", "search_document")


@pytest.mark.parametrize(("body", "told"), [
    ({}, {"texts": ["a"]}), ({"input": ["a", "b"]}, {"texts": ["a", "b"]}),
    ({"dimensions": 256}, {"texts": ["a"], "output_dimension": 256}),
    ({"input_type": "search_query", "truncate": "NONE"}, {"texts": ["a"], "input_type": "search_query", "truncate": "NONE"}),
])  # fmt: skip
def test_texts_go_with_what_they_are_for(body: dict[str, Any], told: dict[str, Any]) -> None:
    whole = {"model": "embed-v4.0", "input_type": "search_document", "embedding_types": ["float"], **told}
    assert json.loads(said(**body).body) == whole
    assert said(**body).headers == ()


def test_what_it_cannot_be_told_is_named() -> None:
    assert said(user="kim").headers == (("x-torana-dropped", "user"),)


@pytest.mark.parametrize("tokens", [[1, 2], [[1, 2], [3]]])
def test_tokens_are_refused(tokens: object) -> None:
    with pytest.raises(GatewayError) as caught:
        said(input=tokens)
    assert caught.value.code == "CAPABILITY_MISSING"


def test_the_answer_has_openais_shape_and_its_usage() -> None:
    chunk = said().read_answer(json.dumps(ANSWER).encode(), Ask("m"))
    assert json.loads(chunk.wire) == {
        "object": "list", "model": "m", "usage": {"prompt_tokens": 3, "total_tokens": 3},
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5, -0.25]},
            {"object": "embedding", "index": 1, "embedding": [1.0, 0.0]},
        ],
    }  # fmt: skip
    assert chunk.usage == Usage(uncached=3)


def test_packed_vectors_are_little_endian_floats() -> None:
    wire = said(encoding_format="base64").read_answer(json.dumps(ANSWER).encode(), Ask("m")).wire
    packed = json.loads(wire)["data"][0]["embedding"]
    assert struct.unpack("<2f", base64.b64decode(packed)) == (0.5, -0.25)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"embeddings":{}}', b'{"embeddings":{"float":[["a"]]}}'])
def test_a_body_without_vectors_is_malformed(body: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        said().read_answer(body, Ask("m"))


def test_a_number_that_fits_no_float_is_malformed() -> None:
    with pytest.raises(AnswerMalformed):
        said(encoding_format="base64").read_answer(b'{"embeddings":{"float":[[1e300]]}}', Ask("m"))


def test_an_error_inside_a_good_answer_is_a_fault() -> None:
    with pytest.raises(StatusFault):
        said().read_answer(b'{"message":"no"}', Ask("m"))


def test_a_stream_is_refused() -> None:
    with pytest.raises(AnswerMalformed):
        said().decoder(Ask("m")).feed(b"x")
