"""Events become whole Messages answers that the official SDK's types accept, and read back as what they were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from anthropic.types import Message

from torana.core.call import Usage
from torana.core.events import (
    Began,
    Cited,
    Counted,
    Ended,
    Event,
    Reasoning,
    RefusalPiece,
    Request,
    TextPiece,
    ThinkingPiece,
    ToolBegan,
    ToolPiece,
)
from torana.dialects.codecs import anthropic_messages as codec
from torana.dialects.codecs.anthropic_messages_whole import STOPS

ASKED = Request("claude-asked", ())
FULL: Sequence[Event] = (
    Began("msg_1", "claude-x"),
    ThinkingPiece("hm", "sig"),
    ThinkingPiece(data="opaque"),
    TextPiece("see"),
    Cited("https://e.x", "E", "q"),
    TextPiece("and"),
    Cited(title="D", quote="qq", start=1, end=3, document=2),
    ToolBegan(0, "toolu_1", "f"),
    ToolPiece(0, '{ "n" : 1.0, "s":"\\u00e9" }'),
    ToolBegan(1, "toolu_2", "g"),
    ToolPiece(1, "{}"),
    Counted(Usage(10, 20, 3, 40, 5)),
    Ended("tools"),
)


def whole(*events: Event, request: Request = ASKED) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(codec.write_whole(events, request))
    Message.model_validate(answer, strict=True)
    return answer


def test_what_is_written_is_read_as_the_same_events() -> None:
    assert codec.read_whole(codec.write_whole(FULL, ASKED)) == list(FULL)


def test_arguments_stand_in_the_answer_byte_for_byte() -> None:
    assert b'"input":{ "n" : 1.0, "s":"\\u00e9" }' in codec.write_whole(FULL, ASKED)


def test_the_sdk_takes_an_answer_with_everything() -> None:
    answer = whole(*FULL)
    assert [block["type"] for block in answer["content"]] == [
        "thinking",
        "redacted_thinking",
        "text",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert answer["usage"]["input_tokens"] + answer["usage"]["cache_read_input_tokens"] == 30


def test_pieces_of_a_stream_are_joined() -> None:
    pieces = (ThinkingPiece("a"), ThinkingPiece("b"), ThinkingPiece(signature="s"), TextPiece("c"), TextPiece("d"))
    tool = (ToolBegan(0, "t", "f"), ToolPiece(0, '{"a"'), ToolPiece(0, ":1}"))
    assert whole(*pieces, *tool)["content"] == [
        {"type": "thinking", "thinking": "ab", "signature": "s"},
        {"type": "text", "text": "cd"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
    ]


def test_arguments_that_are_no_object_are_wrapped_as_the_api_advises() -> None:
    answer = whole(ToolBegan(0, "t", "f"), ToolPiece(0, '{"a": "b'), Ended("length"))
    assert answer["content"][0]["input"] == {"INVALID_JSON": '{"a": "b'}


def test_other_candidates_are_left_out() -> None:
    answer = whole(TextPiece("no", 1), TextPiece("yes"), Ended("stop"), Ended("length", 1))
    assert (answer["content"], answer["stop_reason"]) == ([{"type": "text", "text": "yes"}], "end_turn")


@pytest.mark.parametrize(("reason", "said"), STOPS.items())
def test_every_reason_has_its_stop_reason(reason: str, said: str) -> None:
    assert whole(Ended(reason))["stop_reason"] == said


def test_a_stop_sequence_is_named_and_without_one_it_is_null() -> None:
    assert whole(Ended("sequence", sequence="END"))["stop_sequence"] == "END"
    assert whole(Ended("stop"))["stop_sequence"] is None


def test_tool_calls_that_end_with_a_plain_stop_still_say_tool_use() -> None:
    assert whole(ToolBegan(0, "t", "f"), Ended("stop"))["stop_reason"] == "tool_use"


def test_hidden_thinking_is_not_told() -> None:
    hidden = ASKED._replace(reasoning=Reasoning("high", shown=False))
    assert whole(ThinkingPiece("a"), TextPiece("b"), request=hidden)["content"] == [{"type": "text", "text": "b"}]
    assert whole(ThinkingPiece("a", "s"), request=hidden)["content"][0]["thinking"] == ""


def test_a_refusal_is_text() -> None:
    assert whole(RefusalPiece("No."), Ended("refused"))["content"] == [{"type": "text", "text": "No."}]


def test_a_citation_without_text_before_it_has_a_text_of_its_own() -> None:
    assert whole(Cited(quote="q"))["content"][0]["citations"][0]["cited_text"] == "q"


def test_thinking_after_a_signature_is_a_block_of_its_own() -> None:
    pieces = (ThinkingPiece("a"), ThinkingPiece(signature="s1"), ThinkingPiece("b"), ThinkingPiece(signature="s2"))
    assert [(block["thinking"], block["signature"]) for block in whole(*pieces)["content"]] == [
        ("a", "s1"),
        ("b", "s2"),
    ]
