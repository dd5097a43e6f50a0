"""Requests as bodies of Converse, held against AWS's own description of the API."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

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
from torana.dialects.codecs.bedrock_converse_body import write_request

CLAUDE = "anthropic.claude-sonnet-4-20250514-v1:0"
NEWER = "anthropic.claude-sonnet-4-5-20250929-v1:0"
HI = (Turn("user", (Text("hi"),)),)
LOOK = Tool("look", "Looks.", b'{"type": "object",  "properties": {}}')
CALL = Turn("assistant", (ToolCall("t", "look", "{}"),))
RESULT = Turn("user", (ToolResult("t", (Text("seen"),)),))


@cache
def shape() -> object:
    model = botocore.session.Session().get_service_model("bedrock-runtime")
    return model.operation_model("Converse").input_shape


def wrote(request: Request, model: str = CLAUDE) -> tuple[dict[str, object], tuple[str, ...]]:
    """The body and what was dropped, once AWS's own validator has nothing against the body."""
    body, dropped = write_request(request, model)
    said = json.loads(body)
    assert ParamValidator().validate({"modelId": model, **said}, shape()).generate_report() == ""
    assert b":null" not in body
    return said, dropped


def test_a_plain_question() -> None:
    assert wrote(Request("m", HI)) == ({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}, ())


def test_a_whole_conversation() -> None:
    request = Request(
        "m",
        (*HI, Turn("assistant", (Thinking("hm", "sig"), Text("ok"), *CALL.parts)), RESULT),
        system=(Text("be kind", "5m"),),
        tools=(LOOK._replace(cache="1h"),),
        choice=Choice("auto"),
        sampling=Sampling(max_output=50, temperature=0.5, top_p=0.9, top_k=4, stop=("END",)),
        metadata=(("team", "blue"),),
        tier="priority",
        stream=True,
    )  # fmt: skip
    assert wrote(request) == ({
        "messages": [
            {"role": "user", "content": [{"text": "hi"}]},
            {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}}, {"text": "ok"},
                {"toolUse": {"toolUseId": "t", "name": "look", "input": {}}},
            ]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "seen"}]}}]},
        ],
        "system": [{"text": "be kind"}, {"cachePoint": {"type": "default"}}],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]},
        "toolConfig": {
            "tools": [
                {"toolSpec": {"name": "look", "description": "Looks.",
                              "inputSchema": {"json": {"type": "object", "properties": {}}}}},
                {"cachePoint": {"type": "default", "ttl": "1h"}},
            ],
            "toolChoice": {"auto": {}},
        },
        "additionalModelRequestFields": {"top_k": 4},
        "requestMetadata": {"team": "blue"},
        "serviceTier": {"type": "priority"},
    }, ())  # fmt: skip


def test_a_schema_goes_byte_for_byte() -> None:
    body, _ = write_request(Request("m", HI, tools=(LOOK,)), CLAUDE)
    assert LOOK.schema in body


def test_neighbours_of_one_role_become_one_message() -> None:
    turns = (Turn("user", (Text("a"),)), Turn("assistant", (Text(" "),)), Turn("user", (Text("b"),), name="ann"))
    said, dropped = wrote(Request("m", turns))
    assert said["messages"] == [{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]
    assert dropped == ("name",)


@pytest.mark.parametrize("turns", [(), (Turn("user", (Text(""),)),)])
def test_a_system_prompt_alone_becomes_the_message(turns: tuple[Turn, ...]) -> None:
    said, _ = wrote(Request("m", turns, (Text("s"),)))
    assert said == {"messages": [{"role": "user", "content": [{"text": "s"}]}]}


def test_what_cannot_be_said_is_named() -> None:
    sampling = Sampling(seed=1, frequency_penalty=1, presence_penalty=1, candidates=2, logprobs=3)
    request = Request("m", HI, tools=(LOOK._replace(strict=True),), parallel_tools=False, sampling=sampling, user="u",
                      tier="scale", metadata=(("a", "ü"),), format=Format("json"))  # fmt: skip
    said, dropped = wrote(request)
    assert set(dropped) == {
        "seed", "frequency_penalty", "presence_penalty", "n", "logprobs", "strict", "parallel_tool_calls",
        "response_format", "metadata", "service_tier", "user",
    }  # fmt: skip
    assert said.keys() == {"messages", "toolConfig"}


@pytest.mark.parametrize(("choice", "said"), [
    (Choice("auto"), {"auto": {}}), (Choice("any"), {"any": {}}), (Choice("tool", "look"), {"tool": {"name": "look"}}),
])  # fmt: skip
def test_a_choice_of_tool(choice: Choice, said: object) -> None:
    assert wrote(Request("m", HI, tools=(LOOK,), choice=choice))[0]["toolConfig"]["toolChoice"] == said  # type: ignore[index]


def test_no_tool_wanted_means_no_tools_unless_the_messages_have_some() -> None:
    none = Request("m", HI, tools=(LOOK,), choice=Choice("none"))
    assert wrote(none) == wrote(Request("m", HI))
    said, dropped = wrote(none._replace(turns=(*HI, CALL, RESULT)))
    assert "toolChoice" not in said["toolConfig"]  # type: ignore[operator]
    assert dropped == ("tool_choice",)


@pytest.mark.parametrize("turns", [(*HI, CALL, RESULT), (RESULT,)])
def test_tools_in_the_messages_are_declared_when_the_caller_did_not(turns: tuple[Turn, ...]) -> None:
    said, _ = wrote(Request("m", turns))
    (tool,) = said["toolConfig"]["tools"]  # type: ignore[index]
    assert tool["toolSpec"]["name"] == ("look" if CALL in turns else "tool")


def test_thinking_takes_no_sampling() -> None:
    said, dropped = wrote(
        Request("m", HI, reasoning=Reasoning("low"), sampling=Sampling(temperature=0, top_p=0.5, top_k=2))
    )
    assert said["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": 2048}}
    assert "inferenceConfig" not in said
    assert set(dropped) == {"temperature", "top_p", "top_k"}


def test_a_schema_for_the_answer() -> None:
    wanted = Format("schema", "answer", b'{"type":"object"}', True, "An answer.")
    said, dropped = wrote(Request("m", HI, format=wanted, tools=(LOOK._replace(strict=True),)), NEWER)
    schema = {"schema": '{"type":"object"}', "name": "answer", "description": "An answer."}
    assert said["outputConfig"] == {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}
    assert said["toolConfig"]["tools"][0]["toolSpec"]["strict"] is True  # type: ignore[index]
    assert dropped == ()


def test_a_model_that_cannot_keep_a_schema_is_not_asked_to() -> None:
    with pytest.raises(GatewayError) as refused:
        write_request(Request("m", HI, format=Format("schema", "a", b"{}")), CLAUDE)
    assert refused.value.details == {"missing": ["json_schema"]}


def made(kind: type, *parts: st.SearchStrategy) -> st.SearchStrategy:
    """``st.builds`` would invent the members that are left out."""
    return st.tuples(*parts).map(lambda values: kind(*values))


TEXTS = made(Text, st.text(max_size=20), st.sampled_from(["", "5m", "1h"]))
MEDIA = made(Media, st.just("image"), st.sampled_from(["image/png", "image/gif"]), st.sampled_from(["QUJD", "QQ=="]))
NAMES = st.text("abcXYZ_-09", min_size=1, max_size=30)
CALLS = made(ToolCall, st.text(min_size=1, max_size=80), NAMES, st.sampled_from(["", "{}", '{"a": [1, {}]}']))
CONTENTS = st.lists(TEXTS | MEDIA, max_size=3).map(tuple)
RESULTS = made(ToolResult, st.text(min_size=1, max_size=80), CONTENTS, st.just(""), st.booleans())
THOUGHTS = made(Thinking, st.text(max_size=9), st.text(max_size=9), st.sampled_from(["", "QUJD"]))
TURNS = made(Turn, st.just("user"), st.lists(TEXTS | MEDIA | RESULTS, max_size=4).map(tuple)) | made(
    Turn, st.just("assistant"), st.lists(TEXTS | CALLS | THOUGHTS, max_size=4).map(tuple)
)
TOOLS = made(
    Tool,
    NAMES,
    st.sampled_from(["", "Does."]),
    st.sampled_from([b"", b'{"type":"object"}']),
    st.sampled_from([None, True, False]),
    st.sampled_from(["", "5m"]),
)
SAMPLINGS = made(
    Sampling,
    st.none() | st.integers(1, 9000),
    st.none() | st.floats(0, 1),
    st.none() | st.floats(0, 1),
    st.none() | st.integers(1, 9),
    st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple),
)
CHOICES = st.none() | made(Choice, st.sampled_from(["auto", "none", "any"])) | made(Choice, st.just("tool"), NAMES)
REASONINGS = st.none() | made(Reasoning, st.sampled_from(["off", "low", "high"]))


@settings(max_examples=60)
@given(
    st.lists(TURNS, max_size=6).map(tuple),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.lists(TOOLS, max_size=3).map(tuple),
    st.tuples(CHOICES, SAMPLINGS, REASONINGS),
    st.sampled_from([CLAUDE, NEWER, "amazon.nova-2-lite-v1:0", "openai.gpt-oss-20b-1:0"]),
)
def test_any_request_is_one_that_aws_describes_and_its_roles_alternate(
    turns: tuple[Turn, ...], system: tuple[Text, ...], tools: tuple[Tool, ...], rest: tuple, model: str
) -> None:
    choice, sampling, reasoning = rest
    request = Request("m", turns, system, tools, choice, sampling=sampling, reasoning=reasoning)
    said, _ = wrote(request, model)
    messages: list[dict] = said["messages"]  # type: ignore[assignment]
    assert all(one["role"] != other["role"] for one, other in pairwise(messages))
    assert all(message["content"] for message in messages)
