from __future__ import annotations

import asyncio

import pytest

from torana.core.faults import ConnectFailed
from torana.core.snapshot import Deadlines
from torana.upstream.aiohttp_client import AiohttpUpstream
from torana.upstream.direct_client import DirectUpstream
from torana.upstream.networks import PoolLimits
from torana.upstream.public import NotPublic, is_public, public_address
from torana.upstream.seam import Outgoing

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_ours_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_others_are(address: str) -> None:
    assert is_public(address)


class Names(asyncio.SelectorEventLoop):
    """A loop that knows one name."""

    def __init__(self, *addresses: str) -> None:
        super().__init__()
        self.addresses = addresses

    async def getaddrinfo(self, host, port, **facts):  # type: ignore[no-untyped-def]
        return [(2, 1, 6, "", (address, port)) for address in self.addresses]


@pytest.mark.parametrize(("addresses", "public"), [(["1.1.1.1"], True), (["1.1.1.1", "10.0.0.1"], False), ([], False)])
def test_all_addresses_of_a_name_must_be_public(addresses: list[str], public: bool) -> None:
    loop = Names(*addresses)
    try:
        if public:
            assert loop.run_until_complete(public_address(loop, "hooks.example.com", 443)) == "1.1.1.1"
        else:
            with pytest.raises(NotPublic):
                loop.run_until_complete(public_address(loop, "hooks.example.com", 443))
    finally:
        loop.close()


async def test_a_client_for_public_addresses_connects_to_no_other() -> None:
    connected: list[object] = []
    server = await asyncio.start_server(lambda reader, writer: connected.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = DirectUpstream(limits=PoolLimits(public_only=True))
    with pytest.raises(ConnectFailed):
        await client.send(Outgoing("POST", f"http://localhost:{port}/", (), b"{}", Deadlines()))
    await client.aclose()
    server.close()
    assert not connected


def test_a_client_that_cannot_tell_says_so() -> None:
    with pytest.raises(ValueError, match="public"):
        AiohttpUpstream(limits=PoolLimits(public_only=True))
