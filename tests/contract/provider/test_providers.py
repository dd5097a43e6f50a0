"""What every way to a model does: each catalogue row and each provider module, against an upstream in memory.

A new row or module is covered unasked.
"""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module

import msgspec
import pytest

import torana.providers
from tests.contract.provider.memory import JSON, SSE, Canned, MemoryUpstream, attempt_of, prompt_of
from torana.core.call import Chunk, Reply
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.ports.provider import Provider
from torana.providers.catalogue import rows
from torana.upstream.reach import Credential

MODULES = sorted(found.name for found in pkgutil.iter_modules(torana.providers.__path__) if found.name != "catalogue")
ROWS = sorted(rows())
OTHER_DIALECTS = {"anthropic", "azure_openai", "bedrock", "cohere", "gemini", "litellm", "vertex"}
"""Modules that speak no dialect of OpenAI, or through no client of ours; their tests stand in tests/unit/providers."""
WAYS = [name for name in MODULES if name != "openai_compatible" and name not in OTHER_DIALECTS] + ROWS
NETWORKED = ROWS
KEY = "sk-secret-of-the-provider"

HI = {"model": "m", "messages": [{"role": "user", "content": "hello there"}]}
ANSWER = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "up-model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6},
}  # fmt: skip
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
CALL = {"id": "t", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def sse(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"


def delta(delta: object, finish: str | None = None) -> dict:
    return {"id": "c1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


STREAM = sse(
    delta({"role": "assistant", "content": ""}), delta({"content": "hel"}), delta({"content": "lo"}), delta({}, "stop"),
    {"id": "c1", "choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}},
)  # fmt: skip
TOOL_ANSWER = {**ANSWER, "choices": [
    {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [CALL]}, "finish_reason": "tool_calls"},
]}  # fmt: skip
TOOL_STREAM = sse(delta({"tool_calls": [{"index": 0, **CALL}]}), delta({}, "tool_calls"))


def opened(way: str, upstream: MemoryUpstream) -> Provider:
    if way not in rows():
        module = import_module(f"torana.providers.{way}")
        return module.open(module.Settings(), upstream)  # type: ignore[no-any-return]
    module = import_module("torana.providers.openai_compatible")
    given = {"base_url": "http://own.test/v1", **rows()[way].defaults()}
    settings = msgspec.convert(given, module.Settings)
    key = (Credential(api_key=Secret(KEY)),) if rows()[way].key_env else ()
    return module.open(msgspec.structs.replace(settings, credentials=key), upstream)  # type: ignore[no-any-return]


async def chunks_of(reply: Reply) -> list[Chunk]:
    try:
        return [chunk async for chunk in reply.source]
    finally:
        await reply.source.aclose()


async def take_all(reply: Reply, into: list[Chunk]) -> None:
    async for chunk in reply.source:
        into.append(chunk)


async def said(
    way: str, request: dict, canned: Canned, dialect: str = "openai_chat"
) -> tuple[list[Chunk], MemoryUpstream]:
    upstream = MemoryUpstream(canned)
    provider = opened(way, upstream)
    reply = await provider.send(attempt_of(), prompt_of(json.dumps(request).encode(), dialect))
    assert (reply.status, reply.dialect, reply.stream) == (200, dialect, bool(request.get("stream")))
    out = await chunks_of(reply)
    assert all(given.given_back for given in upstream.given)
    await provider.aclose()
    return out, upstream


def capable(way: str, *needs: str) -> bool:
    return way not in rows() or set(needs) <= set(rows()[way].capabilities)


def text_of(chunks: list[Chunk]) -> str:
    wire = b"".join(chunk.wire for chunk in chunks)
    events = [json.loads(line[6:]) for line in wire.decode().split("\n\n") if line.startswith("data: {")]
    return "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])


@pytest.mark.parametrize("way", WAYS)
async def test_a_text_is_one_chunk_with_usage_and_finish(way: str) -> None:
    (chunk,), _ = await said(way, HI, Canned(pieces=[json.dumps(ANSWER).encode()]))
    answer = json.loads(chunk.wire)
    assert answer["choices"][0]["message"]["content"].startswith("hello")
    assert chunk.content
    assert chunk.finish == "stop"
    assert chunk.usage is not None
    assert chunk.usage.input == answer["usage"]["prompt_tokens"]
    assert chunk.usage.output == answer["usage"]["completion_tokens"]
    assert not chunk.usage.estimated


@pytest.mark.parametrize("wants", [True, False])
@pytest.mark.parametrize("way", WAYS)
async def test_a_stream_gives_its_text_usage_and_finish_and_hides_usage_nobody_asked_for(way: str, wants: bool) -> None:
    request = {**HI, "stream": True, "stream_options": {"include_usage": wants}}
    chunks, _ = await said(
        way, request, Canned(headers=SSE, pieces=[STREAM[at : at + 7] for at in range(0, len(STREAM), 7)])
    )
    wire = b"".join(chunk.wire for chunk in chunks)
    assert text_of(chunks).startswith("hello")
    assert wire.endswith(b"data: [DONE]\n\n")
    assert (b'"usage"' in wire) is wants
    assert [chunk.finish for chunk in chunks if chunk.finish] == ["stop"]
    assert any(chunk.usage for chunk in chunks)
    assert not chunks[0].content


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("way", [way for way in WAYS if capable(way, "tools")])
async def test_a_tool_call_comes_through(way: str, stream: bool) -> None:
    request = {**HI, "tools": TOOLS, "tool_choice": "required", "stream": stream}
    canned = Canned(headers=SSE, pieces=[TOOL_STREAM]) if stream else Canned(pieces=[json.dumps(TOOL_ANSWER).encode()])
    chunks, _ = await said(way, request, canned)
    wire = b"".join(chunk.wire for chunk in chunks)
    assert b'"tool_calls"' in wire
    assert b'"look"' in wire
    assert [chunk.finish for chunk in chunks if chunk.finish] == ["tool_calls"]


@pytest.mark.parametrize("way", [way for way in WAYS if way not in rows() or "embeddings" in rows()[way].operations])
async def test_embeddings_come_through(way: str) -> None:
    answer = {"object": "list", "data": [{"embedding": [0.5], "index": 0}], "usage": {"prompt_tokens": 3}}
    (chunk,), _ = await said(
        way, {"model": "m", "input": "hi"}, Canned(pieces=[json.dumps(answer).encode()]), "embeddings"
    )
    assert json.loads(chunk.wire)["data"][0]["embedding"]
    assert chunk.usage is not None
    assert chunk.usage.input > 0


@pytest.mark.parametrize("way", WAYS)
async def test_an_unknown_dialect_is_refused_before_anything_is_sent(way: str) -> None:
    upstream = MemoryUpstream()
    with pytest.raises(GatewayError) as caught:
        await opened(way, upstream).send(attempt_of(), prompt_of(b"{}", "no_such_dialect"))
    assert caught.value.code == "CAPABILITY_MISSING"
    assert not upstream.sent


@pytest.mark.parametrize("way", NETWORKED)
async def test_what_a_row_does_not_declare_is_refused_before_anything_is_sent(way: str) -> None:
    requests = {
        "tools": {**HI, "tools": TOOLS}, "json_schema": {**HI, "response_format": {"type": "json_schema"}},
        "vision": {**HI, "messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        "audio": {**HI, "modalities": ["audio"]},
    }  # fmt: skip
    for need, request in requests.items():
        upstream = MemoryUpstream(ConnectFailed())
        with pytest.raises(UpstreamFault if capable(way, need) else GatewayError) as caught:
            await opened(way, upstream).send(attempt_of(), prompt_of(json.dumps(request).encode()))
        assert bool(upstream.sent) is capable(way, need)
        if isinstance(caught.value, GatewayError):
            assert caught.value.details == {"missing": [need]}


@pytest.mark.parametrize("way", NETWORKED)
async def test_the_request_is_the_callers_with_the_providers_model_and_key(way: str) -> None:
    raw = b'{ "model": "m", "messages": [{"role":"user","content":"\\u0041"}], "x_vendor": 1.50 }'
    upstream = MemoryUpstream(ConnectFailed())
    with pytest.raises(ConnectFailed):
        await opened(way, upstream).send(attempt_of(), prompt_of(raw))
    (sent,) = upstream.sent
    row = rows()[way]
    assert (sent.method, sent.url) == ("POST", f"{row.base_url or 'http://own.test/v1'}/chat/completions")
    assert sent.body == raw.replace(b'"m"', b'"up-model"')
    headers = dict(sent.headers)
    name, value = ("authorization", f"Bearer {KEY}") if row.auth == "bearer" else (row.auth, KEY)
    assert headers.get(name) == (value if row.key_env else None)
    assert KEY not in repr(sent)


@pytest.mark.parametrize("way", NETWORKED)
async def test_usage_of_a_stream_is_asked_for_only_where_the_host_takes_it(way: str) -> None:
    for options in ({}, {"stream_options": {"include_usage": True}}):
        _, upstream = await said(way, {**HI, "stream": True, **options}, Canned(headers=SSE, pieces=[STREAM]))
        body = json.loads(upstream.sent[0].body)
        assert body.get("stream_options") == ({"include_usage": True} if rows()[way].stream_usage else None)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("way", NETWORKED)
async def test_an_error_status_is_a_status_fault_with_body_and_hint(way: str, stream: bool) -> None:
    body = b'{"error":{"message":"slow down"}}'
    upstream = MemoryUpstream(Canned(429, {**JSON, "retry-after": "7"}, [body]))
    with pytest.raises(StatusFault) as caught:
        await opened(way, upstream).send(attempt_of(), prompt_of(json.dumps({**HI, "stream": stream}).encode()))
    fault = caught.value
    assert (fault.status, fault.body, fault.retry_after_s, fault.dialect) == (429, body, 7.0, "openai_chat")
    assert upstream.given[0].given_back


@pytest.mark.parametrize("way", NETWORKED)
async def test_a_connection_that_breaks_in_the_stream_is_a_fault_after_what_came(way: str) -> None:
    cut = STREAM.index(b'{"id"', 200)
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[STREAM[:cut], ConnectionBroken()]))
    reply = await opened(way, upstream).send(attempt_of(), prompt_of(json.dumps({**HI, "stream": True}).encode()))
    seen: list[Chunk] = []
    with pytest.raises(ConnectionBroken) as caught:
        await take_all(reply, seen)
    assert text_of(seen) == "hel"
    assert caught.value.sent
    assert upstream.given[0].given_back


@pytest.mark.parametrize("taken", [0, 1])
@pytest.mark.parametrize("way", NETWORKED)
async def test_a_caller_who_hangs_up_closes_the_providers_connection(way: str, taken: int) -> None:
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[STREAM[:200], STREAM[200:]]))
    reply = await opened(way, upstream).send(attempt_of(), prompt_of(json.dumps({**HI, "stream": True}).encode()))
    for _ in range(taken):
        await anext(reply.source)
    await reply.source.aclose()
    await reply.source.aclose()
    assert upstream.given[0].closed
    with pytest.raises(StopAsyncIteration):
        await anext(reply.source)
