"""A provider's error keeps its own object for callers of its dialect; callers of another get its sentence in their shape."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import GatewayError, UpstreamAnswered
from torana.dialects import anthropic_errors, openai_errors
from torana.dialects.provider_words import LONGEST_MESSAGE, own_error, told_message


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
