"""Where the direct client is stricter, or looks closer, than the seam's contract asks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from torana.core.faults import AnswerMalformed, ConnectionBroken
from torana.core.snapshot import Deadlines
from torana.testing import plays
from torana.testing.fake_upstream import FakeUpstream
from torana.upstream.connection import Connection
from torana.upstream.direct_client import DirectUpstream
from torana.upstream.incoming import Answer
from torana.upstream.networks import NetworkProfile
from torana.upstream.seam import Outgoing

PATIENT = Deadlines(connect_s=60, first_token_s=60, idle_s=60, total_s=120)


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def client() -> AsyncIterator[DirectUpstream]:
    client = DirectUpstream()
    yield client
    await client.aclose()


@pytest.fixture
async def fake() -> AsyncIterator[FakeUpstream]:
    async with FakeUpstream() as server:
        yield server


def request(url: str, method: str = "POST") -> Outgoing:
    return Outgoing(method, url, (("x-a", "1"),), b"{}", PATIENT)


AMBIGUOUS = {
    "length and chunked": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunked, then more": b"Transfer-Encoding: chunked, identity\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "another coding": b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "the same length twice": b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a plus sign": b"Content-Length: +5\r\n\r\nhello",
    "a space before the colon": b"Content-Length : 5\r\n\r\nhello",
    "a folded line": b"x: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
    "an upgrade nobody asked for": b"",
}


@pytest.mark.parametrize("rest", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
async def test_framing_that_can_be_read_two_ways_is_refused(
    client: DirectUpstream, fake: FakeUpstream, rest: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\n" if rest else b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    fake.then(plays.raw(head + rest, then="hold"))
    with pytest.raises(AnswerMalformed):
        await (await client.send(request(fake.url + "/"))).read()
    async with asyncio.timeout(20):
        await fake.connections[0].closed.wait()


async def test_a_chunked_answer_in_http_1_0_is_refused(client: DirectUpstream, fake: FakeUpstream) -> None:
    fake.then(plays.raw(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
    with pytest.raises(AnswerMalformed):
        await (await client.send(request(fake.url + "/"))).read()


@pytest.mark.parametrize("endless", [b"x-trailer: " + b"y" * 1000, b"5;" + b"z" * 1000])
async def test_framing_without_end_is_refused(client: DirectUpstream, fake: FakeUpstream, endless: bytes) -> None:
    start = plays.head() + (b"5\r\nhello\r\n0\r\n" if endless.startswith(b"x") else b"5\r\nhello\r\n")
    fake.then(plays.raw(start + endless, *[b"y" * 100_000] * 10, then="hold"))
    with pytest.raises(AnswerMalformed):
        await (await client.send(request(fake.url + "/"))).read()


async def test_interim_answers_without_end_are_refused(client: DirectUpstream, fake: FakeUpstream) -> None:
    fake.then(plays.raw(*[b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n" * 1000] * 10, then="hold"))
    with pytest.raises(AnswerMalformed):
        await client.send(request(fake.url + "/"))


async def test_a_close_the_loop_has_not_seen_yet_is_seen_before_a_request_is_written(client: DirectUpstream) -> None:
    """The server closes and the client sends with no turn of the loop between: only the kernel knows."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        received: list[bytes] = []
        for _ in range(3):
            sending = asyncio.ensure_future(client.send(request(url)))
            peer, _ = await loop.sock_accept(server)
            received.append(await loop.sock_recv(peer, 65536))
            await loop.sock_sendall(peer, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            assert await (await sending).read() == b"ok"
            peer.close()
    assert [data.count(b"POST") for data in received] == [1, 1, 1]


async def test_closed_connections_leave_nothing_behind(fake: FakeUpstream) -> None:
    client = DirectUpstream()
    for play in (plays.Plain(), plays.Stream(3), plays.CLOSE, plays.stall_after(1)):
        fake.then(play)
        with contextlib.suppress(ConnectionBroken):
            answer = await client.send(request(fake.url + "/"))
            await anext(answer.pieces())
            await answer.aclose()
            del answer
    await client.aclose()
    async with asyncio.timeout(20):
        while fake.open:
            await asyncio.sleep(0.01)
    gc.collect()
    assert [thing for thing in gc.get_objects() if isinstance(thing, Connection | Answer)] == []


async def test_a_proxy_spoken_to_over_tls_is_refused_when_configured() -> None:
    with pytest.raises(ValueError, match="proxy"):
        DirectUpstream({"house": NetworkProfile(proxy="https://127.0.0.1:1")})


async def test_a_method_that_is_none_is_refused(client: DirectUpstream, fake: FakeUpstream) -> None:
    with pytest.raises(ValueError, match="method"):
        await client.send(request(fake.url + "/", "GET / HTTP/1.1\r\nx:"))
    assert fake.opened == 0


async def test_headers_changed_in_place_are_sent_as_they_are_now(client: DirectUpstream, fake: FakeUpstream) -> None:
    headers = [("x-a", "1")]
    for value in ("1", "2"):
        headers[0] = ("x-a", value)
        await (await client.send(Outgoing("POST", fake.url + "/", headers, b"", PATIENT))).read()
    assert [request.header("x-a") for request in fake.requests] == ["1", "2"]


async def test_equal_headers_of_other_requests_do_not_mix(client: DirectUpstream, fake: FakeUpstream) -> None:
    for number in range(50):
        headers = (("x-a", str(number)),)
        await (await client.send(Outgoing("POST", fake.url + "/", headers, b"", PATIENT))).read()
        del headers
    assert [request.header("x-a") for request in fake.requests] == [str(number) for number in range(50)]
