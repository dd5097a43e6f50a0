"""A real process with a cache: the SDKs get the same answer again, plain and streamed, and are told where it came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.process import until

PRICED = {"prices": {"input": "1", "output": "2"}}


def settings(**cache: Any) -> dict[str, Any]:
    config = configuration([{"id": "echo", "kind": "echo"}], [model("one", "echo", **PRICED)])
    config["cache"] = {"exact": {"enabled": True, **cache}}
    return config


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path_factory.mktemp("cached"), settings())
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


@pytest.fixture
def by_openai(cached: Gateway) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{cached.origin}/v1", api_key=CALLER_KEY, max_retries=0)


@pytest.fixture
def by_anthropic(cached: Gateway) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=cached.origin, api_key=CALLER_KEY, max_retries=0)


def said(text: str) -> Any:
    return [{"role": "user", "content": text}]


def test_openais_sdk_gets_a_hit_plain(by_openai: openai.OpenAI, cached: Gateway) -> None:
    answers = [
        by_openai.chat.completions.with_raw_response.create(model="one", messages=said("plain by openai"))
        for _ in range(2)
    ]
    assert [one.headers["x-torana-cache"] for one in answers] == ["miss", "hit"]
    assert answers[0].parse() == answers[1].parse()
    assert answers[1].headers["x-torana-attempts"] == "0"
    assert answers[1].headers["x-torana-provider"] == "echo"
    assert float(answers[1].headers["x-torana-cost"].split()[0]) == 0
    assert int(answers[1].headers["age"]) >= 0


def test_openais_sdk_gets_a_hit_streamed_and_the_other_way_round(by_openai: openai.OpenAI) -> None:
    def streamed() -> tuple[str, str]:
        raw = by_openai.chat.completions.with_raw_response.create(
            model="one", messages=said("streamed by openai"), stream=True, stream_options={"include_usage": True}
        )
        pieces = list(raw.parse())
        assert pieces[-1].usage is not None
        return raw.headers["x-torana-cache"], "".join(
            one.choices[0].delta.content or "" for one in pieces if one.choices
        )

    first, again = streamed(), streamed()
    assert (first[0], again[0]) == ("miss", "hit")
    assert first[1] == again[1] != ""
    plain = by_openai.chat.completions.with_raw_response.create(model="one", messages=said("streamed by openai"))
    assert (plain.headers["x-torana-cache"], plain.parse().choices[0].message.content) == ("hit", first[1])


def test_anthropics_sdk_gets_hits_plain_and_streamed(by_anthropic: anthropic.Anthropic) -> None:
    asked: dict[str, Any] = {"model": "one", "max_tokens": 100, "messages": said("by anthropic")}
    answers = [by_anthropic.messages.with_raw_response.create(**asked) for _ in range(2)]
    assert [one.headers["x-torana-cache"] for one in answers] == ["miss", "hit"]
    assert answers[0].parse() == answers[1].parse()
    with by_anthropic.messages.stream(**asked) as stream:
        text = "".join(stream.text_stream)
        assert stream.response.headers["x-torana-cache"] == "hit"
        whole = stream.get_final_message()
    assert text == answers[0].parse().content[0].text  # type: ignore[union-attr]
    assert (whole.stop_reason, whole.usage.output_tokens > 0) == ("end_turn", True)


def test_embeddings_and_our_own_dialects_are_kept_too(by_openai: openai.OpenAI, cached: Gateway) -> None:
    vectors = [by_openai.embeddings.with_raw_response.create(model="one", input="a text") for _ in range(2)]
    assert [one.headers["x-torana-cache"] for one in vectors] == ["miss", "hit"]
    with httpx.Client(base_url=cached.origin, headers={"authorization": f"Bearer {CALLER_KEY}"}) as client:
        own = [client.post("/generate", json={"prompt": "hello cache", "model": "one"}).json() for _ in range(2)]
        assert [one["cached"] for one in own] == [False, True]
        assert own[0]["response"] == own[1]["response"]


def test_callers_control_it(cached: Gateway) -> None:
    body = {"model": "one", "messages": said("control")}
    with httpx.Client(base_url=cached.origin, headers={"authorization": f"Bearer {CALLER_KEY}"}) as client:

        def cache(headers: Any = None, **more: Any) -> str:
            answer = client.post("/v1/chat/completions", json=body | more, headers=headers)
            assert answer.status_code == 200, answer.text
            return answer.headers["x-torana-cache"]

        assert cache({"cache-control": "no-store"}) == "miss"
        assert cache() == "miss"
        assert cache() == "hit"
        assert cache({"cache-control": "no-cache"}) == "miss"
        assert cache(cache={"no-cache": True}) == "miss"
        assert cache(cache={"max-age": 3600}) == "hit"
        assert cache({"x-torana-cache": "off"}) == "bypass"
        wrong = client.post("/v1/chat/completions", json=body, headers={"x-torana-cache": "perhaps"})
        assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "x-torana-cache")


def test_equal_requests_at_once_ask_the_provider_once(cached: Gateway) -> None:
    body = {"model": "one", "messages": said("all at once")}

    def ask(client: httpx.Client) -> str:
        return client.post("/v1/chat/completions", json=body).headers["x-torana-cache"]

    key = {"authorization": f"Bearer {CALLER_KEY}"}
    with httpx.Client(base_url=cached.origin, headers=key) as client, ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: ask(client), range(64)))
    assert (found.count("miss"), found.count("hit")) == (1, 63)


def receipts(gateway: Gateway, idempotency: str) -> list[dict[str, Any]]:
    return [one for one in gateway.audit() if one.get("request_id") == idempotency]


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_that_comes_again_under_its_key_is_billed_once(cached: Gateway, stream: bool) -> None:
    body = {"model": "one", "messages": said(f"order {stream}"), "stream": stream, "temperature": 0.3}
    headers = {"idempotency-key": f"order-{stream}", "x-torana-cache": "off", "x-request-id": f"idem-{stream}"}
    with httpx.Client(base_url=cached.origin, headers={"authorization": f"Bearer {CALLER_KEY}"}) as client:
        first = client.post("/v1/chat/completions", json=body, headers=headers)
        again = client.post("/v1/chat/completions", json=body, headers=headers)
        other = client.post("/v1/chat/completions", json=body | {"temperature": 0.4}, headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert without_comments(first.text) == without_comments(again.text)
    assert again.headers["idempotency-replayed"] == "true"
    assert other.json()["error_code"] == "CONFLICT"
    assert until(lambda: len(receipts(cached, f"idem-{stream}")) == 3, 5)
    costs = sorted(int(one["cost_nano"]) for one in receipts(cached, f"idem-{stream}"))
    assert costs[0] == costs[1] == 0 < costs[2]


def without_comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(":")]


def test_it_is_counted(cached: Gateway) -> None:
    assert cached.metric("ai_gateway_cache_requests_total") > 0
    assert cached.metric("ai_gateway_cache_saved_tokens_total") > 0
    assert cached.metric("ai_gateway_cache_entries") > 0
    assert cached.metric("ai_gateway_cache_bytes") > 0


def test_two_gateways_share_answers_and_idempotency_keys(tmp_path: Path, valkey: Any) -> None:
    shared = {**settings(store="shared"), "redis_url": valkey.url}
    with_hash = {"TORANA_KEY_HASH_KEY": "Zq3vT8nLw5Xr2bKd9YhF6mPcJs4GtA7e"}
    pair = [Gateway(tmp_path / name, shared, **with_hash) for name in ("one", "two")]
    try:
        headers = {"authorization": f"Bearer {CALLER_KEY}"}
        body = {"model": "one", "messages": said("shared by two")}

        def ask(gateway: Gateway, **more: str) -> httpx.Response:
            return httpx.post(
                f"{gateway.origin}/v1/chat/completions", json=body, headers={**headers, **more}, timeout=30
            )

        missed = ask(pair[0])
        assert missed.headers.get("x-torana-cache") == "miss", missed.text
        assert until(lambda: ask(pair[1]).headers.get("x-torana-cache") == "hit", 5)
        keyed = {"idempotency-key": "a", "x-torana-cache": "off"}
        first = ask(pair[0], **keyed)
        assert until(lambda: ask(pair[1], **keyed).status_code == 200, 5)
        assert json.loads(ask(pair[1], **keyed).text) == json.loads(first.text)
    finally:
        for gateway in pair:
            assert gateway.process.stop() == 0, gateway.process.tail()
