"""A wanted shape by every client's own SDK before every provider's protocol: what arrives, and an answer that follows it.

The upstream is our own: mocks written by others look for a wanted shape in OpenAI's body only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.azure import API_KEY, API_VERSION, CLIENT, DIRECTORY
from tests.e2e.frameworks import test_ai_sdk as ai_sdk
from tests.e2e.gateway import Gateway, configuration, model
from tests.e2e.stage import Stage
from tests.e2e.test_matrix import ASK, AZURES, CLIENTS, EVENT, SCHEMA
from torana.testing.plays import Exchange, Plain

Json = dict[str, Any]
UPSTREAM_MODELS = {
    "anthropic": "claude-sonnet-4-5",
    "gemini": "gemini-2.5-flash",
    "bedrock": "anthropic.claude-sonnet-4-5-20250929-v1:0",
}
WANTED: dict[str, Callable[[Json], Any]] = {
    "anthropic": lambda body: body["output_config"]["format"]["schema"],
    "gemini": lambda body: body["generationConfig"]["responseJsonSchema"],
    "bedrock": lambda body: json.loads(body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]),
    "azure": lambda body: body["text"]["format"]["schema"],
}
"""Where each protocol says which shape it wants; Azure's responses, for its chat completions are in the other matrix.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs, https://ai.google.dev/api/generate-content,
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html,
https://platform.openai.com/docs/api-reference/responses/create
"""


def protocol(target: str) -> str:
    """Which provider's protocol a request speaks, by its path."""
    if target.endswith("/messages"):
        return "anthropic"
    if target in ("/openai/v1/responses", f"/openai/responses?api-version={API_VERSION}"):
        return "azure"
    return "gemini" if ":generateContent" in target else "bedrock"


def said(provider: str, text: str) -> Json:
    """An answer with this text in the provider's own shape."""
    if provider == "anthropic":
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 17},
        }  # fmt: skip
    if provider == "gemini":
        return {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
            ],
            "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 17, "totalTokenCount": 28},
            "modelVersion": "gemini-2.5-flash",
        }
    if provider == "azure":
        content = [{"type": "output_text", "text": text, "annotations": []}]
        message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content}
        return {
            "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "our-gpt",
            "output": [message], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
            "usage": {"input_tokens": 11, "output_tokens": 17, "total_tokens": 28},
        }  # fmt: skip
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 11, "outputTokens": 17, "totalTokens": 28},
        "metrics": {"latencyMs": 1},
    }


async def obedient(exchange: Exchange) -> None:
    """Answer with an object that has exactly the wanted properties; complain where no shape arrived."""
    request = exchange.request
    if request.target.endswith("/oauth2/v2.0/token"):
        await Plain(b'{"access_token": "entra-token", "expires_in": 3599, "token_type": "Bearer"}')(exchange)
        return
    provider = protocol(request.target)
    try:
        shape = WANTED[provider](request.json())
    except (KeyError, TypeError):
        await Plain(b'{"error": {"message": "no shape arrived", "type": "invalid_request_error"}}', 400)(exchange)
        return
    text = json.dumps(dict.fromkeys(shape["properties"], "science fair"))
    await Plain(json.dumps(said(provider, text)).encode())(exchange)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(obedient) as found:
        yield found


@pytest.fixture(scope="module")
def shapely(stage: Stage, room: Path, node_packages: None) -> Iterator[Gateway]:
    key = [{"api_key": "sk-upstream-any"}]
    providers: list[Any] = [
        {"id": "anthropic", "kind": "anthropic", "base_url": stage.origin, "credentials": key},
        {"id": "gemini", "kind": "gemini", "base_url": f"{stage.origin}/v1beta", "credentials": key},
        {"id": "bedrock", "kind": "bedrock", "base_url": stage.origin, "region": "us-east-1", "credentials": key},
        {"id": "azure", "kind": "azure_openai", "base_url": stage.origin, "api_version": API_VERSION,
         "credentials": [{"api_key": API_KEY}]},
        {"id": "azure_entra", "kind": "azure_openai", "base_url": stage.origin, "authority": stage.origin,
         "credentials": [{"tenant_id": DIRECTORY, **CLIENT}]},
    ]  # fmt: skip
    models = [model(f"by-{name}", name, upstream) for name, upstream in UPSTREAM_MODELS.items()]
    models += [model(f"by-{name}", name, "our-gpt") for name in AZURES]
    gateway = Gateway(room / "shapely", configuration(providers, models))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


CELLS = [(client, provider) for client in CLIENTS for provider in UPSTREAM_MODELS]
CELLS += [("responses", provider) for provider in AZURES]


@pytest.mark.parametrize(("client", "provider"), CELLS, ids=["-".join(cell) for cell in CELLS])
def test_a_wanted_shape(shapely: Gateway, stage: Stage, client: str, provider: str) -> None:
    answer = ASK[client](shapely, f"by-{provider}", EVENT, "schema", False)
    assert json.loads(answer.text) == {"name": "science fair"}
    assert (answer.ending, answer.input_tokens, answer.output_tokens) == ("stop", 11, 17)
    assert protocol(stage.last.target) == provider.partition("_")[0]
    assert WANTED[protocol(stage.last.target)](stage.last.json()) == SCHEMA


AI_CELLS = [(client, provider) for client in ai_sdk.CLIENTS for provider in UPSTREAM_MODELS]


@pytest.mark.parametrize(("client", "provider"), AI_CELLS, ids=["-".join(cell) for cell in AI_CELLS])
def test_a_wanted_object(shapely: Gateway, client: str, provider: str) -> None:
    """The same for the AI SDK: the properties of the answer are those of the shape that arrived."""
    found = ai_sdk.value(ai_sdk.seen(shapely, client, provider), "object")
    assert found == {"setup": "science fair", "punchline": "science fair"}
