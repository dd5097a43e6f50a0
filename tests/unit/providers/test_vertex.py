"""Vertex AI: addresses by location and publisher, tokens of a service account, Claude's bodies, secrets that stay."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.contract.provider.memory import SSE, Canned, MemoryUpstream, attempt_of
from tests.unit.providers.test_gemini import named
from tests.unit.upstream.test_assertions import ACCOUNT
from torana.core.call import Call, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, StatusFault
from torana.core.secret import Secret
from torana.core.trail import Trail
from torana.dialects import (
    anthropic_count_tokens,
    anthropic_messages,
    gemini_content,
    gemini_count_tokens,
    openai_chat,
)
from torana.providers import vertex
from torana.testing.clock import FakeClock
from torana.testing.fake_upstream import FakeUpstream
from torana.testing.plays import Plain
from torana.upstream.assertions import GRANT_TYPE
from torana.upstream.direct_client import DirectUpstream

TEXT = json.dumps(ACCOUNT)
HI = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
MESSAGE = {**HI, "max_tokens": 9}
GEMINI = b'{"candidates":[{"content":{"parts":[{"text":"hello"}],"role":"model"},"finishReason":"STOP"}]}'
CLAUDE = (
    b'{"id":"m1","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"hello"}],'
    b'"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2}}'
)


def token(name: str = "tok", life_s: float = 3600) -> Canned:
    return Canned(pieces=[json.dumps({"access_token": name, "expires_in": life_s}).encode()])


def answer(body: bytes = GEMINI) -> Canned:
    return Canned(pieces=[body])


def account(**more: Any) -> vertex.VertexCredential:
    return vertex.VertexCredential(service_account=Secret(TEXT), **more)


def opened(upstream: MemoryUpstream, *pool: vertex.VertexCredential, **settings: Any) -> vertex.Vertex:
    return vertex.Vertex(vertex.Settings(credentials=pool or (account(),), **settings), upstream, FakeClock())


async def sent(
    provider: vertex.Vertex,
    model: str = "gemini-2.5-flash",
    body: dict[str, Any] = HI,
    dialect: ModuleType = openai_chat,
    carried: tuple[tuple[str, str], ...] = (),
) -> Reply:
    wire = json.dumps(body).encode()
    call = Call(dialect.ID, dialect.OPERATION, wire, (), dialect.read, Trail("r", "c", 1.0, 0.0))
    call.carried = carried
    return await provider.send(attempt_of(model), Prompt(call, "m", wire))


async def wires(reply: Reply) -> bytes:
    return b"".join([chunk.wire async for chunk in reply.source])


async def test_a_token_is_asked_for_as_the_account_and_goes_with_the_request() -> None:
    upstream = MemoryUpstream(token(), answer())
    reply = await sent(opened(upstream, network="proxy"))
    asked, outgoing = upstream.sent
    assert (asked.url, asked.network) == ("https://login.test/token", "proxy")
    form = parse_qs(asked.body.decode())
    assert form["grant_type"] == [GRANT_TYPE]
    assert form["assertion"][0].count(".") == 2
    assert dict(outgoing.headers)["authorization"] == "Bearer tok"
    assert outgoing.network == "proxy"
    assert "tok" not in repr(outgoing)
    assert json.loads(await wires(reply))["choices"][0]["message"]["content"] == "hello"


async def test_a_token_is_fetched_once_for_all_who_wait() -> None:
    upstream = MemoryUpstream(token(), *(answer() for _ in range(5)))
    provider = opened(upstream)
    await asyncio.gather(*(sent(provider) for _ in range(5)))
    assert [one.url for one in upstream.sent].count("https://login.test/token") == 1


async def test_a_token_near_its_end_is_renewed_first() -> None:
    upstream = MemoryUpstream(token("one", 0.001), answer(), token("two"), answer())
    provider = opened(upstream)
    await sent(provider)
    await asyncio.sleep(0.01)
    await sent(provider)
    assert dict(upstream.sent[3].headers)["authorization"] == "Bearer two"


@pytest.mark.parametrize(("settings", "base"), [
    ({}, "https://aiplatform.googleapis.com/v1/projects/acme-ai/locations/global"),
    ({"location": "europe-west1"}, "https://europe-west1-aiplatform.googleapis.com/v1/projects/acme-ai/locations/europe-west1"),
    ({"location": "eu"}, "https://aiplatform.eu.rep.googleapis.com/v1/projects/acme-ai/locations/eu"),
    ({"project": "other-1"}, "https://aiplatform.googleapis.com/v1/projects/other-1/locations/global"),
    ({"base_url": "http://h.test/v1/"}, "http://h.test/v1/projects/acme-ai/locations/global"),
])  # fmt: skip
async def test_the_address_is_that_of_the_location_and_the_project(settings: dict[str, str], base: str) -> None:
    upstream = MemoryUpstream(token(), answer())
    await sent(opened(upstream, **settings))
    assert upstream.sent[1].url == f"{base}/publishers/google/models/gemini-2.5-flash:generateContent"


@pytest.mark.parametrize(("model", "path"), [
    ("google/gemini-2.5-pro", "google/models/gemini-2.5-pro:generateContent"),
    ("publishers/google/models/gemini-2.5-pro", "google/models/gemini-2.5-pro:generateContent"),
    ("claude-sonnet-4-5@20250929", "anthropic/models/claude-sonnet-4-5@20250929:rawPredict"),
    ("anthropic/claude-opus-4-6", "anthropic/models/claude-opus-4-6:rawPredict"),
])  # fmt: skip
async def test_the_publisher_is_told_by_the_models_name(model: str, path: str) -> None:
    upstream = MemoryUpstream(token(), answer(CLAUDE if "claude" in model else GEMINI))
    reply = await sent(opened(upstream), model)
    assert upstream.sent[1].url.endswith(f"/publishers/{path}")
    assert json.loads(await wires(reply))["choices"][0]["message"]["content"] == "hello"


async def test_a_publisher_we_do_not_speak_to_is_refused_before_anything_is_sent() -> None:
    upstream = MemoryUpstream()
    with pytest.raises(GatewayError) as caught:
        await sent(opened(upstream), "meta/llama-4")
    assert (caught.value.code, upstream.sent) == ("CAPABILITY_MISSING", [])


async def test_a_stream_of_gemini_is_asked_for_as_events() -> None:
    upstream = MemoryUpstream(token(), Canned(headers=SSE, pieces=[b"data: " + GEMINI + b"\n\n"]))
    reply = await sent(opened(upstream), body={**HI, "stream": True})
    assert upstream.sent[1].url.endswith(":streamGenerateContent?alt=sse")
    assert b"hello" in await wires(reply)


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent"])
async def test_geminis_own_dialect_goes_through_as_it_is(method: str) -> None:
    body = b'{"contents": [{"role":"user","parts":[{"text":"hi"}]}], "labels": {"team":"a"}}'
    event = b"data: " + GEMINI + b"\n\n"
    stream = method == gemini_content.STREAM_METHOD
    upstream = MemoryUpstream(token(), Canned(headers=SSE, pieces=[event]) if stream else answer())
    reply = await opened(upstream).send(attempt_of("gemini-2.5-flash"), named(gemini_content, body, method))
    assert upstream.sent[1].url.partition("?")[0].endswith(f"/publishers/google/models/gemini-2.5-flash:{method}")
    assert upstream.sent[1].body == body
    assert await wires(reply) == (event if stream else GEMINI)


async def test_claude_gets_its_own_body_without_the_model_and_with_the_version() -> None:
    upstream = MemoryUpstream(token(), answer(CLAUDE))
    reply = await sent(opened(upstream), "claude-opus-4-6", {**MESSAGE, "thinking": {"type": "x"}}, anthropic_messages)
    assert json.loads(upstream.sent[1].body) == {
        "messages": HI["messages"], "max_tokens": 9, "thinking": {"type": "x"}, "anthropic_version": "vertex-2023-10-16",
    }  # fmt: skip
    assert await wires(reply) == CLAUDE


async def test_a_translated_body_of_claude_loses_its_model_too() -> None:
    upstream = MemoryUpstream(token(), answer(CLAUDE))
    await sent(opened(upstream), "claude-opus-4-6")
    body = json.loads(upstream.sent[1].body)
    assert "model" not in body
    assert body["anthropic_version"] == "vertex-2023-10-16"


async def test_a_stream_of_claude_has_its_own_method() -> None:
    upstream = MemoryUpstream(token(), Canned(headers=SSE, pieces=[b'event: ping\ndata: {"type":"ping"}\n\n']))
    await sent(opened(upstream), "claude-opus-4-6", {**MESSAGE, "stream": True}, anthropic_messages)
    assert upstream.sent[1].url.endswith("claude-opus-4-6:streamRawPredict")
    assert json.loads(upstream.sent[1].body)["stream"] is True


async def test_tokens_are_counted_under_a_name_of_their_own() -> None:
    upstream = MemoryUpstream(token(), answer(b'{"input_tokens":3}'))
    reply = await sent(opened(upstream), "claude-opus-4-6", HI, anthropic_count_tokens)
    assert upstream.sent[1].url.endswith("/publishers/anthropic/models/count-tokens:rawPredict")
    assert json.loads(upstream.sent[1].body)["model"] == "claude-opus-4-6"
    assert json.loads(await wires(reply)) == {"input_tokens": 3}


@pytest.mark.parametrize(("allowed", "sent_on", "told"), [
    ((), None, "anthropic-beta a-1, anthropic-beta b-2"), (("a-1",), "a-1", "anthropic-beta b-2"), (("*",), "a-1,b-2", None),
])  # fmt: skip
async def test_only_betas_that_are_allowed_go_on(
    allowed: tuple[str, ...], sent_on: str | None, told: str | None
) -> None:
    upstream = MemoryUpstream(token(), answer(CLAUDE))
    carried = (("anthropic-beta", "a-1, b-2"), ("anthropic-version", "2023-06-01"))
    reply = await sent(opened(upstream, betas=allowed), "claude-x", MESSAGE, anthropic_messages, carried)
    headers = dict(upstream.sent[1].headers)
    assert (headers.get("anthropic-beta"), headers.get("anthropic-version")) == (sent_on, None)
    assert dict(reply.headers).get("x-torana-dropped") == told


async def test_gemini_counts_tokens_of_a_whole_request_in_vertexs_words() -> None:
    counted = b'{"totalTokens": 31, "totalBillableCharacters": 96}'
    upstream = MemoryUpstream(token(), answer(counted))
    body = {"generateContentRequest": {"model": "models/m", "contents": [{"parts": [{"text": "hi"}]}]}}
    reply = await sent(opened(upstream), "gemini-2.5-flash", body, gemini_count_tokens)
    assert upstream.sent[1].url.endswith("/publishers/google/models/gemini-2.5-flash:countTokens")
    assert json.loads(upstream.sent[1].body) == {"contents": [{"parts": [{"text": "hi"}]}]}
    assert await wires(reply) == counted


async def test_a_refused_token_is_forgotten_and_its_account_parked() -> None:
    other = vertex.VertexCredential(access_token=Secret("fixed"))
    upstream = MemoryUpstream(token(), Canned(401, pieces=[b"{}"]), answer())
    provider = opened(upstream, account(), other, project="acme-ai")
    with pytest.raises(StatusFault) as caught:
        await sent(provider)
    assert (caught.value.credential, caught.value.another) == ("0", True)
    reply = await sent(provider)
    assert (reply.credential, dict(upstream.sent[2].headers)["authorization"]) == ("1", "Bearer fixed")


async def test_an_account_that_is_refused_is_a_refused_credential_and_its_words_stay() -> None:
    upstream = MemoryUpstream(Canned(400, pieces=[b'{"error":"invalid_grant","error_description":"torana@acme-ai"}']))
    with pytest.raises(StatusFault) as caught:
        await sent(opened(upstream))
    assert (caught.value.status, caught.value.body) == (401, b"")


async def test_no_token_is_no_connection() -> None:
    with pytest.raises(ConnectFailed):
        await sent(opened(MemoryUpstream(Canned(503))))


async def test_a_key_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(TEXT)
    upstream = MemoryUpstream(token(), answer())
    await sent(opened(upstream, vertex.VertexCredential(service_account_file=str(path))))
    assert "/projects/acme-ai/" in upstream.sent[1].url


async def test_without_a_credential_that_is_not_needed_none_is_sent() -> None:
    upstream = MemoryUpstream(answer())
    settings = vertex.Settings(needs_key=False, project="acme-ai", base_url="http://sidecar.test/v1")
    await sent(vertex.open(settings, upstream))
    assert "authorization" not in dict(upstream.sent[0].headers)


@pytest.mark.parametrize(("settings", "word"), [
    ({"credentials": ()}, "needs a service_account"),
    ({"credentials": (vertex.VertexCredential(access_token=Secret("t")),)}, "project: expected"),
    ({"credentials": (account(access_token=Secret("t")),)}, "credentials: an entry has"),
    ({"credentials": (vertex.VertexCredential(service_account=Secret("SECRET")),)}, "service_account: expected"),
    ({"credentials": (vertex.VertexCredential(service_account_file="/no/such/file"),)}, "service_account_file: cannot"),
    ({"location": "Europe/../x"}, "location: expected"), ({"project": "a/b"}, "project: expected"),
    ({"base_url": "ftp://x"}, "base_url: expected"),
])  # fmt: skip
def test_settings_that_cannot_work_are_refused_without_secrets(settings: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word) as caught:
        vertex.open(vertex.Settings(**{"credentials": (account(),), **settings}), MemoryUpstream())
    assert "SECRET" not in str(caught.value)


async def test_over_a_real_client_the_token_comes_first_and_claude_streams_behind_it() -> None:
    events = b'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n'
    gone = json.dumps({"access_token": "tok", "expires_in": 3600}).encode()
    async with FakeUpstream() as fake:
        ends = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
        fake.then(Plain(gone), Plain(events + ends, headers=(("content-type", "text/event-stream"),)))
        text = json.dumps({**ACCOUNT, "token_uri": f"{fake.url}/token"})
        pool = (vertex.VertexCredential(service_account=Secret(text)),)
        client = DirectUpstream()
        provider = vertex.open(vertex.Settings(credentials=pool, base_url=f"{fake.url}/v1"), client)
        reply = await sent(provider, "claude-opus-4-6", {**MESSAGE, "stream": True}, anthropic_messages)
        assert await wires(reply) == events + ends
        await client.aclose()
        asked, called = fake.requests
    assert asked.target == "/token"
    path = "/v1/projects/acme-ai/locations/global/publishers/anthropic/models/claude-opus-4-6:streamRawPredict"
    assert called.target == path
    assert {name.lower(): value for name, value in called.headers}["authorization"] == "Bearer tok"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_token_that_is_refused_inside_an_answer_is_forgotten_too(stream: bool) -> None:
    raw = b'{"error":{"code":401,"status":"UNAUTHENTICATED"}}'
    sse = {"content-type": "text/event-stream"}
    refused = Canned(headers=sse, pieces=[b"data: " + raw + b"\n\n"]) if stream else answer(raw)
    upstream = MemoryUpstream(token(), refused, token("new"))
    provider = opened(upstream)
    reply = await sent(provider, body={**HI, "stream": stream})
    with pytest.raises(StatusFault) as caught:
        await wires(reply)
    assert (caught.value.status, provider.parked) == (401, 1)
    (held,) = provider._rotation._things
    assert held.tokens is not None
    assert (await held.tokens.current()).reveal() == "new"


async def test_googles_delay_stands_in_the_body() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"}]
    raw = json.dumps({"error": {"code": 429, "details": details}}).encode()
    with pytest.raises(StatusFault) as caught:
        await sent(opened(MemoryUpstream(token(), Canned(429, pieces=[raw]))))
    assert caught.value.retry_after_s == 3
