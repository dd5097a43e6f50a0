"""Where the plays are played: in process through the ASGI application, or over HTTP at TORANA_BASE_URL.

The gateway at a base URL must serve the model TORANA_MODEL and the embedding model TORANA_EMBEDDING_MODEL from
``echo`` under the key TORANA_KEY; ``torana serve --demo`` does, under the names that stand here.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.contract.provider.memory import MemoryUpstream
from tests.line.asgi import house_of
from tests.line.world import HASH_KEY, KEY_ENTRY, ListRecorder, World, model, snapshot
from torana.core.keys import key_digest
from torana.core.snapshot import Snapshot
from torana.edge.app import application
from torana.providers import echo

HERE = Path(__file__).parent
BASE_URL = os.environ.get("TORANA_BASE_URL", "")
KEY = os.environ.get("TORANA_KEY", "sk-gateway-default-001")
MODEL = os.environ.get("TORANA_MODEL", "gpt-4o-mini")
EMBEDDING_MODEL = os.environ.get("TORANA_EMBEDDING_MODEL", "text-embedding-3-small")


class Stage(NamedTuple):
    """A gateway to talk to."""

    client: httpx.AsyncClient
    key: str
    model: str
    embedding_model: str
    recorder: ListRecorder | None
    """Its Receipts, when it is in this process."""

    async def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A request with the key unless other headers are given."""
        given = {"authorization": f"Bearer {self.key}"} if headers is None else headers
        content = body if isinstance(body, bytes) else None
        return await self.client.post(path, content=content, json=None if content is not None else body, headers=given)

    async def get(self, path: str) -> httpx.Response:
        """A request with the key."""
        return await self.client.get(path, headers={"authorization": f"Bearer {self.key}"})

    async def chat(self, content: object = "say this", **members: object) -> httpx.Response:
        """A chat request."""
        return await self.post("/v1/chat/completions", self.asking(content, **members))

    def asking(self, content: object = "say this", **members: object) -> dict[str, object]:
        """The body of a chat request."""
        return {"model": self.model, "messages": [{"role": "user", "content": content}], **members}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Over HTTP those alone that talk to the stage: the others would say again what they say in process."""
    if BASE_URL:
        items[:] = [one for one in items if HERE not in one.path.parents or "stage" in getattr(one, "fixturenames", ())]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """The gateway under test."""
    if BASE_URL:
        async with httpx.AsyncClient(base_url=BASE_URL, timeout=30) as client:
            yield Stage(client, KEY, MODEL, EMBEDDING_MODEL, None)
        return
    world = World(known_models(), {"echo": echo.open(echo.Settings(), MemoryUpstream())})  # type: ignore[dict-item]
    transport = httpx.ASGITransport(application(house_of(world)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield Stage(client, KEY, MODEL, EMBEDDING_MODEL, world.recorder)


def known_models() -> Snapshot:
    """The models of the plays, all from ``echo``, under the key of the plays."""
    served = snapshot(model(MODEL, ("echo",)), model(EMBEDDING_MODEL, ("echo",)), kinds={"echo": "echo"})
    return Snapshot(
        version=served.version,
        digest=served.digest,
        keys={key_digest(HASH_KEY, KEY): KEY_ENTRY},
        models=served.models,
        provider_kinds=served.provider_kinds,
    )
