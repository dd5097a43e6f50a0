"""The provider of Gemini's API: address, key, methods, errors as they are meant; its own dialect byte for byte."""

from __future__ import annotations

import json
from types import ModuleType

import pytest

from tests.contract.provider.memory import JSON, SSE, Canned, MemoryUpstream, attempt_of, prompt_of
from torana.core.call import Call, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, ConnectFailed, ConnectionBroken, StatusFault
from torana.core.secret import Secret
from torana.core.trail import Trail
from torana.dialects import (
    embeddings,
    gemini_batch_embed,
    gemini_content,
    gemini_count_tokens,
    gemini_embed_content,
    openai_chat,
)
from torana.dialects.codecs import gemini as codec
from torana.providers import gemini
from torana.upstream.reach import Credential

HI = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
KEY = "key-of-the-tests"
CANDIDATE = {"content": {"parts": [{"text": "hello"}], "role": "model"}, "finishReason": "STOP"}
ANSWER = {"candidates": [CANDIDATE], "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 2}}
WIRE = json.dumps(ANSWER).encode()


def opened(upstream: MemoryUpstream, **settings: object) -> gemini.Gemini:
    return gemini.open(gemini.Settings(api_key=Secret(KEY), **settings), upstream)  # type: ignore[arg-type]


def body(**more: object) -> bytes:
    return json.dumps({**HI, **more}).encode()


async def test_a_plain_answer_is_asked_for_and_translated() -> None:
    upstream = MemoryUpstream(Canned(pieces=[WIRE]))
    reply = await opened(upstream).send(attempt_of("gemini-2.5-flash"), prompt_of(body(user="u")))
    (outgoing,) = upstream.sent
    assert outgoing.url == "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
    assert dict(outgoing.headers)["x-goog-api-key"] == KEY
    assert KEY not in repr(outgoing)
    assert json.loads(outgoing.body) == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    (chunk,) = [chunk async for chunk in reply.source]
    assert json.loads(chunk.wire)["choices"][0]["message"]["content"] == "hello"
    assert (chunk.usage, chunk.finish) == (Usage(uncached=4, output=2), "stop")
    assert (reply.dialect, reply.stream, reply.credential) == ("openai_chat", False, "0")
    assert dict(reply.headers)["x-torana-dropped"] == "user"


async def test_a_stream_has_a_method_of_its_own() -> None:
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[b"data: " + WIRE + b"\r\n\r\n"]))
    reply = await opened(upstream).send(attempt_of("tuned/a b"), prompt_of(body(stream=True)))
    assert upstream.sent[0].url.endswith("/models/tuned%2Fa%20b:streamGenerateContent?alt=sse")
    chunks = [chunk async for chunk in reply.source]
    assert b'"hello"' in b"".join(chunk.wire for chunk in chunks)
    assert [chunk.finish for chunk in chunks if chunk.finish] == ["stop"]
    assert upstream.given[0].given_back


async def test_a_stream_without_a_finish_is_broken() -> None:
    cut = json.dumps({"candidates": [{"content": {"parts": [{"text": "hel"}]}}]}).encode()
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[b"data: " + cut + b"\n\n"]))
    reply = await opened(upstream).send(attempt_of(), prompt_of(body(stream=True)))
    with pytest.raises(ConnectionBroken):
        assert [chunk async for chunk in reply.source] == []


async def fault_of(canned: Canned, **settings: object) -> StatusFault:
    with pytest.raises(StatusFault) as fault:
        await opened(MemoryUpstream(canned), **settings).send(attempt_of(), prompt_of(body()))
    return fault.value


async def test_a_wrong_key_is_a_401_though_the_api_says_400() -> None:
    info = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    error = {"error": {"code": 400, "status": "INVALID_ARGUMENT", "details": info}}
    fault = await fault_of(Canned(400, JSON, [json.dumps(error).encode()]))
    assert (fault.status, fault.credential, fault.dialect) == (401, "0", codec.ID)


async def test_the_delay_stands_in_the_body() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]
    raw = json.dumps({"error": {"code": 429, "details": details}}).encode()
    assert (await fault_of(Canned(429, JSON, [raw]))).retry_after_s == 34.5
    assert (await fault_of(Canned(429, {**JSON, "retry-after": "7"}, [raw]))).retry_after_s == 7


async def test_any_other_error_stays_as_it_is() -> None:
    raw = b'{"error":{"code":400,"status":"INVALID_ARGUMENT"}}'
    fault = await fault_of(Canned(400, JSON, [raw]))
    assert (fault.status, fault.body, fault.retry_after_s) == (400, raw, None)


async def test_keys_take_turns() -> None:
    upstream = MemoryUpstream(Canned(pieces=[WIRE]), Canned(pieces=[WIRE]))
    pool = (Credential(api_key=Secret("one")), Credential(api_key=Secret("two")))
    provider = gemini.open(gemini.Settings(credentials=pool), upstream)
    for _ in pool:
        await provider.send(attempt_of(), prompt_of(body()))
    assert {dict(sent.headers)["x-goog-api-key"] for sent in upstream.sent} == {"one", "two"}


@pytest.mark.parametrize("dialect", ["no_such_dialect", "moderations"])
async def test_what_cannot_be_translated_is_refused_before_anything_is_sent(dialect: str) -> None:
    upstream = MemoryUpstream(Canned())
    with pytest.raises(GatewayError) as refused:
        await opened(upstream).send(attempt_of(), prompt_of(b'{"model":"m","input":"x"}', dialect))
    assert (refused.value.code, upstream.sent) == ("CAPABILITY_MISSING", [])


async def test_a_page_instead_of_json_is_malformed() -> None:
    upstream = MemoryUpstream(Canned(headers={"content-type": "text/html"}, pieces=[b"<html>"]))
    with pytest.raises(AnswerMalformed):
        await opened(upstream).send(attempt_of(), prompt_of(body()))


async def test_a_provider_that_cannot_be_reached_is_a_fault() -> None:
    with pytest.raises(ConnectFailed):
        await opened(MemoryUpstream(ConnectFailed())).send(attempt_of(), prompt_of(body()))


def test_it_does_not_open_without_a_key_or_with_a_bad_address() -> None:
    with pytest.raises(ValueError, match="api_key"):
        gemini.open(gemini.Settings(), MemoryUpstream(Canned()))
    with pytest.raises(ValueError, match="base_url"):
        opened(MemoryUpstream(Canned()), base_url="ftp://x")
    assert gemini.open(gemini.Settings(needs_key=False), MemoryUpstream(Canned()))


# --- its own dialect, and embeddings


def named(dialect: ModuleType, raw: bytes, method: str = "") -> Prompt:
    """A prompt as the edge and the line make it of a request that names its model in the path."""
    call = Call(
        dialect.ID, dialect.OPERATION, raw, (), lambda body: dialect.read_named(body, "m", method),
        Trail("req-1", "rcpt1", 1.0, 0.0),
    )  # fmt: skip
    return Prompt(call, "m", raw)


OWN = b'{ "contents": [{"parts": [{"text": "hi"}]}], "cachedContent": "c" , "new": {"a": 1.0}}'
VECTOR = b'{"embedding": {"values": [0.10]}}'
WAYS = [
    (gemini_content, "generateContent", OWN, OWN, WIRE),
    (gemini_count_tokens, "countTokens", OWN, OWN, b'{"totalTokens": 3}'),
    (gemini_embed_content, "embedContent", b'{"content": {}, "model": "models/m"}',
     b'{"content": {}, "model": "models/up-model"}', VECTOR),
    (gemini_batch_embed, "batchEmbedContents", b'{"requests": [{"content": {}}]}', b'{"requests": [{"content": {}}]}',
     b'{"embeddings": [{"values": [0.10]}]}'),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "method", "given", "sent", "answer"), WAYS, ids=[way[1] for way in WAYS])
async def test_its_own_dialect_goes_through_byte_for_byte(
    dialect: ModuleType, method: str, given: bytes, sent: bytes, answer: bytes
) -> None:
    upstream = MemoryUpstream(Canned(pieces=[answer]))
    reply = await opened(upstream).send(attempt_of(), named(dialect, given))
    (outgoing,) = upstream.sent
    assert outgoing.url.endswith(f"/v1beta/models/up-model:{method}")
    assert outgoing.body == sent
    assert [chunk.wire async for chunk in reply.source] == [answer]
    assert (reply.dialect, "x-torana-dropped" in dict(reply.headers)) == (dialect.ID, False)


async def test_its_own_stream_goes_through_byte_for_byte() -> None:
    wire = b"data: " + WIRE + b"\r\n\r\n"
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[wire[:20], wire[20:]]))
    reply = await opened(upstream).send(attempt_of(), named(gemini_content, OWN, "streamGenerateContent"))
    assert upstream.sent[0].url.endswith(":streamGenerateContent?alt=sse")
    assert upstream.sent[0].body is OWN
    assert b"".join([chunk.wire async for chunk in reply.source]) == wire


@pytest.mark.parametrize(("given", "method", "answer"), [
    ("x", "embedContent", VECTOR), (["x", "y"], "batchEmbedContents", b'{"embeddings":[{"values":[1]},{"values":[2]}]}'),
])  # fmt: skip
async def test_openais_embeddings_are_translated(given: object, method: str, answer: bytes) -> None:
    upstream = MemoryUpstream(Canned(pieces=[answer]))
    raw = json.dumps({"model": "m", "input": given, "user": "u"}).encode()
    reply = await opened(upstream).send(attempt_of("models/up"), prompt_of(raw, embeddings.ID))
    assert upstream.sent[0].url.endswith(f"/models/up:{method}")
    assert b'"models/up"' in upstream.sent[0].body
    (chunk,) = [chunk async for chunk in reply.source]
    assert len(json.loads(chunk.wire)["data"]) == (2 if isinstance(given, list) else 1)
    assert dict(reply.headers)["x-torana-dropped"] == "user"


async def test_an_error_says_whose_words_it_is_in() -> None:
    raw = b'{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"m"}}'
    for prompt in (named(gemini_content, OWN), prompt_of(body(), openai_chat.ID)):
        with pytest.raises(StatusFault) as fault:
            await opened(MemoryUpstream(Canned(400, JSON, [raw]))).send(attempt_of(), prompt)
        assert fault.value.dialect == gemini_content.ID


async def fault_inside(error: dict[str, object], stream: bool) -> tuple[StatusFault, gemini.Gemini]:
    """What an error inside a 200 raises, of a pool of one key."""
    raw = json.dumps({"error": error}).encode()
    canned = Canned(headers=SSE, pieces=[b"data: " + raw + b"\n\n"]) if stream else Canned(pieces=[raw])
    provider = opened(MemoryUpstream(canned))
    reply = await provider.send(attempt_of(), prompt_of(body(stream=stream)))
    with pytest.raises(StatusFault) as caught:
        assert [chunk async for chunk in reply.source] == []
    return caught.value, provider


@pytest.mark.parametrize("stream", [True, False])
async def test_a_wrong_key_told_inside_an_answer_is_parked_as_one_told_by_the_status(stream: bool) -> None:
    info = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    fault, provider = await fault_inside({"code": 400, "status": "INVALID_ARGUMENT", "details": info}, stream)
    assert (fault.status, fault.credential, provider.parked) == (401, "0", 1)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_delay_told_inside_an_answer_is_heeded(stream: bool) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]
    fault, provider = await fault_inside({"code": 429, "status": "RESOURCE_EXHAUSTED", "details": details}, stream)
    assert (fault.status, fault.retry_after_s, provider.parked) == (429, 34.5, 0)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_request_that_is_at_fault_parks_nothing(stream: bool) -> None:
    fault, provider = await fault_inside({"code": 400, "status": "INVALID_ARGUMENT"}, stream)
    assert (fault.status, fault.retry_after_s, provider.parked) == (400, None, 0)
