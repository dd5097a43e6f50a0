"""moderations: what a body asks for, and verdicts handed on as they are."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import moderations

PICTURE = {"type": "image_url", "image_url": {"url": "https://h.test/a.png"}}
ANSWER = (
    b'{"id": "modr-1","model":"omni-moderation-latest","results":[{"flagged":true,'
    b'"categories":{"violence":true},"category_scores":{"violence":0.8599265510337075}}]}'
)
"""https://platform.openai.com/docs/api-reference/moderations/object, shortened."""


def body(**members: object) -> bytes:
    return json.dumps({"model": "m", "input": "hi", **members}).encode()


@pytest.mark.parametrize("value", ["text", "", ["a", "b"], [{"type": "text", "text": "a"}, PICTURE]])
def test_all_kinds_of_input_are_read(value: object) -> None:
    assert moderations.read(body(input=value)) == Ask("m", max_tokens=0)


@pytest.mark.parametrize(("members", "param"), [
    ({"input": []}, "input"), ({"input": None}, "input"), ({"input": [1]}, "input[0]"), ({"model": 1}, "model"),
    ({"input": [{"text": "a"}]}, "input[0].type"),
])  # fmt: skip
def test_a_wrong_member_is_named(members: dict, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        moderations.read(body(**members))
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


@pytest.mark.parametrize(
    "raw", [b'{"input":"a \\"model\\" b"}', b'{"input":"a","model":null}', b'{"input":"a","model":""}']
)
def test_a_body_without_a_model_means_the_documented_one_and_says_so_upstream(raw: bytes) -> None:
    ask = moderations.read(raw)
    assert ask.model == moderations.DEFAULT_MODEL
    assert json.loads(moderations.retarget(raw, ask, moderations.DEFAULT_MODEL, True))["model"] == ask.model
    assert json.loads(moderations.retarget(raw, ask, "other", True))["model"] == "other"


def test_the_body_stays_when_the_name_does() -> None:
    raw = body()
    assert moderations.retarget(raw, moderations.read(raw), "m", True) is raw


def test_an_answer_is_one_chunk_byte_for_byte() -> None:
    chunk = moderations.read_answer(ANSWER, Ask("m"))
    assert (chunk.wire, chunk.usage) == (ANSWER, None)


@pytest.mark.parametrize("raw", [b"{}", b"x", b'{"results":3}'])
def test_what_is_no_answer_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        moderations.read_answer(raw, Ask("m"))


def test_an_error_inside_is_a_status_fault() -> None:
    with pytest.raises(StatusFault) as caught:
        moderations.read_answer(b'{"error":{"message":"x","code":"429"}}', Ask("m"))
    assert caught.value.status == 429


def test_a_stream_is_refused() -> None:
    with pytest.raises(AnswerMalformed):
        moderations.decoder(Ask("m")).feed(b"data: {}\n\n")
