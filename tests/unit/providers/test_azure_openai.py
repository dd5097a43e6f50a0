"""Azure OpenAI: its addresses, its two kinds of credential, and its content filter's words as they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.contract.provider.memory import SSE, Canned, MemoryUpstream, attempt_of, prompt_of
from torana.core.call import Ask, Call, Prompt
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.core.kept import ANSWER as KEPT_ANSWER
from torana.core.kept import FILE, RESPONSE, Pin, Wanted
from torana.core.secret import Secret
from torana.core.trail import Trail
from torana.dialects import anthropic_messages, embeddings, openai_responses
from torana.dialects.kept_requests import KeptRequest
from torana.providers import azure_openai
from torana.providers.azure_openai import AzureCredential, Settings
from torana.upstream.tokens import Tokens

BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
BASE = "https://acme.openai.azure.com"
KEY = "key-of-the-tests"
FILTERED = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}]
ANSWER = json.dumps(
    {
        "id": "c", "prompt_filter_results": FILTERED, "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x"}, "content_filter_results": {}}],
    }
).encode()  # fmt: skip
APPLICATION = AzureCredential(tenant_id="t-1", client_id="app", client_secret=Secret("shh"))
TOKEN = Canned(pieces=[b'{"token_type":"Bearer","expires_in":3599,"access_token":"tok"}'])


def opened(upstream: MemoryUpstream, **settings: object) -> azure_openai.AzureOpenAI:
    given: dict[str, object] = {"base_url": BASE, "credentials": (AzureCredential(api_key=Secret(KEY)),), **settings}
    return azure_openai.open(Settings(**given), upstream)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, f"{BASE}/openai/v1/chat/completions"),
        ({"base_url": f"{BASE}/openai/v1/"}, f"{BASE}/openai/v1/chat/completions"),
        ({"api_version": "2024-10-21"}, f"{BASE}/openai/deployments/my%2Fdep/chat/completions?api-version=2024-10-21"),
        ({"base_url": f"{BASE}/", "api_version": "2025-01-01-preview"},
         f"{BASE}/openai/deployments/my%2Fdep/chat/completions?api-version=2025-01-01-preview"),
    ],
)  # fmt: skip
async def test_the_deployment_stands_in_the_body_or_in_the_path(settings: dict[str, str], url: str) -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    reply = await opened(upstream, **settings).send(attempt_of("my/dep"), prompt_of(BODY))
    (outgoing,) = upstream.sent
    assert outgoing.url == url
    assert json.loads(outgoing.body)["model"] == "my/dep"
    assert dict(outgoing.headers)["api-key"] == KEY
    assert "authorization" not in dict(outgoing.headers)
    assert KEY not in repr(outgoing)
    chunk = await reply.source.__anext__()
    assert chunk.wire == ANSWER


async def test_embeddings_have_a_path_of_their_own() -> None:
    upstream = MemoryUpstream(Canned(status=500))
    with pytest.raises(StatusFault):
        body = b'{"model":"m","input":"x"}'
        await opened(upstream, api_version="2024-10-21").send(attempt_of("e"), prompt_of(body, embeddings.ID))
    assert upstream.sent[0].url == f"{BASE}/openai/deployments/e/embeddings?api-version=2024-10-21"


@pytest.mark.parametrize(
    ("version", "url"),
    [
        ("", f"{BASE}/openai/v1/responses"),
        ("2025-04-01-preview", f"{BASE}/openai/responses?api-version=2025-04-01-preview"),
    ],
)
async def test_responses_name_the_deployment_in_the_body_only(version: str, url: str) -> None:
    upstream = MemoryUpstream(Canned(status=500))
    body = b'{"model":"m","input":"x"}'
    call = Call(openai_responses.ID, "chat", body, (), openai_responses.read, Trail("r", "i", 0, 0))
    with pytest.raises(StatusFault):
        await opened(upstream, api_version=version).send(attempt_of("d"), Prompt(call, "m", body))
    (outgoing,) = upstream.sent
    assert outgoing.url == url
    assert json.loads(outgoing.body)["model"] == "d"


async def test_another_chat_dialect_is_translated_to_the_deployments_chat() -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    body = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}'
    call = Call(anthropic_messages.ID, "chat", body, (), anthropic_messages.read, Trail("r", "i", 0, 0))
    reply = await opened(upstream, api_version="2024-10-21").send(attempt_of("d"), Prompt(call, "m", body))
    assert upstream.sent[0].url == f"{BASE}/openai/deployments/d/chat/completions?api-version=2024-10-21"
    chunk = await reply.source.__anext__()
    assert json.loads(chunk.wire)["content"] == [{"type": "text", "text": "x"}]
    assert chunk.usage is not None
    assert chunk.usage.input == 3


async def test_an_application_of_entra_id_gets_one_token_for_many_requests() -> None:
    upstream = MemoryUpstream(TOKEN, Canned(pieces=[ANSWER]), Canned(pieces=[ANSWER]))
    provider = opened(upstream, credentials=(APPLICATION,))
    for _ in range(2):
        await provider.send(attempt_of("d"), prompt_of(BODY))
    asked, first, second = upstream.sent
    assert asked.url == "https://login.microsoftonline.com/t-1/oauth2/v2.0/token"
    assert asked.body == (
        b"grant_type=client_credentials&client_id=app&client_secret=shh"
        b"&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default"
    )
    for outgoing in (first, second):
        assert dict(outgoing.headers)["authorization"] == "Bearer tok"
        assert "api-key" not in dict(outgoing.headers)


async def test_a_token_that_azure_refuses_is_fetched_anew() -> None:
    upstream = MemoryUpstream(TOKEN, Canned(status=401, pieces=[b"{}"]), TOKEN, Canned(pieces=[ANSWER]))
    provider = opened(upstream, credentials=(APPLICATION, APPLICATION))
    with pytest.raises(StatusFault) as fault:
        await provider.send(attempt_of("d"), prompt_of(BODY))
    assert (fault.value.credential, fault.value.another) == ("0", True)
    assert (await provider.send(attempt_of("d"), prompt_of(BODY))).credential == "1"


async def test_an_application_that_is_refused_is_parked_like_a_key() -> None:
    upstream = MemoryUpstream(Canned(status=400, pieces=[b'{"error":"invalid_client"}']))
    with pytest.raises(StatusFault) as fault:
        await opened(upstream, credentials=(APPLICATION,)).send(attempt_of("d"), prompt_of(BODY))
    assert (fault.value.status, fault.value.credential, fault.value.body) == (401, "0", b"")


async def test_a_refusal_by_the_content_filter_stays_as_it_came() -> None:
    body = (
        b'{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter",'
        b'"status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{}}}}'
    )
    upstream = MemoryUpstream(Canned(status=400, pieces=[body]))
    with pytest.raises(StatusFault) as fault:
        await opened(upstream).send(attempt_of("d"), prompt_of(BODY))
    assert (fault.value.status, fault.value.body, fault.value.dialect) == (400, body, "openai_chat")


async def test_the_filter_results_before_a_stream_are_passed_on_and_are_no_content() -> None:
    first = b'data: {"id":"","choices":[],"prompt_filter_results":' + json.dumps(FILTERED).encode() + b"}\n\n"
    text = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null,"content_filter_results":{}}]}\n\n'
    last = b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}\n\n'
    end = b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\ndata: [DONE]\n\n'
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[first, text, last, end]))
    streamed = json.dumps({**json.loads(BODY), "stream": True, "stream_options": {"include_usage": True}}).encode()
    reply = await opened(upstream).send(attempt_of("d"), prompt_of(streamed))
    chunks = [chunk async for chunk in reply.source]
    assert b"".join(chunk.wire for chunk in chunks) == first + text + last + end
    assert not chunks[0].content
    assert chunks[1].content
    assert [chunk.usage.input for chunk in chunks if chunk.usage] == [3]


async def test_what_was_not_declared_is_refused_before_anything_is_sent() -> None:
    upstream = MemoryUpstream()
    asked = json.dumps({**json.loads(BODY), "tools": [{"type": "function", "function": {"name": "f"}}]}).encode()
    with pytest.raises(GatewayError) as refused:
        await opened(upstream, capabilities=()).send(attempt_of("d"), prompt_of(asked))
    assert (refused.value.code, upstream.sent) == ("CAPABILITY_MISSING", [])
    with pytest.raises(GatewayError):
        await opened(upstream, operations=("embeddings",)).send(attempt_of("d"), prompt_of(BODY))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base_url": "acme"}, "base_url"), ({"base_url": f"{BASE}?x=1"}, "base_url"), ({"credentials": ()}, "api_key"),
        ({"api_version": "latest&x"}, "api_version"), ({"credentials": (AzureCredential(api_key=Secret("a\r\nb")),)}, "HTTP"),
        ({"credentials": (AzureCredential(client_secret=Secret("s"), client_id="c"),)}, "tenant_id"),
        ({"credentials": (AzureCredential(client_secret=Secret("s"), client_id="c", tenant_id="a/b"),)}, "tenant_id"),
        ({"credentials": (AzureCredential(api_key=Secret("k"), client_secret=Secret("s")),)}, "not both"),
        ({"credentials": (APPLICATION,), "authority": "login"}, "authority"),
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        opened(MemoryUpstream(), **settings)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_token_that_azure_refuses_inside_an_answer_is_fetched_anew(stream: bool) -> None:
    raw = b'{"error":{"code":401,"message":"expired"}}'
    sse = {"content-type": "text/event-stream"}
    refused = Canned(headers=sse, pieces=[b"data: " + raw + b"\n\n"]) if stream else Canned(pieces=[raw])
    other = Canned(pieces=[TOKEN.pieces[0].replace(b'"tok"', b'"new"')])  # type: ignore[union-attr]
    upstream = MemoryUpstream(TOKEN, refused, other, Canned(pieces=[ANSWER]))
    provider = opened(upstream, credentials=(APPLICATION,))
    asked = json.loads(BODY) | {"stream": stream}
    reply = await provider.send(attempt_of("d"), prompt_of(json.dumps(asked).encode()))
    with pytest.raises(StatusFault) as caught:
        assert [chunk async for chunk in reply.source] == []
    assert (caught.value.status, provider.parked) == (401, 1)
    (credential,) = provider._rotation._things
    assert isinstance(credential, Tokens)
    assert (await credential.current()).reveal() == "new"


# --- responses that are kept


STORES = {
    "operations": ("chat", "stored_responses"),
    "credentials": (AzureCredential(api_key=Secret("a")), APPLICATION),
}
RESPONSE_BODY = b'{"id":"resp_1","output":[],"status":"completed"}'


def responding(pin: Pin, wanted: Wanted, body: bytes = b'{"model":"m","input":"x"}') -> Prompt:
    call = Call(openai_responses.ID, "chat", body, (), lambda _: Ask("m", kept=wanted), Trail("r", "i", 0, 0))
    call.pin = pin
    return Prompt(call, "m", body)


def about(wanted: Wanted, pin: Pin) -> Prompt:
    request = KeptRequest(wanted)
    call = Call(request.ID, request.OPERATION, b"", (), request.read, Trail("r", "i", 0, 0))
    call.pin = pin
    return Prompt(call, "responses", b"")


@pytest.mark.parametrize(
    ("version", "query", "url"),
    [
        ("", "", f"{BASE}/openai/v1/responses/resp_1"),
        ("", "include=a", f"{BASE}/openai/v1/responses/resp_1?include=a"),
        ("2025-04-01-preview", "", f"{BASE}/openai/responses/resp_1?api-version=2025-04-01-preview"),
        ("2025-04-01-preview", "include=a", f"{BASE}/openai/responses/resp_1?include=a&api-version=2025-04-01-preview"),
    ],
)
async def test_a_kept_response_is_asked_for_by_the_application_that_made_it(version: str, query: str, url: str) -> None:
    answers = [Canned(pieces=[RESPONSE_BODY]) for _ in range(3)]
    upstream = MemoryUpstream(answers[0], TOKEN, *answers[1:])
    resource = opened(upstream, api_version=version, **STORES)
    pins = [Pin(), Pin()]
    for pin in pins:
        await resource.send(attempt_of("d"), responding(pin, Wanted(RESPONSE, KEPT_ANSWER)))
    assert {pin.kept_by for pin in pins} == {attempt_of("d").deployment.provider}
    assert len({pin.credential for pin in pins}) == 2
    pin = Pin(pins[1].kept_by, pins[1].credential)
    reply = await resource.send(attempt_of("responses"), about(Wanted(RESPONSE, "read", "resp_1", query=query), pin))
    assert [chunk.wire async for chunk in reply.source] == [RESPONSE_BODY]
    outgoing = upstream.sent[-1]
    assert (outgoing.method, outgoing.url) == ("GET", url)
    assert dict(outgoing.headers)["authorization"] == "Bearer tok"
    assert "api-key" not in dict(outgoing.headers)


async def test_a_token_that_is_refused_there_is_forgotten() -> None:
    upstream = MemoryUpstream(TOKEN, Canned(status=401), TOKEN, Canned(pieces=[RESPONSE_BODY]))
    resource = opened(upstream, operations=("chat", "stored_responses"), credentials=(APPLICATION,))
    wanted = about(Wanted(RESPONSE, "read", "resp_1"), Pin("p", "gone"))
    with pytest.raises(StatusFault) as refused:
        await resource.send(attempt_of("responses"), wanted)
    assert not refused.value.another
    assert sum("oauth2" in one.url for one in upstream.sent) == 1
    (credential,) = resource._rotation._things
    assert isinstance(credential, Tokens)
    await credential.current()
    assert sum("oauth2" in one.url for one in upstream.sent) == 2


async def test_a_chat_before_a_resource_that_keeps_responses_is_kept_nowhere() -> None:
    pin = Pin()
    prompt = prompt_of(BODY)
    prompt.pin, prompt.ask = pin, replace(prompt.ask, kept=Wanted(RESPONSE, KEPT_ANSWER))
    await opened(MemoryUpstream(Canned(pieces=[ANSWER])), **STORES).send(attempt_of("d"), prompt)
    assert pin.kept_by == ""


@pytest.mark.parametrize("operations", [("chat",), ("chat", "files")])
async def test_a_resource_that_keeps_none_is_not_asked(operations: tuple[str, ...]) -> None:
    upstream = MemoryUpstream()
    for wanted in (Wanted(RESPONSE, "read", "resp_1"), Wanted(FILE, "read", "file-1")):
        with pytest.raises(GatewayError) as refused:
            await opened(upstream, operations=operations).send(attempt_of("r"), about(wanted, Pin("p", "c")))
        assert refused.value.code == "CAPABILITY_MISSING"
    assert upstream.sent == []


async def test_where_responses_are_kept_no_item_is_named_by_its_id() -> None:
    body = b'{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}'
    with pytest.raises(GatewayError) as refused:
        await opened(MemoryUpstream(), **STORES).send(
            attempt_of("d"), responding(Pin(), Wanted(RESPONSE, KEPT_ANSWER), body)
        )
    assert refused.value.code == "REQUEST_INVALID"
