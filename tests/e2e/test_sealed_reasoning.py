"""Encrypted reasoning goes back to the account that made it, though requests take turns among providers and keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, provider
from tests.e2e.road import straight
from tests.e2e.stage import Stage
from torana.testing.plays import EVENTS, JSON, Exchange, Plain

pytestmark = straight
KEYS = ["sk-upstream-one", "sk-upstream-two"]
USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}


def reasoning(host: str, key: str) -> dict[str, Any]:
    """An item that only this account can read."""
    sealed = f"gAAAAAB-{host}-{key}-" + "x" * 2000
    return {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sealed}


class Sealing:
    """Answers with reasoning that is sealed for the host and the key that was used, plain or streamed."""

    def __init__(self, host: str) -> None:
        self._host = host

    async def __call__(self, exchange: Exchange) -> None:
        request = exchange.request
        key = (request.header("authorization") or "").removeprefix("Bearer ")
        item = reasoning(self._host, key)
        whole = {"id": "resp_1", "object": "response", "created_at": 1, "model": "up", "status": "completed",
                 "output": [item], "usage": USAGE, "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}  # fmt: skip
        if not request.json().get("stream"):
            await Plain(json.dumps(whole).encode(), 200, JSON)(exchange)
            return
        done = {"type": "response.output_item.done", "output_index": 0, "sequence_number": 0, "item": item}
        ended = {"type": "response.completed", "sequence_number": 1, "response": whole}
        wire = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in (done, ended))
        await Plain(wire, 200, EVENTS)(exchange)


@pytest.fixture
def hosts() -> Iterator[tuple[Stage, Stage]]:
    with Stage(Sealing("a")) as one, Stage(Sealing("b")) as other:
        yield one, other


@pytest.fixture
def gateway(hosts: tuple[Stage, Stage], tmp_path: Path) -> Iterator[Gateway]:
    pool = [{"api_key": key} for key in KEYS]
    rows = [provider(name, stage.origin, credentials=pool) for name, stage in zip("ab", hosts, strict=True)]
    deployments = [{"provider": name, "model": "up"} for name in "ab"]
    models = [{"name": "m", "deployments": deployments, "strategy": "round_robin"}]
    found = Gateway(tmp_path, configuration(rows, models))
    yield found
    assert found.process.stop() == 0, found.process.tail()


def ask(client: openai.OpenAI, stream: bool, *items: dict[str, Any]) -> tuple[str, str]:
    """Which host and key answered."""
    given: Any = [{"role": "user", "content": "hello"}, *items]
    if stream:
        events = list(client.responses.create(model="m", input=given, stream=True))
        sealed = next(one.item for one in events if one.type == "response.output_item.done").encrypted_content  # type: ignore[union-attr]
    else:
        sealed = client.responses.create(model="m", input=given).output[0].encrypted_content  # type: ignore[union-attr]
    assert sealed is not None
    _, host, rest = sealed.split("-", 2)
    return host, next(key for key in KEYS if rest.startswith(key))


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_with_encrypted_reasoning_stays_where_it_can_be_read(gateway: Gateway, stream: bool) -> None:
    with openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=20) as client:
        everywhere = {ask(client, stream) for _ in range(8)}
        assert everywhere == {(host, key) for host in "ab" for key in KEYS}, "without reasoning they take turns"
        for maker in sorted(everywhere):
            assert [ask(client, stream, reasoning(*maker)) for _ in range(3)] == [maker] * 3
        stranger = {ask(client, stream, reasoning("c", "nobody")) for _ in range(8)}
        assert stranger == everywhere, "what nobody made here changes nothing"
