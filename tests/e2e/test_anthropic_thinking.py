"""Anthropic's own Python SDK, unmodified: thinking with its signature, there and back, and tokens counted beforehand."""

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
from tests.e2e.stage import Stage
from torana.testing.plays import Plain

THINKING: Any = {"type": "enabled", "budget_tokens": 1024}
PRIMES: Any = [{"role": "user", "content": "think about primes"}]
WEATHER: Any = {"role": "user", "content": "think before the weather"}
TOOL: Any = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest.fixture(scope="module")
def counting() -> Iterator[Stage]:
    with Stage(Plain(b'{"input_tokens": 2095}')) as found:
        yield found


@pytest.fixture(scope="module")
def thinker(aimock: Aimock, counting: Stage, room: Path) -> Iterator[Gateway]:
    key = [{"api_key": UPSTREAM_KEY}]
    providers = [
        {"id": "claude", "kind": "anthropic", "base_url": aimock.origin, "credentials": key},
        {"id": "counter", "kind": "anthropic", "base_url": counting.origin, "credentials": key},
    ]
    models = [model("thinks", "claude", "claude-sonnet-4-5"), model("counts", "counter", "claude-sonnet-4-5")]
    gateway = Gateway(room / "thinker", configuration(providers, models))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


@pytest.fixture
def sdk(thinker: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=thinker.origin, api_key=CALLER_KEY, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_thinking_comes_before_the_text_with_its_signature(sdk: anthropic.Anthropic, streamed: bool) -> None:
    asked: Any = {"model": "thinks", "max_tokens": 2000, "messages": PRIMES, "thinking": THINKING}
    if streamed:
        with sdk.messages.stream(**asked) as events:
            answer: Any = events.get_final_message()
    else:
        answer = sdk.messages.create(**asked)
    thought, text = answer.content
    assert (thought.type, thought.thinking) == ("thinking", "Euclid multiplied them all and added one.")
    assert thought.signature == "EuclidSigned+/="
    assert (text.type, text.text) == ("text", "There are infinitely many.")


def test_signed_thinking_goes_back_as_it_came(sdk: anthropic.Anthropic) -> None:
    """The upstream refuses a turn after a tool whose thinking lost its signature."""
    asked: Any = {"model": "thinks", "max_tokens": 2000, "thinking": THINKING, "tools": [TOOL]}
    first: Any = sdk.messages.create(messages=[WEATHER], **asked)
    assert [block.type for block in first.content] == ["thinking", "tool_use"]
    result: Any = {"type": "tool_result", "tool_use_id": first.content[1].id, "content": "31 degrees"}
    again: Any = [WEATHER, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    answer: Any = sdk.messages.create(messages=again, **asked)
    assert answer.content[-1].text == "Warm."
    assert first.content[0].signature == "LookedUp+/="


def test_tokens_are_counted_by_the_provider_and_cost_nothing(
    sdk: anthropic.Anthropic, counting: Stage, thinker: Gateway
) -> None:
    counted = sdk.messages.with_raw_response.count_tokens(
        model="counts", messages=PRIMES, system="Be brief.", tools=[TOOL], thinking=THINKING
    )
    assert counted.parse().input_tokens == 2095
    assert counting.last.target == "/v1/messages/count_tokens"
    sent = json.loads(counting.last.body)
    assert (sent["model"], sent["system"], sent["thinking"]) == ("claude-sonnet-4-5", "Be brief.", THINKING)
    request_id = counted.headers["x-request-id"]

    def booked() -> list[dict[str, object]]:
        return [one for one in thinker.audit() if one["request_id"] == request_id]

    assert until(lambda: bool(booked()), 10)
    (entry,) = booked()
    assert (entry["operation"], entry["ending"], entry["output_tokens"]) == ("count_tokens", "completed", 0)
