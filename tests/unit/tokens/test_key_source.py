"""Keys by URL: read once for all who wait, each hour, and for unknown keys now and then; the last good set serves on."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.contract.provider.memory import Canned, MemoryIncoming, MemoryUpstream
from tests.issuing import SECRET, key_set, published
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, UpstreamFault
from torana.testing.clock import FakeClock
from torana.tokens.key_source import ASK_AGAIN_S, REFRESH_S, FetchedKeys, FixedKeys, Place
from torana.tokens.signatures import shared_key
from torana.upstream.seam import Outgoing

ISSUER = "https://login.test/realm"
URL = "https://login.test/jwks"
FIRST = Canned(pieces=[key_set(published("RS256", "k1"))])
BOTH = Canned(pieces=[key_set(published("RS256", "k1"), published("RS256", "k2", 1))])
SECOND = Canned(pieces=[key_set(published("RS256", "k2", 1))])


class Slow(MemoryUpstream):
    """Answers when it is told to."""

    def __init__(self, *answers: Canned | UpstreamFault) -> None:
        super().__init__(*answers)
        self.go = asyncio.Event()

    async def send(self, outgoing: Outgoing) -> MemoryIncoming:
        incoming = await super().send(outgoing)
        await self.go.wait()
        return incoming


class Lines:
    """A log that is read."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, object]]] = []

    def warning(self, event: str, **fields: object) -> None:
        self.said.append((event, fields))


class Stand:
    def __init__(self, upstream: MemoryUpstream, url: str = URL, issuer: str = ISSUER) -> None:
        self.upstream = upstream
        self.clock = FakeClock()
        self.log = Lines()
        self.source = FetchedKeys(Place(issuer, url, "RS256", "proxy"), upstream, self.clock, self.log)

    async def kids(self, kid: str) -> list[str]:
        return [one.kid for one in await self.source.keys(kid)]


async def test_keys_are_read_at_the_first_token_and_then_known() -> None:
    stand = Stand(MemoryUpstream(FIRST))
    assert await stand.kids("k1") == ["k1"]
    assert await stand.kids("k1") == ["k1"]
    (sent,) = stand.upstream.sent
    assert (sent.method, sent.url, sent.network, sent.body) == ("GET", URL, "proxy", b"")
    assert (stand.source.changes, stand.source.fault, stand.source.read_once) == (1, None, True)


async def test_all_who_wait_share_one_reading_and_whoever_hangs_up_ends_it_for_nobody() -> None:
    upstream = Slow(FIRST)
    stand = Stand(upstream)
    waiting = [asyncio.create_task(stand.kids("k1")) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    upstream.go.set()
    assert await asyncio.gather(*waiting[1:]) == [["k1"]] * 49
    assert len(upstream.sent) == 1


async def test_an_unknown_key_leads_to_one_more_reading_and_not_to_one_each_time() -> None:
    stand = Stand(MemoryUpstream(FIRST, BOTH, BOTH))
    await stand.kids("k1")
    for number in range(100):
        assert await stand.kids(f"made up {number}") == []
    assert len(stand.upstream.sent) == 1
    stand.clock.advance(ASK_AGAIN_S)
    assert await stand.kids("k2") == ["k2"]
    assert stand.source.changes == 2
    for number in range(100):
        await stand.kids(f"made up {number}")
    assert len(stand.upstream.sent) == 2


async def test_a_reading_that_brings_the_same_keys_is_no_change() -> None:
    stand = Stand(MemoryUpstream(FIRST, FIRST))
    await stand.kids("k1")
    stand.clock.advance(REFRESH_S)
    await stand.source.refresh()
    assert (len(stand.upstream.sent), stand.source.changes) == (2, 1)


async def test_keys_are_read_again_each_hour_and_not_before() -> None:
    stand = Stand(MemoryUpstream(FIRST, SECOND))
    await stand.source.refresh()
    stand.clock.advance(REFRESH_S - 1)
    await stand.source.refresh()
    assert len(stand.upstream.sent) == 1
    stand.clock.advance(1)
    await stand.source.refresh()
    assert await stand.kids("k2") == ["k2"]
    assert await stand.kids("k1") == []


DOWN: list[Canned | UpstreamFault] = [
    ConnectFailed("away"),
    Canned(status=500, pieces=[b"x"]),
    Canned(status=302, pieces=[b""]),
    Canned(pieces=[b"<html>busy</html>"]),
    Canned(pieces=[b'{"keys":', ConnectFailed("cut")]),
]


@pytest.mark.parametrize("fault", DOWN, ids=["connect", "500", "redirect", "html", "cut"])
async def test_the_last_good_set_serves_while_the_url_is_down(fault: Canned | UpstreamFault) -> None:
    stand = Stand(MemoryUpstream(FIRST, fault, SECOND))
    await stand.kids("k1")
    stand.clock.advance(REFRESH_S)
    await stand.source.refresh()
    assert await stand.kids("k1") == ["k1"]
    assert stand.source.fault is not None
    ((event, fields),) = stand.log.said
    assert (event, fields["issuer"], fields["last_good_serves"]) == ("issuer.keys_not_read", ISSUER, True)
    stand.clock.advance(60)
    await stand.source.refresh()
    assert await stand.kids("k2") == ["k2"]
    assert stand.source.fault is None


@pytest.mark.parametrize("fault", DOWN, ids=["connect", "500", "redirect", "html", "cut"])
async def test_keys_that_were_never_read_are_our_trouble_and_not_the_tokens(fault: Canned | UpstreamFault) -> None:
    stand = Stand(MemoryUpstream(fault, FIRST))
    for _ in range(20):
        with pytest.raises(GatewayError) as caught:
            await stand.kids("k1")
        assert (caught.value.code, caught.value.status) == ("UPSTREAM_UNAVAILABLE", 503)
        assert caught.value.retry_after_s is not None
    assert len(stand.upstream.sent) == 1
    stand.clock.advance(ASK_AGAIN_S)
    assert await stand.kids("k1") == ["k1"]


async def test_an_issuer_that_withdraws_all_its_keys_is_believed() -> None:
    stand = Stand(MemoryUpstream(FIRST, Canned(pieces=[key_set()])))
    await stand.kids("k1")
    stand.clock.advance(REFRESH_S)
    await stand.source.refresh()
    assert await stand.kids("k1") == []
    assert stand.log.said[-1][0] == "issuer.no_key_fits"


def document(issuer: str = ISSUER, uri: str = URL) -> Canned:
    return Canned(pieces=[json.dumps({"issuer": issuer, "jwks_uri": uri, "token_endpoint": "x"}).encode()])


async def test_keys_are_found_by_discovery() -> None:
    stand = Stand(MemoryUpstream(document(), FIRST), url="")
    assert await stand.kids("k1") == ["k1"]
    assert [one.url for one in stand.upstream.sent] == [f"{ISSUER}/.well-known/openid-configuration", URL]


@pytest.mark.parametrize(
    "answer",
    [
        document(issuer="https://evil.test"),
        document(issuer=ISSUER + "/"),
        document(uri="http://login.test/jwks"),
        document(uri="ftp://login.test/jwks"),
        Canned(pieces=[b"{}"]),
    ],
)
async def test_a_discovery_document_of_somebody_else_or_without_protection_is_not_followed(answer: Canned) -> None:
    stand = Stand(MemoryUpstream(answer, FIRST), url="")
    with pytest.raises(GatewayError):
        await stand.kids("k1")
    assert len(stand.upstream.sent) == 1


async def test_a_reading_can_be_given_up() -> None:
    upstream = Slow(FIRST)
    stand = Stand(upstream)
    waiting = asyncio.create_task(stand.kids("k1"))
    await asyncio.sleep(0)
    await stand.source.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_shared_secret_is_there_whatever_it_is_called() -> None:
    key = shared_key(SECRET, "HS256")
    assert await FixedKeys(key).keys("any") == (key,)
    assert FixedKeys(key).changes == 0
