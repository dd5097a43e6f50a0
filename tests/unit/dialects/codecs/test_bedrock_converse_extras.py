"""What only some families of models take is sent to those, and named otherwise."""

from __future__ import annotations

import pytest

from torana.core.events import Choice, Reasoning, Request, Sampling, Text, Thinking, ToolCall, Turn
from torana.dialects.codecs.bedrock_converse_extras import extras, structured

CLAUDE = "eu.anthropic.claude-sonnet-4-20250514-v1:0"
ARN = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
HI = (Turn("user", (Text("hi"),)),)
CALLED = (*HI, Turn("assistant", (ToolCall("t", "look", "{}"),)))


def said(model: str, **members: object) -> tuple[dict[str, object], bool, list[str]]:
    dropped: list[str] = []
    more, thinking = extras(Request("m", HI)._replace(**members), model, dropped)
    return more, thinking, dropped


@pytest.mark.parametrize(("model", "can"), [
    (CLAUDE, False), ("anthropic.claude-3-haiku-20240307-v1:0", False), ("anthropic.claude-v2", False),
    ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", True), ("anthropic.claude-opus-4-1-20250805-v1:0", False),
    ("global.anthropic.claude-opus-5", True), ("amazon.nova-pro-v1:0", False), ("meta.llama3-8b-instruct-v1:0", False),
    ("openai.gpt-oss-120b-1:0", True), ("qwen.qwen3-32b-v1:0", True), (ARN, True),
])  # fmt: skip
def test_who_can_be_held_to_a_schema(model: str, can: bool) -> None:
    assert structured(model) is can


@pytest.mark.parametrize(("model", "more"), [
    (CLAUDE, {"top_k": 5}), ("mistral.mistral-large-2402-v1:0", {"top_k": 5}),
    ("eu.amazon.nova-lite-v1:0", {"inferenceConfig": {"topK": 5}}),
])  # fmt: skip
def test_top_k_in_the_words_of_the_family(model: str, more: dict[str, object]) -> None:
    assert said(model, sampling=Sampling(top_k=5)) == (more, False, [])


def test_top_k_is_named_where_nobody_takes_it() -> None:
    assert said(ARN, sampling=Sampling(top_k=5)) == ({}, False, ["top_k"])


@pytest.mark.parametrize(("reasoning", "bound", "budget"), [
    (Reasoning("low"), None, 2048), (Reasoning("high"), None, 16384), (Reasoning(budget=5000), None, 5000),
    (Reasoning(budget=10), None, 1024), (Reasoning("high"), 4096, 4095), (Reasoning("minimal"), 1025, 1024),
])  # fmt: skip
def test_claude_gets_a_budget_it_takes(reasoning: Reasoning, bound: int | None, budget: int) -> None:
    more, thinking, dropped = said(CLAUDE, reasoning=reasoning, sampling=Sampling(max_output=bound))
    assert (more, thinking, dropped) == ({"thinking": {"type": "enabled", "budget_tokens": budget}}, True, [])


@pytest.mark.parametrize("members", [
    {"sampling": Sampling(max_output=1024)}, {"choice": Choice("any")}, {"choice": Choice("tool", "look")}, {"turns": CALLED},
])  # fmt: skip
def test_thinking_that_would_be_refused_is_left_out_and_named(members: dict[str, object]) -> None:
    assert said(CLAUDE, reasoning=Reasoning("low"), **members) == ({}, False, ["reasoning"])


def test_a_tool_call_with_its_signed_thinking_goes_on_thinking() -> None:
    kept = (*HI, Turn("assistant", (Thinking("hm", "sig"), ToolCall("t", "look", "{}"))))
    assert said(CLAUDE, reasoning=Reasoning("low"), turns=kept)[1]


@pytest.mark.parametrize(("model", "more"), [
    ("openai.gpt-oss-20b-1:0", {"reasoning_effort": "low"}),
    ("us.amazon.nova-2-lite-v1:0", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
])  # fmt: skip
def test_other_families_get_an_effort(model: str, more: dict[str, object]) -> None:
    assert said(model, reasoning=Reasoning("minimal")) == (more, False, [])
    assert said(model, reasoning=Reasoning(budget=1500)) == (more, False, [])


def test_reasoning_that_is_off_or_unspecified_sends_nothing_and_an_unknown_model_has_it_named() -> None:
    assert said(CLAUDE, reasoning=Reasoning("off")) == ({}, False, [])
    assert said(CLAUDE, reasoning=Reasoning()) == ({}, False, [])
    assert said(ARN, reasoning=Reasoning("low")) == ({}, False, ["reasoning"])
