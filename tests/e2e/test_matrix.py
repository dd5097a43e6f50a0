"""Every client's own SDK against every provider's protocol, translated where they differ, upstream written by others.

Cells: client × provider × {text, stream, tools, streamed tools, JSON schema, image, error, usage}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.mocks import UPSTREAM_KEY, Aimock

HELLO = "say hello"
CITIES = "weather in two cities"
PICTURE = "what is in this picture"
EVENT = "an event as JSON"
BAD = "refuse this as invalid"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SCHEMA: Any = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
CITY: Any = {"type": "object", "properties": {"city": {"type": "string"}}}
ARGUMENTS = [
    {"city": "Delhi", "unit": "celsius", "days": [1, 2, 3]},
    {"city": 'Paris "the\\ city"', "unit": "celsius", "days": []},
]
PROVIDERS = ("openai", "anthropic", "gemini", "bedrock")
CLIENTS = ("chat", "responses", "messages")


class Said(NamedTuple):
    """An answer, whichever SDK read it."""

    text: str
    calls: list[tuple[str, Any]]
    ending: str
    input_tokens: int
    output_tokens: int


@pytest.fixture(scope="module")
def crossroads(aimock: Aimock, room: Path) -> Iterator[Gateway]:
    key = [{"api_key": UPSTREAM_KEY}]
    able = ["tools", "vision", "json_schema"]
    providers: list[Any] = [
        {"id": "openai", "kind": "openai_compatible", "base_url": f"{aimock.origin}/v1", "credentials": key,
         "operations": ["chat"], "capabilities": able},
        {"id": "anthropic", "kind": "anthropic", "base_url": aimock.origin, "credentials": key},
        {"id": "gemini", "kind": "gemini", "base_url": f"{aimock.origin}/v1beta", "credentials": key},
        {"id": "bedrock", "kind": "bedrock", "base_url": aimock.origin, "region": "us-east-1", "credentials": key},
    ]  # fmt: skip
    upstream = {"openai": "gpt-4o", "anthropic": "claude-3-5-sonnet", "gemini": "gemini-2.0-flash",
                "bedrock": "anthropic.claude-3-5-sonnet"}  # fmt: skip
    models = [model(f"by-{name}", name, upstream[name]) for name in PROVIDERS]
    gateway = Gateway(room / "crossroads", configuration(providers, models))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


def by_chat(gateway: Gateway, name: str, said: str, kind: str, stream: bool) -> Said:
    content: Any = said
    if kind == "image":
        url = {"url": f"data:image/png;base64,{PIXEL}"}
        content = [{"type": "text", "text": said}, {"type": "image_url", "image_url": url}]
    more: dict[str, Any] = {}
    if kind == "tools":
        more["tools"] = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]
    if kind == "schema":
        more["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "event", "strict": True, "schema": SCHEMA},
        }
    with openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key=CALLER_KEY, max_retries=0) as sdk:
        asked: Any = {"model": name, "messages": [{"role": "user", "content": content}], "max_tokens": 100, **more}
        if stream:
            asked["stream_options"] = {"include_usage": True}
            with sdk.chat.completions.stream(**asked) as events:
                for _ in events:
                    pass
                answer: Any = events.get_final_completion()
        else:
            answer = sdk.chat.completions.create(**asked)
    (choice,) = answer.choices
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls or ()]
    usage = answer.usage
    return Said(choice.message.content or "", calls, choice.finish_reason, usage.prompt_tokens, usage.completion_tokens)


def by_responses(gateway: Gateway, name: str, said: str, kind: str, stream: bool) -> Said:
    content: Any = [{"type": "input_text", "text": said}]
    if kind == "image":
        content.append({"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"})
    more: dict[str, Any] = {}
    if kind == "tools":
        more["tools"] = [{"type": "function", "name": "get_weather", "parameters": CITY, "strict": False}]
    if kind == "schema":
        more["text"] = {"format": {"type": "json_schema", "name": "event", "strict": True, "schema": SCHEMA}}
    with openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key=CALLER_KEY, max_retries=0) as sdk:
        asked: Any = {"model": name, "input": [{"role": "user", "content": content}], "max_output_tokens": 100, **more}
        if stream:
            with sdk.responses.stream(**asked) as events:
                for _ in events:
                    pass
                answer: Any = events.get_final_response()
        else:
            answer = sdk.responses.create(**asked)
    calls = [(item.name, json.loads(item.arguments)) for item in answer.output if item.type == "function_call"]
    ending = "tool_calls" if calls else {"completed": "stop"}.get(answer.status, answer.status)
    return Said(answer.output_text, calls, ending, answer.usage.input_tokens, answer.usage.output_tokens)


def by_messages(gateway: Gateway, name: str, said: str, kind: str, stream: bool) -> Said:
    content: Any = [{"type": "text", "text": said}]
    if kind == "image":
        content.append({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}})
    more: dict[str, Any] = {}
    if kind == "tools":
        more["tools"] = [{"name": "get_weather", "input_schema": CITY}]
    if kind == "schema":
        more["extra_body"] = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
    with anthropic.Anthropic(base_url=gateway.origin, api_key=CALLER_KEY, max_retries=0) as sdk:
        asked: Any = {"model": name, "max_tokens": 100, "messages": [{"role": "user", "content": content}], **more}
        if stream:
            with sdk.messages.stream(**asked) as events:
                answer: Any = events.get_final_message()
        else:
            answer = sdk.messages.create(**asked)
    calls = [(block.name, block.input) for block in answer.content if block.type == "tool_use"]
    text = "".join(block.text for block in answer.content if block.type == "text")
    ending = {"end_turn": "stop", "tool_use": "tool_calls"}.get(answer.stop_reason, answer.stop_reason)
    return Said(text, calls, ending, answer.usage.input_tokens, answer.usage.output_tokens)


ASK = {"chat": by_chat, "responses": by_responses, "messages": by_messages}
CELLS = [pytest.param(client, provider, id=f"{client}-{provider}") for client in CLIENTS for provider in PROVIDERS]
cells = pytest.mark.parametrize(("client", "provider"), CELLS)
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@cells
@streams
def test_text_and_usage(crossroads: Gateway, client: str, provider: str, stream: bool) -> None:
    said = ASK[client](crossroads, f"by-{provider}", HELLO, "text", stream)
    assert said.text == "Hello from the other side, नमस्ते 🙏, in more than one piece."
    assert (said.ending, said.calls) == ("stop", [])
    assert said.input_tokens > 0
    assert said.output_tokens > 0


@cells
@streams
def test_parallel_tool_calls(crossroads: Gateway, client: str, provider: str, stream: bool) -> None:
    said = ASK[client](crossroads, f"by-{provider}", CITIES, "tools", stream)
    assert said.calls == [("get_weather", arguments) for arguments in ARGUMENTS]
    assert said.ending == "tool_calls"


@cells
def test_a_picture(crossroads: Gateway, client: str, provider: str) -> None:
    assert ASK[client](crossroads, f"by-{provider}", PICTURE, "image", False).text == "One transparent pixel."


@pytest.mark.parametrize("client", CLIENTS)
def test_a_wanted_shape(crossroads: Gateway, client: str) -> None:
    """The upstream looks for a wanted shape in OpenAI's body only; what others are sent is in the codecs' tests."""
    said = ASK[client](crossroads, "by-openai", EVENT, "schema", False)
    assert json.loads(said.text)["name"] == "science fair"


@cells
@streams
def test_an_error_of_the_provider(crossroads: Gateway, client: str, provider: str, stream: bool) -> None:
    with pytest.raises((openai.BadRequestError, anthropic.BadRequestError)) as caught:
        ASK[client](crossroads, f"by-{provider}", BAD, "text", stream)
    assert "Invalid value for temperature." in str(caught.value)
