"""rerank: what a body asks for, and the three ways in which hosts tell its tokens."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import rerank

RESULTS = b'"results": [{"index": 1,"relevance_score":0.98e0},{"index":0,"relevance_score":0.02}]'


def body(**members: object) -> bytes:
    return json.dumps({"model": "r", "query": "q", "documents": ["a", "b"], **members}).encode()


@pytest.mark.parametrize(
    "members", [{}, {"documents": [{"text": "a"}]}, {"query": {"image": "i"}}, {"top_n": 1}, {"new": 1}]
)
def test_every_shape_of_documents_is_read(members: dict) -> None:
    assert rerank.read(body(**members)) == Ask("r", max_tokens=0, units=(("searches", 1),))


@pytest.mark.parametrize(("documents", "words", "searches"), [(100, 1, 1), (101, 1, 2), (100, 400, 2)])
def test_long_documents_and_many_are_held_for_as_several_searches(documents: int, words: int, searches: int) -> None:
    kind, most = rerank.read(body(documents=["ab " * words] * documents)).units[0]
    assert kind == "searches"
    assert most >= searches


@pytest.mark.parametrize(("members", "param"), [
    ({"documents": []}, "documents"), ({"documents": "a"}, "documents"), ({"query": 1}, "query"), ({"top_n": "1"}, "top_n"),
    ({"documents": [1]}, "documents[0]"), ({"model": []}, "model"),
])  # fmt: skip
def test_a_wrong_member_is_named(members: dict, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        rerank.read(body(**members))
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_the_body_stays_but_for_the_models_name() -> None:
    raw = b'{"query":"q", "documents":["a"], "model" : "r"}'
    assert rerank.retarget(raw, rerank.read(raw), "r", True) is raw
    assert rerank.retarget(raw, rerank.read(raw), "s", True) == b'{"query":"q", "documents":["a"], "model" : "s"}'


@pytest.mark.parametrize(("more", "usage"), [
    (b'"usage":{"prompt_tokens":9,"total_tokens":9}', Usage(9)),
    (b'"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}', Usage(9)),
    (b'"usage":{"total_tokens":815}', Usage(815)),
    (b'"meta":{"billed_units":{"search_units":1},"tokens":{"input_tokens":7,"output_tokens":0}}', Usage(7, extra=(("searches", 1),))),
    (b'"meta":{"billed_units":{"search_units":2}}', Usage(extra=(("searches", 2),))),
    (b'"usage":{"total_tokens":-1}', None), (b'"usage":3,"meta":3', None),
])  # fmt: skip
def test_an_answer_is_one_chunk_byte_for_byte_with_the_tokens_it_tells(more: bytes, usage: Usage | None) -> None:
    raw = b"{" + RESULTS + b"," + more + b"}"
    chunk = rerank.read_answer(raw, Ask("r"))
    assert (chunk.wire, chunk.usage) == (raw, usage)


@pytest.mark.parametrize("raw", [b"{}", b"x", b'{"results":3}'])
def test_what_is_no_answer_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        rerank.read_answer(raw, Ask("r"))


def test_an_error_inside_is_a_status_fault() -> None:
    with pytest.raises(StatusFault):
        rerank.read_answer(b'{"error":{"message":"x"}}', Ask("r"))


def test_a_stream_is_refused() -> None:
    with pytest.raises(AnswerMalformed):
        rerank.decoder(Ask("r")).finish()
