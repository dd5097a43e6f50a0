"""Messages bodies become Requests, and nothing of them is lost without a name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torana.core.errors import GatewayError
from torana.core.events import (
    Choice,
    Format,
    Media,
    Reasoning,
    Request,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from torana.dialects.codecs.anthropic_messages import read_request


def read(**members: Any) -> Request:
    body = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}], **members}
    return read_request(json.dumps(body).encode())


def parts(*blocks: dict[str, Any], role: str = "user") -> Request:
    return read(messages=[{"role": role, "content": list(blocks)}])


def test_the_smallest_body() -> None:
    assert read() == Request("m", (Turn("user", (Text("hi"),)),), sampling=Sampling(max_output=10))


def test_a_conversation_with_tools_thinking_and_cache_marks() -> None:
    body = b"""{"model":"m","max_tokens":2048,"stream":true,
      "system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],
      "tools":[{"name":"f","description":"d","input_schema":{"type": "object"},"strict":true,
                "cache_control":{"type":"ephemeral"}}],
      "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},
      "temperature":0.5,"top_p":0.9,"top_k":5,"stop_sequences":["END"],
      "metadata":{"user_id":"u1"},"service_tier":"standard_only",
      "messages":[
        {"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]},
        {"role":"assistant","content":[
          {"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"x"},
          {"type":"text","text":"ok"},
          {"type":"tool_use","id":"toolu_1","name":"f","input":{ "a" : 1.0 }}]},
        {"role":"user","content":[
          {"type":"tool_result","tool_use_id":"toolu_1","content":"no","is_error":true},
          {"type":"tool_result","tool_use_id":"toolu_2","content":[{"type":"text","text":"a"},
             {"type":"image","source":{"type":"url","url":"https://e.x/i.png"}}]},
          {"type":"tool_result","tool_use_id":"toolu_3"}]}]}"""
    assert read_request(body) == Request(
        "m",
        (
            Turn("user", (Text("hi", "5m"),)),
            Turn(
                "assistant",
                (Thinking("hm", "sig"), Thinking(data="x"), Text("ok"), ToolCall("toolu_1", "f", '{ "a" : 1.0 }')),
            ),
            Turn(
                "user",
                (
                    ToolResult("toolu_1", (Text("no"),), failed=True),
                    ToolResult("toolu_2", (Text("a"), Media("image", url="https://e.x/i.png"))),
                    ToolResult("toolu_3", ()),
                ),
            ),
        ),
        system=(Text("Be brief.", "1h"),),
        tools=(Tool("f", "d", b'{"type": "object"}', True, "5m"),),
        choice=Choice("tool", "f"),
        parallel_tools=False,
        sampling=Sampling(2048, 0.5, 0.9, 5, ("END",)),
        stream=True,
        user="u1",
        tier="default",
    )


@pytest.mark.parametrize(
    ("block", "meant"),
    [
        ({"type": "base64", "media_type": "image/png", "data": "aGk="}, Media("image", "image/png", "aGk=")),
        ({"type": "url", "url": "https://e.x"}, Media("image", url="https://e.x")),
        ({"type": "file", "file_id": "file_1"}, Media("image", file_id="file_1")),
    ],
)
def test_every_source_of_a_picture(block: dict[str, str], meant: Media) -> None:
    assert parts({"type": "image", "source": block}).turns[0].parts == (meant,)


def test_documents_of_every_source() -> None:
    title = {"type": "document", "title": "T"}
    nested = {"type": "content", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    request = parts(
        {**title, "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="}},
        {**title, "source": {"type": "text", "media_type": "text/plain", "data": "hello"}},
        {"type": "document", "source": nested},
    )
    assert request.turns[0].parts == (
        Media("document", "application/pdf", "aGk=", name="T"),
        Media("document", "text/plain", text="hello", name="T"),
        Text("a"),
        Text("b"),
    )


def test_a_search_result_is_a_document_and_named() -> None:
    block = {"type": "search_result", "source": "https://e.x", "title": "T", "content": [{"type": "text", "text": "a"}]}
    request = parts(block)
    assert request.turns[0].parts == (Media("document", "text/plain", text="a", name="T"),)
    assert request.dropped == ("search_result",)


def test_a_system_message_among_the_turns_is_of_the_system() -> None:
    request = read(system="a", messages=[{"role": "system", "content": "b"}, {"role": "user", "content": "c"}])
    assert (request.system, request.turns) == ((Text("a"), Text("b")), (Turn("user", (Text("c"),)),))


@pytest.mark.parametrize(
    ("members", "meant"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Reasoning("", 2000)),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}}, Reasoning("", 2000, False)),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, Reasoning("low")),
        ({"thinking": {"type": "adaptive"}}, Reasoning()),
        ({"output_config": {"effort": "high"}}, Reasoning("high")),
        ({"thinking": {"type": "disabled"}}, Reasoning("off")),
        ({}, None),
    ],
)
def test_every_form_of_thinking(members: dict[str, Any], meant: Reasoning | None) -> None:
    request = read(**members)
    assert (request.reasoning, request.dropped) == (meant, ())


def test_an_effort_beyond_what_others_know_is_the_highest_and_named() -> None:
    request = read(output_config={"effort": "max"})
    assert (request.reasoning, request.dropped) == (Reasoning("high"), ("output_config.effort (max)",))


@pytest.mark.parametrize("name", ["output_config", "output_format"])
def test_the_shape_of_the_answer_under_both_its_names(name: str) -> None:
    form = {"type": "json_schema", "schema": {"type": "object"}}
    request = read(**{name: {"format": form} if name == "output_config" else form})
    assert request.format == Format("schema", schema=b'{"type": "object"}')


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"container": "c", "mcp_servers": [], "inference_geo": None}, ("container", "mcp_servers")),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, ("tools[0] (web_search_20250305)",)),
        ({"tools": [{"name": "f", "input_schema": {}, "defer_loading": True}]}, ("tools[0].defer_loading",)),
        ({"thinking": {"type": "between_tools"}}, ("thinking (between_tools)",)),
        ({"output_config": {"format": {"type": "grammar"}}}, ("output_config.format (grammar)",)),
    ],
)
def test_what_no_other_dialect_can_say_is_named(members: dict[str, Any], named: tuple[str, ...]) -> None:
    assert read(**members).dropped == named


def test_what_ran_at_the_provider_is_named_and_left_out() -> None:
    blocks = ({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, {"type": "text", "text": "a"})
    result = {"type": "web_search_tool_result", "tool_use_id": "s", "content": {"type": "web_search_tool_result_error"}}
    request = parts(*blocks, result, role="assistant")
    assert request.turns[0].parts == (Text("a"),)
    assert request.dropped == (
        "messages[0].content[0] (server_tool_use)",
        "messages[0].content[2] (web_search_tool_result)",
    )


def test_members_of_blocks_that_only_this_api_has_are_named() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "a"}
    request = parts({"type": "document", "source": source, "citations": {"enabled": True}, "context": "c"})
    assert request.dropped == ("citations", "context")
    assert parts({"type": "text", "text": "a", "citations": None}).dropped == ()


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "container_upload"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "messages[0].content[0].source"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "x"}}]}]},
            "messages[0].content[0].source.type",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": 1}]}]},
            "messages[0].content[0].content",
        ),
        ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
        ({"thinking": {"type": "some"}}, "thinking.type"),
        ({"tools": [1]}, "tools[0]"),
        ({"temperature": "hot"}, "temperature"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(members: dict[str, Any], param: str) -> None:
    with pytest.raises(GatewayError) as raised:
        read(**members)
    assert (raised.value.code, raised.value.param) == ("REQUEST_INVALID", param)
