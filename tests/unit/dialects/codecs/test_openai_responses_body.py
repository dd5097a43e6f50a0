"""A Request becomes a Responses body: values left out are absent, what cannot be said is named or refused."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import GatewayError
from torana.core.events import (
    Choice,
    Format,
    Media,
    Part,
    Reasoning,
    Refusal,
    Request,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from torana.dialects.codecs.openai_responses_body import write_request

HI = Turn("user", (Text("hi"),))


def written(request: Request) -> tuple[dict[str, object], tuple[str, ...]]:
    body, dropped = write_request(request, "up")
    return json.loads(body), dropped


def items(*parts: Part, role: str = "user") -> tuple[object, tuple[str, ...]]:
    body, dropped = written(Request("m", (Turn(role, parts),)))
    return body["input"], dropped


def test_a_plain_request_says_only_what_it_must() -> None:
    assert written(Request("m", (HI,))) == (
        {"model": "up", "input": [{"role": "user", "content": "hi"}], "store": False},
        (),
    )


def test_everything_that_has_a_word_is_said() -> None:
    request = Request(
        "m",
        (HI,),
        system=(Text("a"), Text("b")),
        tools=(Tool("f", "d", b'{"a":1}', True),),
        choice=Choice("any"),
        parallel_tools=False,
        sampling=Sampling(9, 0.5, 0.9, logprobs=2),
        format=Format("json"),
        reasoning=Reasoning("low"),
        stream=True,
        user="u",
        tier="flex",
        metadata=(("a", "b"),),
    )
    assert written(request) == (
        {
            "model": "up",
            "instructions": "a",
            "input": [{"role": "system", "content": "b"}, {"role": "user", "content": "hi"}],
            "tools": [{"type": "function", "name": "f", "description": "d", "parameters": {"a": 1}, "strict": True}],
            "tool_choice": "required",
            "parallel_tool_calls": False,
            "max_output_tokens": 9,
            "temperature": 0.5,
            "top_p": 0.9,
            "top_logprobs": 2,
            "text": {"format": {"type": "json_object"}},
            "reasoning": {"effort": "low", "summary": "auto"},
            "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
            "store": False,
            "user": "u",
            "service_tier": "flex",
            "metadata": {"a": "b"},
            "stream": True,
        },
        (),
    )


def test_what_the_assistant_did_keeps_its_order_and_its_bytes() -> None:
    said, dropped = items(
        Thinking("hm", data="gAAAA", id="rs_1"), Text("a"), Refusal("b"), ToolCall("c1", "f", '{"a" :1}'), Text("z"),
        role="assistant",
    )  # fmt: skip
    assert said == [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}],
         "encrypted_content": "gAAAA"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "b"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a" :1}'},
        {"role": "assistant", "content": [{"type": "output_text", "text": "z"}]},
    ]  # fmt: skip
    assert dropped == ()


def test_results_of_tools_are_items_before_what_is_said() -> None:
    picture = Media("image", "image/png", "AAAA")
    said, dropped = items(
        ToolResult("c1", (Text("x"),), failed=True), ToolResult("c2", (Text("y"), picture)), Text("?")
    )
    assert said == [
        {"type": "function_call_output", "call_id": "c1", "output": "x"},
        {"type": "function_call_output", "call_id": "c2", "output": [
            {"type": "input_text", "text": "y"}, {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]},
        {"role": "user", "content": "?"},
    ]  # fmt: skip
    assert dropped == ("is_error",)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Media("image", url="https://x.test", detail="high"),
         {"type": "input_image", "image_url": "https://x.test", "detail": "high"}),
        (Media("image", file_id="f"), {"type": "input_image", "file_id": "f"}),
        (Media("document", file_id="f"), {"type": "input_file", "file_id": "f"}),
        (Media("document", url="https://x.test"), {"type": "input_file", "file_url": "https://x.test"}),
        (Media("document", "application/pdf", "AAAA"),
         {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,AAAA"}),
        (Media("document", text="abc", name="a.txt"),
         {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,YWJj"}),
        (Media("audio", "audio/mpeg", "AAAA"),
         {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}),
    ],
)  # fmt: skip
def test_media_is_said(part: Media, said: dict[str, object]) -> None:
    assert items(part) == ([{"role": "user", "content": [said]}], ())


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        (Request("m", (HI,), sampling=Sampling(candidates=2)), "n"),
        (Request("m", (Turn("user", (Media("video", url="https://x.test"),)),)), "input"),
        (Request("m", (Turn("assistant", (Media("image", url="https://x.test"),)),)), "input"),
    ],
)
def test_what_must_not_be_lost_and_cannot_be_said_is_refused(request_: Request, param: str) -> None:
    with pytest.raises(GatewayError) as refused:
        write_request(request_, "up")
    assert (refused.value.code, refused.value.param) == ("CAPABILITY_MISSING", param)


def test_what_cannot_be_said_is_named_once() -> None:
    sampling = Sampling(top_k=1, stop=("x",), seed=0, frequency_penalty=0.1, presence_penalty=0.1)
    turns = (
        Turn("user", (Text("a", "5m"), Text("b", "1h")), "anna"),
        Turn("assistant", (Thinking("x", signature="s"), ToolCall("c", "f", "{}", "sig"))),
    )
    _, dropped = written(Request("m", turns, sampling=sampling))
    assert dropped == (
        "name", "cache_control", "thinking", "thought_signature", "top_k", "stop", "seed", "frequency_penalty",
        "presence_penalty",
    )  # fmt: skip


def test_sealed_reasoning_is_asked_for_only_where_there_is_reasoning() -> None:
    assert "include" not in written(Request("m", (HI,), reasoning=Reasoning("off")))[0]
    assert written(Request("m", (HI,), reasoning=Reasoning()))[0]["include"] == ["reasoning.encrypted_content"]
