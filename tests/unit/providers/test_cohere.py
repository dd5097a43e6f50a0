"""Cohere's own API: addresses, key, all three operations, errors as they are meant."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

from tests.contract.provider.memory import JSON, SSE, Canned, MemoryUpstream, attempt_of
from tests.unit.dialects.codecs.test_cohere_chat_answer import TEXT, whole
from torana.core.call import Call, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault
from torana.core.secret import Secret
from torana.core.trail import Trail
from torana.dialects import anthropic_messages, embeddings, moderations, openai_chat, rerank
from torana.providers import cohere
from torana.upstream.reach import Credential

KEY = "key-of-the-tests"
HI = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
VECTORS = b'{"embeddings":{"float":[[0.5]]},"meta":{"tokens":{"input_tokens":2}}}'


def opened(upstream: MemoryUpstream, **settings: Any) -> cohere.Cohere:
    return cohere.open(cohere.Settings(**{"api_key": Secret(KEY), **settings}), upstream)


async def sent(provider: cohere.Cohere, body: dict[str, Any], dialect: ModuleType = openai_chat) -> Reply:
    wire = json.dumps(body).encode()
    call = Call(dialect.ID, dialect.OPERATION, wire, (), dialect.read, Trail("r", "c", 1.0, 0.0))
    return await provider.send(attempt_of("command-a-03-2025"), Prompt(call, "m", wire))


async def wires(reply: Reply) -> bytes:
    return b"".join([chunk.wire async for chunk in reply.source])


@pytest.mark.parametrize("base", ["https://co.test", "https://co.test/", "https://co.test/v2"])
async def test_a_chat_goes_to_its_address_with_the_key(base: str) -> None:
    upstream = MemoryUpstream(Canned(pieces=[whole()]))
    reply = await sent(opened(upstream, base_url=base), HI)
    (outgoing,) = upstream.sent
    assert (outgoing.method, outgoing.url) == ("POST", "https://co.test/v2/chat")
    assert dict(outgoing.headers)["authorization"] == f"Bearer {KEY}"
    assert json.loads(outgoing.body)["model"] == "command-a-03-2025"
    assert KEY not in repr(outgoing)
    assert json.loads(await wires(reply))["choices"][0]["message"]["content"] == "hi"


@pytest.mark.parametrize("dialect", [openai_chat, anthropic_messages], ids=lambda one: one.ID)
async def test_a_stream_reaches_callers_of_either_dialect(dialect: ModuleType) -> None:
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[TEXT[:300], TEXT[300:]]))
    reply = await sent(opened(upstream), {**HI, "stream": True, "max_tokens": 9}, dialect)
    chunks = [chunk async for chunk in reply.source]
    assert "नमस्ते" in b"".join(chunk.wire for chunk in chunks).decode()
    assert [chunk.usage for chunk in chunks if chunk.usage] == [Usage(uncached=17, output=12)]
    assert dict(upstream.sent[0].headers)["accept"] == "text/event-stream"
    assert json.loads(upstream.sent[0].body)["stream"] is True


async def test_embeddings_go_for_the_purpose_of_the_settings() -> None:
    upstream = MemoryUpstream(Canned(pieces=[VECTORS]))
    reply = await sent(opened(upstream, input_type="clustering"), {"model": "m", "input": "a"}, embeddings)
    assert upstream.sent[0].url == "https://api.cohere.com/v2/embed"
    assert json.loads(upstream.sent[0].body)["input_type"] == "clustering"
    assert json.loads(await wires(reply))["data"][0]["embedding"] == [0.5]


async def test_reranking_goes_as_texts() -> None:
    answer = b'{"results":[{"index":0,"relevance_score":0.5}]}'
    upstream = MemoryUpstream(Canned(headers={**JSON, "x-request-id": "up-1"}, pieces=[answer]))
    reply = await sent(opened(upstream), {"model": "m", "query": "q", "documents": ["a"], "x": 1}, rerank)
    assert upstream.sent[0].url == "https://api.cohere.com/v2/rerank"
    assert await wires(reply) == answer
    assert reply.headers == (("x-upstream-request-id", "up-1"), ("x-torana-dropped", "x"))


async def test_what_the_api_does_not_have_is_refused_before_anything_is_sent() -> None:
    upstream = MemoryUpstream()
    with pytest.raises(GatewayError) as caught:
        await sent(opened(upstream), {"model": "m", "input": "a"}, moderations)
    assert (caught.value.code, upstream.sent) == ("CAPABILITY_MISSING", [])


@pytest.mark.parametrize(("status", "meant"), [(498, 401), (401, 401), (400, 400), (429, 429), (500, 500)])
async def test_a_token_it_does_not_know_parks_the_credential(status: int, meant: int) -> None:
    upstream = MemoryUpstream(Canned(status, pieces=[b'{"id":"e","message":"no"}']))
    pool = (Credential(api_key=Secret("a")), Credential(api_key=Secret("b")))
    with pytest.raises(StatusFault) as caught:
        await sent(opened(upstream, api_key=None, credentials=pool), HI)
    assert (caught.value.status, caught.value.dialect, caught.value.credential) == (meant, "cohere_chat", "0")
    assert caught.value.another == (meant in (401, 429))


@pytest.mark.parametrize(("canned", "fault"), [
    (Canned(headers=SSE, pieces=[TEXT[:-20]]), ConnectionBroken),
    (Canned(headers=SSE, pieces=[TEXT[:200], ConnectionBroken()]), ConnectionBroken),
    (Canned(headers=SSE, pieces=[b"data: {\n\n"]), AnswerMalformed),
])  # fmt: skip
async def test_a_broken_stream_is_a_fault_and_gives_its_connection_back(canned: Canned, fault: type[Exception]) -> None:
    upstream = MemoryUpstream(canned)
    reply = await sent(opened(upstream), {**HI, "stream": True})
    with pytest.raises(fault):
        await wires(reply)
    assert all(given.given_back for given in upstream.given)


def test_a_key_is_needed() -> None:
    with pytest.raises(ValueError, match="needs an api_key"):
        opened(MemoryUpstream(), api_key=None)


async def test_closing_takes_nothing_away() -> None:
    await opened(MemoryUpstream()).aclose()
