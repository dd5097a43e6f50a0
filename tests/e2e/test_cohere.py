"""Cohere's own protocol behind the unmodified SDKs of OpenAI and Anthropic, with two upstreams written by others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.mocks import UPSTREAM_KEY, Aimock, Llmock, ask
from tests.e2e.process import until
from tests.e2e.road import straight

pytestmark = straight

HELLO: Any = [{"role": "user", "content": "say hello"}]
CITIES: Any = [{"role": "user", "content": "weather in two cities"}]
SAID = "Hello from the other side, नमस्ते 🙏, in more than one piece."
CITY: Any = {"type": "object", "properties": {"city": {"type": "string"}}}
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@pytest.fixture(scope="module")
def served(aimock: Aimock, llmock_server: Llmock, room: Path) -> Iterator[Gateway]:
    key = [{"api_key": UPSTREAM_KEY}]
    providers = [
        {"id": "first", "kind": "cohere", "base_url": aimock.origin, "credentials": key},
        {"id": "second", "kind": "cohere", "base_url": f"{llmock_server.origin}/cohere", "credentials": key},
        {"id": "locked", "kind": "cohere", "base_url": aimock.origin, "credentials": [{"api_key": "sk-wrong-77aa"}]},
    ]
    models = [
        model("command", "first", "command-a-03-2025"), model("other-command", "second", "command-r-plus"),
        model("locked", "locked", "command-a-03-2025"), model("vectors", "first", "embed-v4.0"),
    ]  # fmt: skip
    gateway = Gateway(room / "cohere", configuration(providers, models))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


@pytest.fixture
def openai_sdk(served: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=20) as sdk:
        yield sdk


@pytest.fixture
def anthropic_sdk(served: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=served.origin, api_key=CALLER_KEY, max_retries=0, timeout=20) as sdk:
        yield sdk


def completion(sdk: openai.OpenAI, stream: bool, **asked: Any) -> Any:
    if not stream:
        return sdk.chat.completions.create(**asked)
    with sdk.chat.completions.stream(**asked, stream_options={"include_usage": True}) as events:
        for _ in events:
            pass
        return events.get_final_completion()


def message(sdk: anthropic.Anthropic, stream: bool, **asked: Any) -> Any:
    if not stream:
        return sdk.messages.create(max_tokens=100, **asked)
    with sdk.messages.stream(max_tokens=100, **asked) as events:
        return events.get_final_message()


@streams
def test_a_text_through_openais_sdk(openai_sdk: openai.OpenAI, stream: bool) -> None:
    answer = completion(openai_sdk, stream, model="command", messages=HELLO)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (SAID, "stop")
    assert answer.usage.prompt_tokens > 0


@streams
def test_a_text_through_anthropics_sdk(anthropic_sdk: anthropic.Anthropic, stream: bool) -> None:
    answer = message(anthropic_sdk, stream, model="command", messages=HELLO)
    assert ([block.text for block in answer.content], answer.stop_reason) == ([SAID], "end_turn")
    assert answer.usage.output_tokens > 0


@streams
def test_tools_through_openais_sdk(openai_sdk: openai.OpenAI, stream: bool) -> None:
    tools: Any = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]
    answer = completion(openai_sdk, stream, model="command", messages=CITIES, tools=tools)
    (choice,) = answer.choices
    calls = choice.message.tool_calls
    assert [(call.id, call.function.name) for call in calls] == [
        ("call_delhi", "get_weather"), ("call_paris", "get_weather"),
    ]  # fmt: skip
    assert json.loads(calls[1].function.arguments)["city"] == 'Paris "the\\ city"'
    assert choice.finish_reason == "tool_calls"
    results = [{"role": "tool", "tool_call_id": call.id, "content": "32 degrees"} for call in calls]
    more: Any = [*CITIES, choice.message.model_dump(include={"role", "tool_calls"}), *results]
    warm = completion(openai_sdk, stream, model="command", messages=more, tools=tools)
    assert warm.choices[0].message.content == "Warm in both."


@streams
def test_tools_through_anthropics_sdk(anthropic_sdk: anthropic.Anthropic, stream: bool) -> None:
    tools: Any = [{"name": "get_weather", "input_schema": CITY}]
    answer = message(anthropic_sdk, stream, model="command", messages=CITIES, tools=tools)
    calls = [block for block in answer.content if block.type == "tool_use"]
    assert [call.input["city"] for call in calls] == ["Delhi", 'Paris "the\\ city"']
    assert answer.stop_reason == "tool_use"


@streams
def test_a_second_upstream_is_read_as_well(
    openai_sdk: openai.OpenAI, anthropic_sdk: anthropic.Anthropic, llmock_server: Llmock, stream: bool
) -> None:
    llmock_server.script()
    answer = completion(openai_sdk, stream, model="other-command", messages=HELLO)
    said = message(anthropic_sdk, stream, model="other-command", messages=HELLO)
    assert answer.choices[0].message.content
    assert said.content[0].text
    assert answer.usage.completion_tokens > 0
    seen = [one["path"] for one in llmock_server.seen()]
    assert seen == ["/cohere/v2/chat", "/cohere/v2/chat"]
    verdict: Any = ask("GET", f"{llmock_server.origin}/_llmock/verdict")
    assert not [one for one in verdict.get("findings", []) if one.get("severity") == "error"], verdict


def test_embeddings_are_the_same_numbers_packed_or_not(openai_sdk: openai.OpenAI) -> None:
    packed = openai_sdk.embeddings.create(model="vectors", input="embed me")
    plain = openai_sdk.embeddings.create(model="vectors", input="embed me", encoding_format="float")
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding)
    assert plain.data[0].embedding == [0.25, -0.5, 0.125, 1.0, -0.0625]


def test_an_error_of_the_provider_is_told_in_its_words(openai_sdk: openai.OpenAI) -> None:
    asked: Any = [{"role": "user", "content": "refuse this as invalid"}]
    with pytest.raises(openai.BadRequestError, match="Invalid value for temperature"):
        openai_sdk.chat.completions.create(model="command", messages=asked)


def test_a_wrong_key_of_ours_is_not_the_callers_trouble(openai_sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError):
        openai_sdk.chat.completions.create(model="locked", messages=HELLO)


def test_what_was_used_is_in_the_receipt(openai_sdk: openai.OpenAI, served: Gateway) -> None:
    answer = completion(openai_sdk, True, model="command", messages=HELLO)
    assert until(lambda: any(
        one["provider"] == "first" and one["stream"] and one["output_tokens"] == answer.usage.completion_tokens
        for one in served.audit()
    ), 10)  # fmt: skip
