"""Requests as bodies of Cohere's v2 chat: what it can be told, and the names of what it cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import GatewayError
from torana.core.events import (
    Choice,
    Format,
    Media,
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
from torana.dialects.codecs.cohere_chat_body import write_request

HI = (Turn("user", (Text("hi"),)),)
SCHEMA = b'{"type": "object",  "properties":{}}'
LOOK, WAIT = Tool("look", "Looks.", SCHEMA), Tool("wait")
PNG = Media("image", "image/png", data="iVBO")


def written(**parts: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    model = parts.pop("to", "command-a-03-2025")
    body, dropped = write_request(Request(**{"model": "m", "turns": HI, **parts}), model)
    return json.loads(body), dropped


def messages(*turns: Turn, **parts: Any) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = written(turns=turns, **parts)[0]["messages"]
    return made


def test_the_least() -> None:
    body, dropped = written()
    least = {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "hi"}], "stream": False}
    assert (body, dropped) == (least, ())


def test_what_the_system_says_comes_first() -> None:
    assert messages(*HI, system=(Text("be brief"),))[0] == {"role": "system", "content": "be brief"}
    assert messages(*HI, system=(Text("a"), Text("b")))[0]["content"] == [
        {"type": "text", "text": "a"}, {"type": "text", "text": "b"},
    ]  # fmt: skip


def test_pictures_go_as_addresses() -> None:
    picture = Media("image", url="https://p.test/x.png", detail="low")
    (message,) = messages(Turn("user", (Text("see"), PNG, picture)))
    assert message["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
        {"type": "image_url", "image_url": {"url": "https://p.test/x.png", "detail": "low"}},
    ]


@pytest.mark.parametrize("part", [
    Media("audio", "audio/wav", data="AA=="), Media("document", "application/pdf", data="AA=="),
    Media("image", file_id="file-1"), ToolResult("t", (PNG,)),
], ids=["audio", "pdf", "file", "picture of a tool"])  # fmt: skip
def test_a_medium_it_cannot_take_is_refused(part: Media | ToolResult) -> None:
    with pytest.raises(GatewayError) as caught:
        written(turns=(Turn("user", (part,)),))
    assert caught.value.code == "CAPABILITY_MISSING"


def test_a_document_that_is_text_goes_as_text() -> None:
    assert messages(Turn("user", (Media("document", "text/plain", text="long"),)))[0]["content"] == "long"


def test_tool_calls_and_results_keep_their_ids_and_bytes() -> None:
    call = ToolCall("c1", "look", '{"a" : 1.0}')
    results = (ToolResult("c1", (Text("sunny"),)), ToolResult("c2", (), failed=True))
    asked, first, second, last = messages(Turn("assistant", (call,)), Turn("user", (*results, Text("so?"))))
    function = {"name": "look", "arguments": '{"a" : 1.0}'}
    assert asked == {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": function}]}
    assert first == {"role": "tool", "tool_call_id": "c1", "content": "sunny"}
    assert second == {"role": "tool", "tool_call_id": "c2", "content": "The tool failed."}
    assert last == {"role": "user", "content": "so?"}


def test_tools_keep_their_schemas_byte_for_byte() -> None:
    body, _ = write_request(Request("m", HI, tools=(LOOK, WAIT)), "m")
    assert SCHEMA in body
    assert json.loads(body)["tools"] == [
        {"type": "function", "function": {"name": "look", "parameters": json.loads(SCHEMA), "description": "Looks."}},
        {"type": "function", "function": {"name": "wait", "parameters": {"type": "object", "properties": {}}}},
    ]


@pytest.mark.parametrize(("choice", "said", "tools"), [
    (None, None, 2), (Choice("auto"), None, 2), (Choice("none"), "NONE", 2), (Choice("any"), "REQUIRED", 2),
    (Choice("tool", "wait"), "REQUIRED", 1), (Choice("tool", "gone"), "REQUIRED", 2),
])  # fmt: skip
def test_which_tool_is_called(choice: Choice | None, said: str | None, tools: int) -> None:
    body, dropped = written(tools=(LOOK, WAIT), choice=choice)
    assert (body.get("tool_choice"), len(body["tools"])) == (said, tools)
    assert dropped == (("tool_choice",) if choice == Choice("tool", "gone") else ())


@pytest.mark.parametrize(("strict", "said", "named"), [
    ((True, True), True, ()), ((True, None), None, ("strict",)), ((False, None), None, ()),
])  # fmt: skip
def test_all_tools_are_strict_or_none(
    strict: tuple[bool | None, ...], said: bool | None, named: tuple[str, ...]
) -> None:
    tools = tuple(Tool(f"t{at}", strict=one) for at, one in enumerate(strict))
    body, dropped = written(tools=tools)
    assert (body.get("strict_tools"), dropped) == (said, named)


def test_sampling_has_its_names() -> None:
    sampling = Sampling(5, 0.5, 0.9, 40, ("a", "b"), 7, 0.1, 0.2)
    body, dropped = written(sampling=sampling)
    assert {name: value for name, value in body.items() if name not in ("model", "messages", "stream")} == {
        "max_tokens": 5, "temperature": 0.5, "p": 0.9, "k": 40, "stop_sequences": ["a", "b"], "seed": 7,
        "frequency_penalty": 0.1, "presence_penalty": 0.2,
    }  # fmt: skip
    assert dropped == ()


@pytest.mark.parametrize(("sampling", "name", "value", "named"), [
    (Sampling(temperature=1.5), "temperature", 1.0, ("temperature above 1",)),
    (Sampling(top_p=1), "p", 0.99, ()), (Sampling(top_p=0), "p", 0.01, ()),
    (Sampling(top_k=501), "k", None, ("top_k",)), (Sampling(seed=-1), "seed", None, ("seed",)),
    (Sampling(presence_penalty=-1), "presence_penalty", None, ("presence_penalty",)),
    (Sampling(frequency_penalty=2), "frequency_penalty", None, ("frequency_penalty",)),
    (Sampling(stop=tuple("abcdef")), "stop_sequences", list("abcde"), ("stop",)),
    (Sampling(candidates=2), "n", None, ("n",)), (Sampling(logprobs=0), "logprobs", None, ("logprobs",)),
])  # fmt: skip
def test_what_is_outside_its_bounds_is_named(
    sampling: Sampling, name: str, value: object, named: tuple[str, ...]
) -> None:
    body, dropped = written(sampling=sampling)
    assert (body.get(name), dropped) == (value, named)


@pytest.mark.parametrize(("parts", "named"), [
    ({"user": "u"}, "user"), ({"tier": "flex"}, "service_tier"), ({"metadata": (("a", "b"),)}, "metadata"),
    ({"parallel_tools": False, "tools": (LOOK,)}, "parallel_tool_calls"),
    ({"turns": (Turn("user", (Text("a"),), "kim"),)}, "name"), ({"system": (Text("a", "5m"),)}, "cache_control"),
    ({"reasoning": Reasoning("high")}, "reasoning"),
])  # fmt: skip
def test_what_it_cannot_be_told_is_named(parts: dict[str, Any], named: str) -> None:
    assert written(**parts)[1] == (named,)


@pytest.mark.parametrize(("wanted", "said"), [
    (Format("json"), {"type": "json_object"}),
    (Format("schema", "e", SCHEMA, True), {"type": "json_object", "json_schema": json.loads(SCHEMA)}),
])  # fmt: skip
def test_the_shape_of_the_answer(wanted: Format, said: object) -> None:
    assert written(format=wanted)[0]["response_format"] == said


@pytest.mark.parametrize(("wanted", "said"), [
    (Reasoning("off"), {"type": "disabled"}), (Reasoning(budget=99), {"type": "enabled", "token_budget": 99}),
    (Reasoning("low"), {"type": "enabled", "token_budget": 2048}), (Reasoning(), {"type": "enabled"}),
])  # fmt: skip
def test_a_reasoning_model_is_told_how_much(wanted: Reasoning, said: object) -> None:
    assert written(to="command-a-reasoning-08-2025", reasoning=wanted)[0]["thinking"] == said
    assert "thinking" not in written(reasoning=wanted)[0]


THOUGHT = Turn("assistant", (Thinking("hm"), Text("yes")))


def test_thoughts_go_back_where_they_are_taken() -> None:
    (message,) = messages(THOUGHT, to="command-a-reasoning-08-2025")
    assert message["content"] == [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}]
    body, dropped = written(turns=(THOUGHT,))
    assert (body["messages"][0]["content"], dropped) == ("yes", ("thinking",))
    (asked,) = messages(Turn("assistant", (Thinking("I will look."), ToolCall("c", "look", "{}"))))
    assert asked["tool_plan"] == "I will look."


def test_thoughts_signed_elsewhere_are_left_out_and_named() -> None:
    body, dropped = written(turns=(Turn("assistant", (Thinking("hm", "sig"), Refusal("no"))),))
    assert (body["messages"], dropped) == ([{"role": "assistant", "content": "no"}], ("thinking",))


@given(st.text(min_size=1), st.text(), st.floats(0, 1), st.integers(1, 500))
def test_texts_and_numbers_arrive_as_they_are(said: str, arguments: str, temperature: float, k: int) -> None:
    turns = (Turn("user", (Text(said),)), Turn("assistant", (ToolCall("c", "f", arguments or "{}"),)))
    body, _ = written(turns=turns, sampling=Sampling(temperature=temperature, top_k=k))
    assert body["messages"][0]["content"] == said
    assert body["messages"][1]["tool_calls"][0]["function"]["arguments"] == (arguments or "{}")
    assert (body["temperature"], body["k"]) == (temperature, k)
