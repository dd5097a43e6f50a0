"""Reranking said to Cohere: texts alone go out, the answer stays as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torana.core.call import Ask, Call, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.core.trail import Trail
from torana.dialects import rerank
from torana.dialects.cohere_rerank import RerankTranslation


def said(**body: Any) -> RerankTranslation:
    wire = json.dumps({"model": "m", "query": "q", "documents": ["a", "b"], **body}).encode()
    call = Call(rerank.ID, rerank.OPERATION, wire, (), rerank.read, Trail("r", "c", 1.0, 0.0))
    return RerankTranslation(Prompt(call, "m", wire), "rerank-v3.5")


@pytest.mark.parametrize(("body", "told"), [
    ({}, {}), ({"top_n": 1, "max_tokens_per_doc": 9}, {"top_n": 1, "max_tokens_per_doc": 9}), ({"top_n": None}, {}),
    ({"documents": [{"text": "a", "id": 1}, "b"], "query": {"text": "q"}}, {}),
])  # fmt: skip
def test_texts_go_under_the_providers_name_of_the_model(body: dict[str, Any], told: dict[str, Any]) -> None:
    assert json.loads(said(**body).body) == {"model": "rerank-v3.5", "query": "q", "documents": ["a", "b"], **told}


def test_what_it_cannot_be_told_is_named() -> None:
    assert said(return_documents=True, rank_fields=["x"]).headers == (
        ("x-torana-dropped", "rank_fields, return_documents"),
    )
    assert said().headers == ()


@pytest.mark.parametrize("body", [{"documents": [{"title": "a"}]}, {"query": {"text": 5}}])
def test_what_has_no_text_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(GatewayError) as caught:
        said(**body)
    assert caught.value.code == "CAPABILITY_MISSING"


def test_the_answer_is_the_callers_byte_for_byte() -> None:
    wire = b'{"id": "r", "results":[{"index":1,"relevance_score":0.9}], "meta":{"tokens":{"input_tokens":7}}}'
    chunk = said().read_answer(wire, Ask("m"))
    assert (chunk.wire, chunk.usage) == (wire, Usage(uncached=7))


def test_a_bad_answer_is_a_fault_of_this_dialect() -> None:
    with pytest.raises(AnswerMalformed):
        said().read_answer(b"{}", Ask("m"))
    with pytest.raises(StatusFault) as caught:
        said().read_answer(b'{"error":{"message":"no"}}', Ask("m"))
    assert caught.value.dialect == "cohere_rerank"
    with pytest.raises(AnswerMalformed):
        said().decoder(Ask("m")).feed(b"x")
