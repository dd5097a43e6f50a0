"""Anthropic's own Python SDK, unmodified, through a running gateway to an upstream written by others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.mocks import UPSTREAM_KEY, Aimock
from tests.e2e.process import until

HELLO: Any = [{"role": "user", "content": "say hello"}]
TOOLS: Any = [
    {
        "name": "get_weather",
        "description": "The weather of a city.",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
]


@pytest.fixture(scope="module")
def claude(aimock: Aimock, room: Path) -> Iterator[Gateway]:
    credentials = [{"api_key": UPSTREAM_KEY}]
    providers = [
        {"id": "claude", "kind": "anthropic", "base_url": aimock.origin, "credentials": credentials},
        {"id": "echo", "kind": "echo"},
    ]
    priced = {"input": "3", "output": "15", "cache_read": "0.3", "cache_write": "3.75"}
    models = [model("claude-mock", "claude", prices=priced), model("echo", "echo")]
    gateway = Gateway(room / "claude", configuration(providers, models))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


@pytest.fixture
def client(claude: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=claude.origin, api_key=CALLER_KEY, max_retries=0) as sdk:
        yield sdk


def test_a_message(client: anthropic.Anthropic) -> None:
    answer = client.messages.create(model="claude-mock", max_tokens=100, messages=HELLO)
    assert answer.content[0].type == "text"
    assert answer.content[0].text.startswith("Hello from the other side")
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens > 0


def test_a_streamed_message_with_usage(client: anthropic.Anthropic, claude: Gateway) -> None:
    with client.messages.stream(model="claude-mock", max_tokens=100, messages=HELLO) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text.startswith("Hello from the other side")
    assert final.usage.output_tokens > 0

    def booked() -> bool:
        entries = [one for one in claude.audit() if one["dialect"] == "anthropic_messages" and one["stream"]]
        return bool(entries) and entries[-1]["output_tokens"] == final.usage.output_tokens

    assert until(booked, 10), "the Receipt has the usage that the SDK saw"


@pytest.mark.parametrize("streamed", [False, True])
def test_parallel_tool_calls(client: anthropic.Anthropic, streamed: bool) -> None:
    asked: Any = [{"role": "user", "content": "weather in two cities"}]
    if streamed:
        with client.messages.stream(model="claude-mock", max_tokens=100, messages=asked, tools=TOOLS) as stream:
            answer = stream.get_final_message()
    else:
        answer = client.messages.create(model="claude-mock", max_tokens=100, messages=asked, tools=TOOLS)
    calls = [block for block in answer.content if block.type == "tool_use"]
    assert [call.name for call in calls] == ["get_weather", "get_weather"]
    assert [call.input["city"] for call in calls] == ["Delhi", 'Paris "the\\ city"']
    assert answer.stop_reason == "tool_use"


def test_a_key_nobody_knows_is_an_authentication_error(claude: Gateway) -> None:
    with (
        anthropic.Anthropic(base_url=claude.origin, api_key="sk-nobody", max_retries=0) as stranger,
        pytest.raises(anthropic.AuthenticationError) as refused,
    ):
        stranger.messages.create(model="claude-mock", max_tokens=9, messages=HELLO)
    body: Any = refused.value.body
    assert body["error"]["type"] == "authentication_error"
    assert body["error_code"] == "KEY_INVALID"


def test_a_model_nobody_has_is_not_found(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="nothing", max_tokens=9, messages=HELLO)


def test_a_request_without_messages_names_the_field(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        client.messages.create(model="claude-mock", max_tokens=9, messages=[])
    assert "messages" in json.dumps(refused.value.body)


def test_tokens_are_estimated_where_a_models_provider_does_not_count(client: anthropic.Anthropic) -> None:
    told = client.messages.with_raw_response.count_tokens(model="echo", messages=HELLO)
    assert told.headers["x-torana-estimated"] == "true"
    assert told.headers.get("x-torana-cost", "0.00 USD").startswith("0.00 ")
    assert 0 < told.parse().input_tokens < 50


def test_what_a_models_provider_cannot_do_in_any_dialect_is_refused_aloud(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        client.post("/v1/moderations", cast_to=object, body={"model": "echo", "input": "x"})
    body: Any = refused.value.body
    assert body["error_code"] == "CAPABILITY_MISSING"


def test_a_request_is_found_again_by_the_id_that_the_sdk_knows(client: anthropic.Anthropic) -> None:
    answer = client.messages.create(model="echo", max_tokens=100, messages=HELLO)
    assert answer._request_id is not None and answer._request_id.startswith("req_")


def test_models_are_listed_as_the_sdk_knows_them(client: anthropic.Anthropic) -> None:
    assert [(one.type, one.display_name) for one in client.models.list(limit=1)] == [
        ("model", "claude-mock"),
        ("model", "echo"),
    ]


def test_a_limited_provider_tells_when_to_come_again(client: anthropic.Anthropic) -> None:
    asked: Any = [{"role": "user", "content": "too many requests"}]
    with pytest.raises(anthropic.RateLimitError) as refused:
        client.messages.create(model="claude-mock", max_tokens=9, messages=asked)
    assert refused.value.response.headers["retry-after"] == "7"
