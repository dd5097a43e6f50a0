"""Estimates of tokens: near what vocabularies make of a text, above rather than below, whatever is in the body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torana.core.errors import GatewayError
from torana.dialects import anthropic_count_tokens, gemini_count_tokens
from torana.dialects.token_estimate import A_MESSAGE, A_PICTURE, members, tokens_of, tokens_of_text

PROSE = "The gateway stands between the applications of an organisation and its language models. " * 10


def counted(body: Any) -> int:
    found = json.loads(anthropic_count_tokens.estimated(json.dumps(body).encode()).wire)
    assert list(found) == ["input_tokens"]
    return int(found["input_tokens"])


def asked(content: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("seven l", 2), ("नमस्ते", 6), ("日本語 ok", 4)])
def test_letters_make_tokens(text: str, tokens: int) -> None:
    assert tokens_of_text(text) == tokens


def test_prose_is_within_a_third_of_what_a_vocabulary_makes_of_it() -> None:
    words = len(PROSE.split())  # an English word is about a token and a sixth
    assert words <= tokens_of_text(PROSE) <= words * 2


def test_whatever_the_model_reads_counts_and_nothing_else() -> None:
    plain = counted(asked("hello there"))
    assert plain == A_MESSAGE + 4
    assert counted(asked([{"type": "text", "text": "hello there", "cache_control": {"type": "ephemeral"}}])) == plain
    assert counted(asked("hello there", metadata={"user_id": "x" * 999}, max_tokens=100)) == plain
    assert counted(asked("hello there", system="be nice")) == plain + 2
    tool = {"name": "weather", "description": "tells it", "input_schema": {"type": "object"}}
    assert counted(asked("hello there", tools=[tool])) > plain + 4


@pytest.mark.parametrize(
    "source",
    [
        {"type": "base64", "media_type": "image/png", "data": "A" * 400_000},
        {"type": "url", "url": "https://example.org/a.png"},
        {"type": "file", "file_id": "file_1"},
    ],
)
def test_a_picture_counts_as_a_picture_however_large_it_is(source: dict[str, str]) -> None:
    assert counted(asked([{"type": "image", "source": source}])) <= A_MESSAGE + A_PICTURE + 20
    assert counted(asked([{"type": "image", "source": source}])) >= A_PICTURE


def test_a_document_counts_by_its_size_and_its_text_by_its_letters() -> None:
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "A" * 400_000}
    assert 10_000 < counted(asked([{"type": "document", "source": pdf}])) < 20_000
    text = {"type": "text", "media_type": "text/plain", "data": "seven l" * 100}
    assert counted(asked([{"type": "document", "source": text}])) == A_MESSAGE + 200


def test_gemini_counts_its_contents_alone_or_a_whole_request() -> None:
    contents = [{"role": "user", "parts": [{"text": "hello there"}]}]
    alone = json.loads(gemini_count_tokens.estimated(json.dumps({"contents": contents}).encode()).wire)
    assert alone == {"totalTokens": A_MESSAGE + 4}
    inner = {"model": "models/m", "contents": contents, "systemInstruction": {"parts": [{"text": "be nice"}]}}
    whole = json.loads(gemini_count_tokens.estimated(json.dumps({"generateContentRequest": inner}).encode()).wire)
    assert whole == {"totalTokens": A_MESSAGE + 6}
    sound = [{"role": "user", "parts": [{"inlineData": {"mimeType": "audio/mp3", "data": "A" * 400_000}}]}]
    assert (
        500
        < json.loads(gemini_count_tokens.estimated(json.dumps({"contents": sound}).encode()).wire)["totalTokens"]
        < 1000
    )


def test_deep_values_are_walked_without_recursion() -> None:
    deep: Any = "word"
    for _ in range(100_000):
        deep = [deep]
    assert tokens_of([deep]) == 2


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"messages":' + b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError) as caught:
        members(body)
    assert caught.value.code == "REQUEST_INVALID"
