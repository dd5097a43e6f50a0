"""A provider's error keeps its own object for callers of its dialect; callers of another get its sentence in their shape."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import GatewayError, UpstreamAnswered
from torana.dialects import anthropic_errors, openai_errors
from torana.dialects.provider_words import LONGEST_MESSAGE, cleaned, own_error, told_message


def answered(body: bytes, dialect: str, passed_on: bool = True) -> UpstreamAnswered:
    return UpstreamAnswered(
        "REQUEST_INVALID", "ours", upstream_status=400, body=body, dialect=dialect, passed_on=passed_on
    )


ANTHROPIC = b'{"type":"error","error":{"type":"invalid_request_error","message":"theirs"}}'
OPENAI = b'{"error":{"message":"theirs","type":"invalid_request_error","param":"n","code":null}}'


def test_each_family_keeps_its_own_object_and_only_its_own() -> None:
    assert own_error(answered(ANTHROPIC, "anthropic_messages"), "anthropic_") == {
        "type": "invalid_request_error",
        "message": "theirs",
    }
    assert own_error(answered(ANTHROPIC, "anthropic_messages")) is None
    assert own_error(answered(OPENAI, "openai_chat"), "anthropic_") is None
    assert own_error(answered(OPENAI, "rerank")) == json.loads(OPENAI)["error"]


def test_a_translated_error_has_the_callers_shape_and_the_providers_sentence() -> None:
    shown = json.loads(openai_errors.refuse(answered(ANTHROPIC, "anthropic_messages"), "r"))["error"]
    assert shown == {"message": "theirs", "type": "invalid_request_error", "param": None, "code": "request_invalid"}
    other = json.loads(anthropic_errors.refuse(answered(OPENAI, "openai_chat"), "r"))["error"]
    assert other == {"type": "invalid_request_error", "message": "theirs"}


@pytest.mark.parametrize(
    ("body", "message"),
    [(b'{"message":"flat"}', "flat"), (b"not json", "ours"), (b"[]", "ours"),
     (b'{"error":{"message":""}}', "ours"), (b'{"error":{"message":7}}', "ours")],
)  # fmt: skip
def test_the_sentence_is_found_in_every_shape_and_ours_stands_where_there_is_none(body: bytes, message: str) -> None:
    assert told_message(answered(body, "bedrock_converse")) == message


def test_nothing_of_what_is_not_passed_on_is_told() -> None:
    assert told_message(answered(OPENAI, "openai_chat", passed_on=False)) == "ours"
    assert told_message(GatewayError("INTERNAL", "ours")) == "ours"


def test_a_long_sentence_is_cut() -> None:
    body = json.dumps({"message": "x" * 5000}).encode()
    assert len(told_message(answered(body, "cohere_chat"))) == LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Incorrect API key provided: sk-proj-ab12****wxyz.", "Incorrect API key provided: [hidden]"),
        (
            "limit reached in organization org-a1b2c3d4e5f6g7h8 on tokens",
            "limit reached in organization [hidden] on tokens",
        ),
        ("POST http://10.1.2.3:8000/v1/chat failed", "POST [hidden] failed"),
        ("POST https://vllm.models.internal/v1 failed", "POST [hidden] failed"),
        ("see https://platform.openai.com/docs for help", "see https://platform.openai.com/docs for help"),
        ("bad header Bearer abcdef123456", "bad header [hidden]"),
        ("projects/my-gcp-project/locations/x is not there", "projects/[hidden]/locations/x is not there"),
        ("oops\nTraceback (most recent call last):\n  File x", "oops\n[hidden]"),
        ("this model's maximum context length is 8192 tokens", "this model's maximum context length is 8192 tokens"),
        ("Unknown parameter: user_location, hf_inference", "Unknown parameter: user_location, hf_inference"),
        ("max_tokens: 9000 > 8192, task-force desk-top", "max_tokens: 9000 > 8192, task-force desk-top"),
    ],
)
def test_what_only_we_and_the_provider_may_know_is_hidden(said: str, shown: str) -> None:
    assert cleaned({"error": {"message": said, "details": [said]}}) == {"error": {"message": shown, "details": [shown]}}
