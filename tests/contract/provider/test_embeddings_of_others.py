"""Gemini's embeddings of every provider that speaks OpenAI's: translated, or refused where none are offered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.provider.memory import Canned, MemoryUpstream, attempt_of
from torana.core.call import Call, Prompt
from torana.core.errors import GatewayError
from torana.core.secret import Secret
from torana.core.trail import Trail
from torana.dialects import gemini_batch_embed
from torana.ports.provider import Provider
from torana.providers import azure_openai, openai_compatible

BODY = json.dumps({"requests": [{"content": {"parts": [{"text": one}]}, "taskType": "X"} for one in "ab"]}).encode()
ANSWER = b'{"data":[{"index":0,"embedding":[0.10]},{"index":1,"embedding":[1e-7]}],"usage":{"prompt_tokens":2}}'


def compatible(upstream: MemoryUpstream, **settings: Any) -> Provider:
    return openai_compatible.open(openai_compatible.Settings(base_url="http://h.test/v1", **settings), upstream)


def azure(upstream: MemoryUpstream, **settings: Any) -> Provider:
    made = azure_openai.Settings(base_url="https://r.openai.azure.test", api_key=Secret("k"), **settings)
    return azure_openai.open(made, upstream)


def prompt() -> Prompt:
    trail = Trail("req-1", "rcpt1", 1.0, 0.0)
    call = Call(
        gemini_batch_embed.ID, "embeddings", BODY, (), lambda raw: gemini_batch_embed.read_named(raw, "m", ""), trail
    )
    return Prompt(call, "m", BODY)


@pytest.mark.parametrize("opened", [compatible, azure])
async def test_geminis_embeddings_are_translated(opened: Callable[..., Provider]) -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    reply = await opened(upstream).send(attempt_of("up"), prompt())
    (sent,) = upstream.sent
    assert sent.url.partition("?")[0].endswith("/embeddings")
    assert json.loads(sent.body) == {"model": "up", "input": ["a", "b"], "encoding_format": "float"}
    (chunk,) = [chunk async for chunk in reply.source]
    assert chunk.wire == b'{"embeddings":[{"values":[0.10]},{"values":[1e-7]}],"usageMetadata":{"promptTokenCount":2}}'
    assert (reply.dialect, dict(reply.headers)["x-torana-dropped"]) == (gemini_batch_embed.ID, "taskType")


@pytest.mark.parametrize("opened", [compatible, azure])
async def test_where_no_embeddings_are_offered_they_are_refused(opened: Callable[..., Provider]) -> None:
    upstream = MemoryUpstream(Canned())
    with pytest.raises(GatewayError) as caught:
        await opened(upstream, operations=("chat",)).send(attempt_of("up"), prompt())
    assert (caught.value.code, upstream.sent) == ("CAPABILITY_MISSING", [])
