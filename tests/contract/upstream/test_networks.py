"""TLS and proxies: always verified, only when configured."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Self

import pytest

from tests.contract.upstream.conftest import Authority, Open, Post
from torana.core.faults import ConnectFailed
from torana.testing import plays
from torana.testing.fake_upstream import FakeUpstream
from torana.upstream.networks import NetworkProfile


@pytest.fixture
async def secure(authority: Authority) -> AsyncIterator[FakeUpstream]:
    async with FakeUpstream(tls=authority.server) as server:
        yield server


async def test_a_custom_authority_is_trusted_in_its_profile(
    open_client: Open, secure: FakeUpstream, authority: Authority
) -> None:
    post = Post(open_client({"house": NetworkProfile(ca_file=authority.ca_file)}), secure)
    for _ in range(2):
        assert await (await post(network="house")).read() == plays.CHAT
    assert secure.opened == 1


async def test_an_unknown_authority_is_a_failure_to_connect(
    open_client: Open, secure: FakeUpstream, authority: Authority
) -> None:
    post = Post(open_client({"house": NetworkProfile(ca_file=authority.ca_file)}), secure)
    with pytest.raises(ConnectFailed) as caught:
        await post()
    assert caught.value.sent is False
    assert secure.requests == []


async def test_a_certificate_for_another_name_is_a_failure_to_connect(
    open_client: Open, secure: FakeUpstream, authority: Authority
) -> None:
    post = Post(open_client({"house": NetworkProfile(ca_file=authority.ca_file)}), secure)
    with pytest.raises(ConnectFailed) as caught:
        await post(network="house", url=f"https://127.0.0.2:{secure.port}/")
    assert caught.value.sent is False
    assert secure.requests == []


async def test_a_name_is_checked_as_a_name(open_client: Open, secure: FakeUpstream, authority: Authority) -> None:
    post = Post(open_client({"house": NetworkProfile(ca_file=authority.ca_file)}), secure)
    assert await (await post(network="house", url=f"https://localhost:{secure.port}/")).read() == plays.CHAT


async def test_no_tls_where_tls_was_asked_is_a_failure_to_connect(post: Post, fake: FakeUpstream) -> None:
    """The greeting of a mail server is no TLS."""
    fake.greeting = b"220 mail.example ready\r\n"
    with pytest.raises(ConnectFailed) as caught:
        await post(url=f"https://127.0.0.1:{fake.port}/")
    assert caught.value.sent is False


async def test_a_client_certificate_is_shown(open_client: Open, authority: Authority) -> None:
    context = authority.server
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        async with FakeUpstream(tls=context) as strict:
            profile = NetworkProfile(ca_file=authority.ca_file, client_cert_file=authority.client_file)
            post = Post(open_client({"house": profile}), strict)
            assert await (await post(network="house")).read() == plays.CHAT
    finally:
        context.verify_mode = ssl.CERT_NONE


async def test_a_stream_over_tls_given_up_closes_its_connection(
    open_client: Open, secure: FakeUpstream, authority: Authority
) -> None:
    secure.then(plays.stall_after(1))
    post = Post(open_client({"house": NetworkProfile(ca_file=authority.ca_file)}), secure)
    answer = await post(network="house")
    await anext(answer.pieces())
    await answer.aclose()
    async with asyncio.timeout(20):
        await secure.connections[0].closed.wait()


async def test_a_network_nobody_configured_is_an_error_of_ours(post: Post, fake: FakeUpstream) -> None:
    with pytest.raises(KeyError):
        await post(network="no-such-network")
    assert fake.opened == 0


async def test_proxies_are_not_taken_from_the_environment(
    post: Post, fake: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert await (await post()).read() == plays.CHAT


class Far(asyncio.Protocol):
    """The proxy's connection to the target: hands everything back."""

    def __init__(self, near: Near) -> None:
        self.near = near

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.near.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.near.transport.close()


class Near(asyncio.Protocol):
    """The proxy's connection to the client: reads one head, then hands everything on."""

    def __init__(self, proxy: FakeProxy) -> None:
        self.proxy = proxy
        self.buffer = b""
        self.far: Far | None = None
        self.connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.proxy.open.add(self)

    def data_received(self, data: bytes) -> None:
        if self.far is not None:
            self.far.transport.write(data)
            return
        self.buffer += data
        if b"\r\n\r\n" in self.buffer and self.connecting is None:
            self.connecting = asyncio.create_task(self.connect(self.buffer.decode("latin-1")))

    def connection_lost(self, exc: Exception | None) -> None:
        self.proxy.open.discard(self)
        if self.far is not None:
            self.far.transport.close()

    async def connect(self, head: str) -> None:
        self.proxy.heads.append(head)
        wanted = self.proxy.authorization
        if wanted and f"proxy-authorization: {wanted}".lower() not in head.lower():
            self.transport.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _ = head.split(" ", 2)
        host, _, port = (target if method == "CONNECT" else target.split("/")[2]).rpartition(":")
        loop = asyncio.get_running_loop()
        _, far = await loop.create_connection(lambda: Far(self), host, int(port))
        if method == "CONNECT":
            self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            far.transport.write(self.buffer)
        self.far = far


class FakeProxy:
    """An HTTP proxy for tests: tunnels CONNECT, passes absolute requests on, wants a password if given one."""

    def __init__(self, authorization: str | None = None) -> None:
        self.authorization = authorization
        self.heads: list[str] = []
        self.open: set[Near] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: Near(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for near in list(self.open):
            near.transport.abort()
        while self.open:
            await asyncio.sleep(0)


async def test_a_configured_proxy_carries_tls(open_client: Open, secure: FakeUpstream, authority: Authority) -> None:
    async with FakeProxy() as proxy:
        profile = NetworkProfile(proxy=f"http://127.0.0.1:{proxy.port}", ca_file=authority.ca_file)
        client = open_client({"house": profile})
        post = Post(client, secure)
        for _ in range(2):
            assert await (await post(network="house")).read() == plays.CHAT
        await client.aclose()
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1\r\n")
    assert "not-a-secret" not in head
    assert secure.opened == 1


async def test_a_configured_proxy_carries_plain_http(open_client: Open, fake: FakeUpstream) -> None:
    async with FakeProxy() as proxy:
        client = open_client({"house": NetworkProfile(proxy=f"http://127.0.0.1:{proxy.port}")})
        assert await (await Post(client, fake)(network="house")).read() == plays.CHAT
        await client.aclose()
    assert len(proxy.heads) == len(fake.requests) == 1


async def test_a_proxy_gets_the_password_of_its_profile(
    open_client: Open, secure: FakeUpstream, authority: Authority
) -> None:
    async with FakeProxy("Basic bmFtZTp3b3Jk") as proxy:
        profile = NetworkProfile(proxy=f"http://name:word@127.0.0.1:{proxy.port}", ca_file=authority.ca_file)
        client = open_client({"house": profile})
        assert await (await Post(client, secure)(network="house")).read() == plays.CHAT
        assert "word" not in repr(profile)
        await client.aclose()


async def test_a_proxy_that_refuses_is_a_failure_to_connect(
    open_client: Open, secure: FakeUpstream, authority: Authority
) -> None:
    async with FakeProxy("Basic never") as proxy:
        profile = NetworkProfile(proxy=f"http://127.0.0.1:{proxy.port}", ca_file=authority.ca_file)
        client = open_client({"house": profile})
        with pytest.raises(ConnectFailed) as caught:
            await Post(client, secure)(network="house")
        assert caught.value.sent is False
        await client.aclose()
    assert secure.requests == []


async def test_a_proxy_that_is_away_is_a_failure_to_connect(open_client: Open, fake: FakeUpstream) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = open_client({"house": NetworkProfile(proxy=f"http://127.0.0.1:{nobody.getsockname()[1]}")})
        with pytest.raises(ConnectFailed) as caught:
            await Post(client, fake)(network="house")
    assert caught.value.sent is False
    assert fake.requests == []
