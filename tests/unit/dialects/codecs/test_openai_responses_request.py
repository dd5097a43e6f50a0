"""A Responses body becomes a Request; what only its provider can do is refused, what can be left out is named."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import GatewayError
from torana.core.events import Choice, Format, Reasoning, Request, Sampling, Text, Tool, Turn
from torana.dialects.codecs.openai_responses_request import read_request

FUNCTION = {"type": "function", "name": "look", "description": "d", "parameters": {"type": "object"}, "strict": True}


def read(**members: object) -> Request:
    return read_request(json.dumps({"model": "m", "input": "hi", **members}).encode())


def test_a_plain_question_is_one_turn() -> None:
    assert read() == Request("m", (Turn("user", (Text("hi"),)),))


def test_every_member_that_has_a_word_is_read() -> None:
    request = read(
        instructions="be brief",
        stream=True,
        max_output_tokens=9,
        temperature=0.5,
        top_p=0.9,
        tools=[FUNCTION],
        tool_choice={"type": "function", "name": "look"},
        parallel_tool_calls=False,
        text={"format": {"type": "json_schema", "name": "n", "schema": {"a": 1}, "strict": True}},
        reasoning={"effort": "low", "summary": "auto"},
        include=["message.output_text.logprobs", "reasoning.encrypted_content"],
        top_logprobs=3,
        user="u",
        service_tier="flex",
        metadata={"a": "b"},
        store=False,
        truncation="disabled",
        background=False,
        previous_response_id=None,
    )
    assert request == Request(
        "m",
        (Turn("user", (Text("hi"),)),),
        system=(Text("be brief"),),
        tools=(Tool("look", "d", b'{"type": "object"}', True),),
        choice=Choice("tool", "look"),
        parallel_tools=False,
        sampling=Sampling(9, 0.5, 0.9, logprobs=3),
        format=Format("schema", "n", b'{"a": 1}', True),
        reasoning=Reasoning("low"),
        stream=True,
        user="u",
        tier="flex",
        metadata=(("a", "b"),),
    )


@pytest.mark.parametrize(
    ("members", "dropped"),
    [
        ({"store": True}, ("store",)),
        ({"truncation": "auto", "prompt_cache_key": "k", "newest": 1}, ("truncation", "prompt_cache_key", "newest")),
        ({"text": {"verbosity": "low"}}, ("text.verbosity",)),
        ({"reasoning": {"effort": "low", "context": "auto"}}, ("reasoning.context",)),
        ({"reasoning": {"effort": "xhigh"}}, ("reasoning.effort (xhigh)",)),
        ({"include": ["file_search_call.results"]}, ("include",)),
        ({"tools": [FUNCTION, {"type": "web_search"}]}, ("tools[1] (web_search)",)),
        ({"user": "u", "safety_identifier": "s"}, ("safety_identifier",)),
        ({"newest": None}, ()),
    ],
)
def test_what_others_cannot_say_is_named(members: dict[str, object], dropped: tuple[str, ...]) -> None:
    assert read(**members).dropped == dropped


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"background": True}, "background"),
        ({"tool_choice": {"type": "web_search"}}, "tool_choice"),
    ],
)
def test_what_lives_at_the_provider_is_refused(members: dict[str, object], param: str) -> None:
    with pytest.raises(GatewayError) as refused:
        read(**members)
    assert (refused.value.code, refused.value.param) == ("CAPABILITY_MISSING", param)


@pytest.mark.parametrize(
    ("members", "param"),
    [({"tool_choice": "maybe"}, "tool_choice"), ({"tools": [{"type": "function"}]}, "tools[0].name"),
     ({"text": {"format": {"type": "poem"}}}, "text.format.type")],
)  # fmt: skip
def test_what_cannot_be_understood_names_its_field(members: dict[str, object], param: str) -> None:
    with pytest.raises(GatewayError) as refused:
        read(**members)
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", param)


@pytest.mark.parametrize(("word", "kind"), [("auto", "auto"), ("none", "none"), ("required", "any")])
def test_a_word_of_choice_is_a_kind(word: str, kind: str) -> None:
    assert read(tool_choice=word).choice == Choice(kind)


def test_a_choice_among_some_tools_leaves_only_these() -> None:
    other = {**FUNCTION, "name": "other"}
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "other"}]}
    request = read(tools=[FUNCTION, other], tool_choice=allowed)
    assert ([tool.name for tool in request.tools], request.choice) == (["other"], Choice("any"))


def test_reasoning_is_shown_only_to_those_who_ask_for_a_summary() -> None:
    assert read(reasoning={"effort": "none"}).reasoning == Reasoning("off", shown=False)
    assert read(reasoning={"generate_summary": "auto"}).reasoning == Reasoning()
    assert read(reasoning={}).reasoning is None


def test_logprobs_are_wished_for_in_either_way() -> None:
    assert read(include=["message.output_text.logprobs"]).sampling.logprobs == 0
    assert read(top_logprobs=2).sampling.logprobs == 2
    assert read(top_logprobs=0).sampling.logprobs is None
