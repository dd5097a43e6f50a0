"""Every provider that passes requests on: where they go, and whose credential goes with them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.provider.memory import Canned, MemoryUpstream, attempt_of
from torana.core.call import Call, Prompt
from torana.core.secret import Secret
from torana.core.trail import Trail
from torana.dialects.passthrough import Passing, Way
from torana.providers import anthropic, gemini, openai_compatible

KEY = Secret("sk-ours")
PROVIDERS: list[tuple[Any, str, tuple[str, str]]] = [
    (
        openai_compatible.Settings(base_url="https://host/v1", api_key=KEY),
        "/files",
        ("authorization", "Bearer sk-ours"),
    ),
    (anthropic.Settings(base_url="https://host", api_key=KEY), "/v1/files", ("x-api-key", "sk-ours")),
    (gemini.Settings(base_url="https://host/v1beta", api_key=KEY), "/files", ("x-goog-api-key", "sk-ours")),
]
OPEN = {
    openai_compatible.Settings: openai_compatible.open,
    anthropic.Settings: anthropic.open,
    gemini.Settings: gemini.open,
}


def prompt_of(path: str, method: str, body: bytes, **headers: str) -> Prompt:
    passing = Passing(Way("p", method, path, "limit=2"))
    trail = Trail("r", "r", 0.0, 0.0)
    call = Call(passing.ID, passing.OPERATION, body, (("authorization", "Bearer the caller's"),), passing.read, trail)
    request = {":method": method, ":path": path, ":query": "limit=2"}
    call.carried = tuple((request | {name.replace("_", "-"): value for name, value in headers.items()}).items())
    return Prompt(call, "m", body)


@pytest.mark.parametrize(
    ("settings", "path", "credential"), PROVIDERS, ids=["openai_compatible", "anthropic", "gemini"]
)
async def test_the_path_stands_behind_the_address_and_the_credential_is_ours(
    settings: Any, path: str, credential: tuple[str, str]
) -> None:
    upstream = MemoryUpstream(Canned(404, pieces=[b'{"none":1}']))
    provider = OPEN[type(settings)](settings, upstream)
    reply = await provider.send(attempt_of(), prompt_of(path, "GET", b""))
    assert (reply.status, [chunk.wire async for chunk in reply.source]) == (404, [b'{"none":1}'])
    (sent,) = upstream.sent
    base = settings.base_url
    assert (sent.method, sent.url) == ("GET", f"{base}{path}?limit=2")
    assert credential in sent.headers
    assert "the caller's" not in repr(sent.headers)


async def test_anthropics_version_and_betas_are_those_of_any_request() -> None:
    upstream = MemoryUpstream(Canned(pieces=[b"{}"]))
    provider = anthropic.open(anthropic.Settings(api_key=KEY, betas=("files-1",)), upstream)
    prompt = prompt_of("/v1/x", "POST", b"{}", anthropic_version="2023-06-01", anthropic_beta="files-1, other-2")
    reply = await provider.send(attempt_of(), prompt)
    sent = dict(upstream.sent[0].headers)
    assert (sent["anthropic-version"], sent["anthropic-beta"], sent["content-type"]) == (
        "2023-06-01", "files-1", "application/json",
    )  # fmt: skip
    assert ("x-torana-dropped", "anthropic-beta other-2") in reply.headers
    assert len(sent) == len(upstream.sent[0].headers), "no header is there twice"
