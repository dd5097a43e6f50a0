"""The clients behind the seam, the loops they run on, and a fake provider for each test."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
import uvloop

from torana.core.snapshot import Deadlines
from torana.testing.fake_upstream import FakeUpstream
from torana.upstream.aiohttp_client import AiohttpUpstream
from torana.upstream.direct_client import DirectUpstream
from torana.upstream.networks import NetworkProfile, PoolLimits
from torana.upstream.seam import Incoming, Outgoing, Upstream

# One more client is one more line here.
CLIENTS = {
    "aiohttp": AiohttpUpstream,
    "direct": DirectUpstream,
}

PATIENT = Deadlines(connect_s=60, first_token_s=60, idle_s=60, total_s=120)
Open = Callable[..., Upstream]


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=CLIENTS, autouse=True)
def client_class(request: pytest.FixtureRequest) -> Callable[..., Upstream]:
    return CLIENTS[request.param]


@pytest.fixture
async def open_client(client_class: Callable[..., Upstream]) -> AsyncIterator[Open]:
    """Builds the client under test; closes all it built."""
    opened: list[Upstream] = []

    def build(networks: Mapping[str, NetworkProfile] | None = None, limits: PoolLimits | None = None) -> Upstream:
        client = client_class(networks, limits=limits)
        opened.append(client)
        return client

    yield build
    for client in opened:
        await client.aclose()


@pytest.fixture
async def fake() -> AsyncIterator[FakeUpstream]:
    async with FakeUpstream() as server:
        yield server


class Post(NamedTuple):
    """Sends to the fake with defaults; keyword arguments replace fields of the Outgoing."""

    client: Upstream
    fake: FakeUpstream

    async def __call__(self, **changes: object) -> Incoming:
        outgoing = Outgoing(
            "POST",
            self.fake.url + "/v1/chat/completions",
            [("content-type", "application/json"), ("authorization", "Bearer not-a-secret")],
            b'{"messages":[]}',
            PATIENT,
        )
        return await self.client.send(replace(outgoing, **changes))


@pytest.fixture
def post(open_client: Open, fake: FakeUpstream) -> Post:
    return Post(open_client(), fake)


class Authority(NamedTuple):
    """A private certificate authority with a server and a client certificate."""

    ca_file: str
    client_file: str
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder: Path = tmp_path_factory.mktemp("authority")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.issue_cert("client@torana.test").private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1", "localhost").configure_cert(server)
    ca.configure_trust(server)
    return Authority(str(folder / "ca.pem"), str(folder / "client.pem"), server)
