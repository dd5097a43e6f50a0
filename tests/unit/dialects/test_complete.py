"""What a body of ``/v1/complete`` asks for, and what its answers are told."""

from __future__ import annotations

import json

import pytest

from torana.core.call import ANY_PROVIDER, Usage
from torana.core.errors import GatewayError
from torana.dialects import complete
from torana.ports.dialect import Told

MESSAGES = [{"role": "user", "content": "hello"}]
TOLD = Told(
    request_id="req-1",
    model="m",
    provider="openai",
    upstream_model="gpt-4o-mini",
    fallback=True,
    cached=False,
    usage=Usage(uncached=7, cache_read=3, output=4, reasoning=1),
    cost="0.0002",
    currency="USD",
    latency_ms=12,
    at=1_790_000_000.25,
    verdicts=("words:flag",),
    redacted={"email": 2},
)


def body_of(**members: object) -> bytes:
    return json.dumps({"messages": MESSAGES, **members}).encode()


def test_without_a_model_or_a_provider_any_will_do() -> None:
    ask = complete.read(body_of())
    assert (ask.model, ask.provider, ask.stream, ask.wants_usage) == (None, ANY_PROVIDER, False, True)


def test_a_model_alone_is_wanted_wherever_it_is_served() -> None:
    assert complete.read(body_of(model="m")).provider is None


@pytest.mark.parametrize("model", [None, "m"])
def test_a_provider_is_wanted_with_and_without_a_model(model: str | None) -> None:
    ask = complete.read(body_of(model=model, provider="anthropic", max_tokens=256, team_id="finance-team"))
    assert (ask.model, ask.provider, ask.max_tokens) == (model, "anthropic", 256)


@pytest.mark.parametrize(
    ("members", "param"), [({"n": 2}, "n"), ({"logprobs": True}, "logprobs"), ({"provider": 3}, "provider")]
)
def test_what_answers_here_cannot_have_is_refused(members: dict[str, object], param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        complete.read(body_of(**members))
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_a_whole_answer_says_who_gave_it_and_what_it_cost() -> None:
    answer = json.loads(complete.dress(b'{"content":"hi","finish_reason":"stop","usage":{"output":4}}', TOLD))
    assert answer == {
        "content": "hi",
        "finish_reason": "stop",
        "request_id": "req-1",
        "status": "success",
        "model": "m",
        "provider_used": "openai",
        "model_used": "gpt-4o-mini",
        "fallback_triggered": True,
        "cached": False,
        "pii_summary": {"redacted": {"email": 2}, "guardrails": ["words:flag"]},
        "usage": {
            "input_tokens": 10,
            "output_tokens": 4,
            "total_tokens": 14,
            "cached_tokens": 3,
            "reasoning_tokens": 1,
            "estimated": False,
            "cost": "0.0002",
            "currency": "USD",
        },
        "latency_ms": 12,
        "timestamp": "2026-09-21T14:13:20.250Z",
    }


def test_the_last_event_of_a_stream_says_the_same() -> None:
    last = json.loads(complete.dress_end(TOLD).removeprefix(b"data: "))
    whole = json.loads(complete.dress(b'{"content":"hi","finish_reason":"stop"}', TOLD))
    assert last == {"type": "done", **{name: whole[name] for name in whole if name not in ("content", "finish_reason")}}
