"""Requests become Messages bodies that the API takes; what cannot be said is named."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

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
from torana.dialects.codecs.anthropic_messages import read_request, write_request
from torana.dialects.codecs.anthropic_messages_thinking import DEFAULT_MAX_TOKENS

HI = Turn("user", (Text("hi"),))
ASKED = Request("asked", (HI,))
OLD, NEW = "claude-sonnet-4-5", "claude-opus-5"
SDK = TypeAdapter[MessageCreateParamsNonStreaming](MessageCreateParamsNonStreaming)


def write(request: Request, model: str = OLD) -> tuple[dict[str, Any], tuple[str, ...]]:
    written = write_request(request, model)
    body: dict[str, Any] = json.loads(written.body)
    return body, written.dropped


def content(*parts: Part, role: str = "assistant") -> Any:
    before = HI if role == "assistant" else Turn("assistant", (Text("so"),))
    return write(ASKED._replace(turns=(before, Turn(role, parts))))[0]["messages"][-1]["content"]


def test_the_smallest_body_has_the_tokens_that_must_be_sent_and_nothing_else() -> None:
    hi = {"role": "user", "content": "hi"}
    assert write(ASKED) == ({"model": OLD, "max_tokens": DEFAULT_MAX_TOKENS, "messages": [hi]}, ())


def test_neighbours_of_one_role_are_one_turn_with_the_tool_results_first() -> None:
    turns = (
        HI,
        Turn("assistant", (ToolCall("a", "f", '{"x":1}'),)),
        Turn("assistant", (ToolCall("b", "f", ""),)),
        Turn("user", (Text("and"), ToolResult("a", (Text("1"),)))),
        Turn("user", (ToolResult("b", (), failed=True),)),
    )
    assert write(ASKED._replace(turns=turns))[0]["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
                {"type": "tool_use", "id": "b", "name": "f", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "1"},
                {"type": "tool_result", "tool_use_id": "b", "is_error": True},
                {"type": "text", "text": "and"},
            ],
        },
    ]


def test_arguments_stand_in_the_body_byte_for_byte() -> None:
    text = '{ "n" : 1.0,\n"s":"\\u00e9" }'
    turns = (HI, Turn("assistant", (ToolCall("a", "f", text),)))
    assert b'"input":' + text.encode() in write_request(ASKED._replace(turns=turns), OLD).body


@pytest.mark.parametrize("arguments", ["[1]", '{"a":', "text"])
def test_arguments_that_are_no_object_are_wrapped_as_the_api_advises(arguments: str) -> None:
    assert content(ToolCall("a", "f", arguments))[0]["input"] == {"INVALID_JSON": arguments}


def test_ids_that_the_api_would_refuse_are_changed_alike_in_call_and_result() -> None:
    assert content(ToolCall("call:1.é", "f", "{}"))[0]["id"] == "call_1__"
    assert content(ToolResult("call:1.é", ()), role="user")[0]["tool_use_id"] == "call_1__"


def test_the_system_is_a_string_unless_something_of_it_is_cached() -> None:
    assert write(ASKED._replace(system=(Text("a"), Text("b"))))[0]["system"] == "a\n\nb"
    assert write(ASKED._replace(system=(Text("a", "1h"), Text("b", "5m"))))[0]["system"] == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}},
    ]


@pytest.mark.parametrize("turns", [(), (Turn("user", (Text(""),)),)])
def test_a_system_prompt_alone_becomes_the_message(turns: tuple[Turn, ...]) -> None:
    said, _ = write(Request("asked", turns, (Text("s"),)))
    assert said["messages"] == [{"role": "user", "content": "s"}]
    assert "system" not in said


def test_cache_marks_reach_every_kind_of_block_and_tools() -> None:
    mark = {"type": "ephemeral"}
    parts = (ToolResult("a", (), cache="5m"), Text("t", "5m"), Media("image", url="https://e.x", cache="5m"))
    assert all(block["cache_control"] == mark for block in content(*parts, role="user"))
    assert content(ToolCall("a", "f", "{}", cache="5m"))[0]["cache_control"] == mark
    assert write(ASKED._replace(tools=(Tool("f", cache="5m"),)))[0]["tools"][0]["cache_control"] == mark


def test_only_signed_thinking_is_replayed() -> None:
    turns = (HI, Turn("assistant", (Thinking("a"), Thinking("b", "sig"), Thinking(data="x"), Text("t"))))
    body, dropped = write(ASKED._replace(turns=turns))
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "b", "signature": "sig"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": "t"},
    ]
    assert dropped == ("thinking",)


def test_a_refusal_is_replayed_as_text() -> None:
    assert content(Refusal("No.")) == [{"type": "text", "text": "No."}]


def test_empty_texts_and_turns_that_the_api_would_refuse_are_left_out() -> None:
    turns = (HI, Turn("assistant", (Text(""), ToolCall("a", "f", "{}"))), Turn("user", (Text(""),)))
    messages = write(ASKED._replace(turns=turns))[0]["messages"]
    assert [len(message["content"]) for message in messages[1:]] == [1]


PDF = "JVBERi0="


@pytest.mark.parametrize(
    ("media", "source"),
    [
        (Media("image", "image/png", "aGk="), {"type": "base64", "media_type": "image/png", "data": "aGk="}),
        (Media("image", data="/9j/4AA"), {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4AA"}),
        (Media("image", url="https://e.x"), {"type": "url", "url": "https://e.x"}),
        (Media("image", file_id="f1"), {"type": "file", "file_id": "f1"}),
        (Media("document", "application/pdf", PDF), {"type": "base64", "media_type": "application/pdf", "data": PDF}),
        (Media("document", url="https://e.x"), {"type": "url", "url": "https://e.x"}),
        (Media("document", file_id="f1"), {"type": "file", "file_id": "f1"}),
        (Media("document", text="hello"), {"type": "text", "media_type": "text/plain", "data": "hello"}),
        (
            Media("document", "text/csv", base64.b64encode("a,é".encode()).decode()),
            {"type": "text", "media_type": "text/plain", "data": "a,é"},
        ),
    ],
)
def test_pictures_and_documents_of_every_source(media: Media, source: dict[str, str]) -> None:
    assert content(media, role="user") == [{"type": media.kind, "source": source}]


@pytest.mark.parametrize(
    "media",
    [Media("audio", "audio/wav", "aGk="), Media("video", url="https://e.x"), Media("document", "a/zip", "aGk=")],
)
def test_what_the_api_cannot_carry_is_refused_aloud(media: Media) -> None:
    with pytest.raises(GatewayError) as raised:
        content(media, role="user")
    assert raised.value.code == "CAPABILITY_MISSING"


def test_a_tool_without_parameters_has_the_schema_that_must_be_sent() -> None:
    tools = write(ASKED._replace(tools=(Tool("f"), Tool("g", "d", b'{"properties":{}}', True))))[0]["tools"]
    assert tools == [
        {"name": "f", "input_schema": {"type": "object", "properties": {}}},
        {"name": "g", "description": "d", "input_schema": {"properties": {}, "type": "object"}, "strict": True},
    ]


@pytest.mark.parametrize(
    ("choice", "parallel", "said"),
    [
        (Choice("any"), None, {"type": "any"}),
        (Choice("tool", "f"), True, {"type": "tool", "name": "f", "disable_parallel_tool_use": False}),
        (Choice("none"), False, {"type": "none"}),
        (Choice("auto"), False, {"type": "auto", "disable_parallel_tool_use": True}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (None, None, None),
    ],
)
def test_every_choice_of_a_tool(choice: Choice | None, parallel: bool | None, said: object) -> None:
    request = ASKED._replace(tools=(Tool("f"),), choice=choice, parallel_tools=parallel)
    assert write(request)[0].get("tool_choice") == said


def test_a_choice_without_tools_is_not_sent() -> None:
    assert "tool_choice" not in write(ASKED._replace(choice=Choice("auto")))[0]


def test_a_model_that_cannot_be_made_to_call_a_tool_may_and_it_is_named() -> None:
    body, dropped = write(ASKED._replace(tools=(Tool("f"),), choice=Choice("any")), "claude-opus-5-5")
    assert (body["tool_choice"], dropped) == ({"type": "auto"}, ("tool_choice",))


@pytest.mark.parametrize(
    ("sampling", "named"),
    [
        (Sampling(seed=0), "seed"),
        (Sampling(frequency_penalty=0.1), "frequency_penalty"),
        (Sampling(presence_penalty=0.1), "presence_penalty"),
        (Sampling(logprobs=0), "logprobs"),
        (Sampling(candidates=2), "n"),
        (Sampling(stop=(" ",)), "stop"),
    ],
)
def test_sampling_that_the_api_does_not_know_is_named(sampling: Sampling, named: str) -> None:
    body, dropped = write(ASKED._replace(sampling=sampling))
    assert (set(body), dropped) == ({"model", "max_tokens", "messages"}, (named,))


def test_a_penalty_of_nothing_is_not_worth_a_name() -> None:
    assert write(ASKED._replace(sampling=Sampling(frequency_penalty=0.0)))[1] == ()


def test_a_temperature_above_the_range_is_the_highest_and_named() -> None:
    body, dropped = write(ASKED._replace(sampling=Sampling(temperature=1.5)))
    assert (body["temperature"], dropped) == (1.0, ("temperature above 1",))


def test_sampling_that_the_model_refuses_is_named_unless_it_is_the_default() -> None:
    asked = ASKED._replace(sampling=Sampling(temperature=0.5, top_p=0.9, top_k=3))
    assert write(asked, NEW)[1] == ("temperature", "top_p", "top_k")
    assert write(asked)[1] == ("top_p",)
    assert write(asked._replace(sampling=Sampling(temperature=1.0)), NEW)[1] == ()


def test_thinking_takes_the_place_of_sampling_and_has_room_in_the_tokens() -> None:
    asked = ASKED._replace(reasoning=Reasoning("medium"), sampling=Sampling(temperature=0.5, top_k=3))
    body, dropped = write(asked)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": DEFAULT_MAX_TOKENS // 2}
    assert body["max_tokens"] == DEFAULT_MAX_TOKENS
    assert "temperature" not in body
    assert dropped == ("temperature", "top_k")


@pytest.mark.parametrize(("asked", "budget"), [(1025, 1024), (2048, 1024), (4096, 2048), (9000, 4096)])
def test_a_budget_is_below_the_tokens_and_the_tokens_are_the_callers(asked: int, budget: int) -> None:
    request = ASKED._replace(reasoning=Reasoning("medium"), sampling=Sampling(max_output=asked))
    body, _ = write(request)
    assert (body["max_tokens"], body["thinking"]["budget_tokens"]) == (asked, budget)
    assert write(request, NEW)[0]["max_tokens"] == asked


def test_a_budget_of_the_callers_own_is_kept_when_it_fits() -> None:
    request = ASKED._replace(reasoning=Reasoning(budget=4000), sampling=Sampling(max_output=4096))
    assert write(request)[0]["thinking"]["budget_tokens"] == 4000


def test_where_no_budget_fits_there_is_no_thinking_and_it_is_named() -> None:
    request = ASKED._replace(reasoning=Reasoning("low"), sampling=Sampling(max_output=1024))
    body, dropped = write(request)
    assert ("thinking" in body, body["max_tokens"], dropped) == (False, 1024, ("thinking",))


def test_zero_tokens_are_sent_as_they_warm_the_cache() -> None:
    assert write(ASKED._replace(sampling=Sampling(max_output=0)))[0]["max_tokens"] == 0


def test_the_shape_of_the_answer_and_the_effort_stand_together() -> None:
    form = Format("schema", "n", b'{"type":"object"}')
    body, dropped = write(ASKED._replace(format=form, reasoning=Reasoning("low")), NEW)
    schema = {"type": "json_schema", "schema": {"type": "object"}}
    assert (body["output_config"], dropped) == ({"effort": "low", "format": schema}, ())


def test_json_without_a_schema_cannot_be_said() -> None:
    body, dropped = write(ASKED._replace(format=Format("json")))
    assert ("output_config" in body, dropped) == (False, ("response_format",))


def test_user_tier_and_what_has_no_place() -> None:
    body, dropped = write(ASKED._replace(user="u", tier="flex", metadata=(("a", "b"),), turns=(HI._replace(name="n"),)))
    assert (body["metadata"], dropped) == ({"user_id": "u"}, ("name", "metadata", "service_tier"))
    assert write(ASKED._replace(tier="default"))[0]["service_tier"] == "standard_only"


# --- the identity of what this API can say


def made(kind: Callable[..., Any], *args: st.SearchStrategy[Any], **members: st.SearchStrategy[Any]) -> Any:
    """Things of a kind with only these members: ``st.builds`` alone would draw the others too."""
    return st.builds(lambda *given, **named: kind(*given, **named), *args, **members)  # noqa: PLW0108 - it hides the types


words = st.text(min_size=1, max_size=6)
caches = st.sampled_from(["", "5m", "1h"])
ids = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
objects = st.dictionaries(words, st.integers() | words, max_size=2).map(
    lambda value: json.dumps(value, ensure_ascii=False)
)
plain = made(Text, words, caches)
pictures = st.one_of(
    made(Media, st.just("image"), st.just("image/png"), st.just("aGk="), cache=caches),
    made(Media, st.just("image"), url=words, cache=caches),
    made(Media, st.just("document"), st.just("application/pdf"), st.just("aGk="), name=words, cache=caches),
    made(Media, st.just("document"), st.just("text/plain"), text=words, cache=caches),
    made(Media, st.just("document"), file_id=words, cache=caches),
)
results = made(ToolResult, ids, st.lists(plain | pictures, max_size=2).map(tuple), failed=st.booleans(), cache=caches)
asks = st.tuples(st.lists(results, max_size=2), st.lists(plain | pictures, min_size=1, max_size=3)).map(
    lambda both: Turn("user", (*both[0], *both[1]))
)
answers = st.lists(
    plain
    | made(Thinking, words, words)
    | made(Thinking, data=words)
    | made(ToolCall, ids, words, objects, cache=caches),
    min_size=1,
    max_size=3,
).map(lambda parts: Turn("assistant", tuple(parts)))
schemas = objects.map(lambda text: b'{"type":"object","x":' + text.encode() + b"}")
requests = made(
    Request,
    model=st.just("claude-opus-4-6"),
    turns=st.lists(st.tuples(asks, answers), max_size=2).flatmap(
        lambda pairs: asks.map(lambda last: (*(turn for pair in pairs for turn in pair), last))
    ),
    system=st.lists(plain, max_size=1).map(tuple),
    tools=st.lists(made(Tool, words, words, schemas, st.none() | st.booleans(), caches), min_size=1).map(tuple),
    choice=st.none() | made(Choice, st.sampled_from(["auto", "any"])) | made(Choice, st.just("tool"), words),
    parallel_tools=st.none(),
    sampling=made(Sampling, max_output=st.integers(1, 9000), stop=st.lists(ids, max_size=2).map(tuple)),
    format=st.none() | made(Format, st.just("schema"), schema=schemas),
    reasoning=st.none() | made(Reasoning, st.sampled_from(["", "low", "medium", "high"]), st.none(), st.booleans()),
    stream=st.booleans(),
    user=words | st.just(""),
    tier=st.sampled_from(["", "auto", "default"]),
)


@given(requests)
def test_what_is_written_is_read_as_the_same_request(request: Request) -> None:
    written = write_request(request, request.model)
    assert written.dropped == ()
    assert read_request(written.body) == request
    assert None not in leaves(json.loads(written.body))


def leaves(value: object) -> list[object]:
    """All scalars of a JSON value."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [leaf for item in inner for leaf in leaves(item)]
    return [value]


@settings(max_examples=20)  # the SDK's types are a union of hundreds, and slow
@given(requests)
def test_the_sdk_takes_every_body(request: Request) -> None:
    SDK.validate_json(write_request(request._replace(stream=False), request.model).body)
