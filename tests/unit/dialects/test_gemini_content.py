"""generateContent: what a body asks for, whose name stands in the path, and answers byte for byte."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import gemini_content as dialect

HI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
STREAM = "streamGenerateContent"
ASK = Ask("m")


def asked(body: object, model: str = "m", method: str = "generateContent") -> Ask:
    return dialect.read_named(json.dumps(body).encode(), model, method)


def with_part(**part: object) -> dict:
    return {"contents": [{"parts": [part]}]}


def test_the_path_names_the_model_and_the_method_says_whether_it_streams() -> None:
    assert asked(HI) == Ask("m")
    assert asked(HI, method=STREAM) == Ask("m", stream=True)


@pytest.mark.parametrize(("config", "ask"), [
    ({"maxOutputTokens": 7}, Ask("m", max_tokens=7)),
    ({"max_output_tokens": 7}, Ask("m", max_tokens=7)),
    ({"candidateCount": 3}, Ask("m", candidates=3)),
    ({"responseSchema": {"type": "STRING"}}, Ask("m", needs=frozenset({"json_schema"}))),
    ({"responseJsonSchema": {}}, Ask("m", needs=frozenset({"json_schema"}))),
    ({"responseMimeType": "application/json"}, Ask("m")),
])  # fmt: skip
def test_bounds_and_needs_are_read_from_the_configuration(config: dict, ask: Ask) -> None:
    name = "generation_config" if "max_output_tokens" in config else "generationConfig"
    assert asked({**HI, name: config}) == ask


@pytest.mark.parametrize(("part", "need"), [
    ({"inlineData": {"mimeType": "image/png", "data": "aGk="}}, "vision"),
    ({"inline_data": {"mime_type": "image/png", "data": "aGk="}}, "vision"),
    ({"fileData": {"mimeType": "video/mp4", "fileUri": "u"}}, "vision"),
    ({"inlineData": {"mimeType": "audio/wav", "data": ""}}, "audio"),
    ({"inlineData": {"mimeType": "application/pdf", "data": ""}}, "documents"),
    ({"fileData": {"fileUri": "u"}}, "documents"),
])  # fmt: skip
def test_media_in_a_part_is_a_need(part: dict, need: str) -> None:
    assert asked(with_part(**part)).needs == {need}


def test_tools_are_a_need() -> None:
    assert asked({**HI, "tools": [{"functionDeclarations": []}]}).needs == {"tools"}
    assert asked({**HI, "tools": []}).needs == frozenset()


@pytest.mark.parametrize(
    "body", [{}, {"contents": []}, {"contents": "hi"}, {**HI, "generationConfig": {"maxOutputTokens": -1}}]
)
def test_what_is_no_request_is_refused(body: object) -> None:
    with pytest.raises(GatewayError) as caught:
        asked(body)
    assert caught.value.code == "REQUEST_INVALID"
    assert caught.value.param


def test_a_body_that_names_another_model_than_its_path_is_refused() -> None:
    assert asked({**HI, "model": "models/m"}).model == "m"
    with pytest.raises(GatewayError) as caught:
        asked({**HI, "model": "models/other"})
    assert caught.value.param == "model"


def test_without_a_path_the_body_may_name_the_model() -> None:
    assert dialect.read(json.dumps({**HI, "model": "models/m"}).encode()) == Ask("m")
    assert dialect.read(json.dumps(HI).encode()) == Ask(None)


def test_the_body_stays_the_same_object_unless_it_names_the_model() -> None:
    body = b'{ "contents":[{"parts":[{"text":"the model"}]}], "unknown": {"model": 1} }'
    assert dialect.retarget(body, ASK, "up", True) is body
    named = b'{ "model" : "models/m", "contents": [] , "unknown":[1.0]}'
    assert dialect.retarget(named, ASK, "m", True) is named
    assert dialect.retarget(named, ASK, "up", True) == b'{ "model" : "models/up", "contents": [] , "unknown":[1.0]}'


def test_a_whole_answer_is_its_bytes_its_usage_and_its_reason() -> None:
    wire = (b'{ "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "MAX_TOKENS", "new": 1}],'
            b' "usageMetadata": {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 3,'
            b' "thoughtsTokenCount": 2, "totalTokenCount": 14}}')  # fmt: skip
    chunk = dialect.read_answer(wire, ASK)
    assert chunk.wire is wire
    assert (chunk.usage, chunk.finish) == (Usage(uncached=5, cache_read=4, output=5, reasoning=2), "MAX_TOKENS")


def test_a_blocked_prompt_is_an_answer() -> None:
    chunk = dialect.read_answer(b'{"promptFeedback": {"blockReason": "SAFETY"}}', ASK)
    assert (chunk.content, chunk.finish) == (True, "SAFETY")


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b'{"candidates": []}', b"\xff"])
def test_what_is_no_answer_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        dialect.read_answer(raw, ASK)


def test_an_error_inside_is_a_fault_with_its_status() -> None:
    with pytest.raises(StatusFault) as caught:
        dialect.read_answer(b'{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}', ASK)
    assert (caught.value.status, caught.value.dialect) == (429, "gemini_content")
