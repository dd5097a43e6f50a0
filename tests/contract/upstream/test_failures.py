"""What can go wrong, told apart; and nothing is ever sent twice."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from tests.contract.upstream.conftest import PATIENT, Open, Post
from torana.core.faults import (
    AnswerMalformed,
    AnswerTooLarge,
    ConnectFailed,
    ConnectionBroken,
    ConnectTimeout,
    FirstTokenTimeout,
    IdleTimeout,
    TotalTimeout,
    UpstreamFault,
)
from torana.core.snapshot import Deadlines
from torana.testing import plays
from torana.testing.fake_upstream import FakeUpstream
from torana.upstream.networks import PoolLimits

SOON_S = 0.15


def patient(**changes: float) -> Deadlines:
    return Deadlines(**{"connect_s": 60, "first_token_s": 60, "idle_s": 60, "total_s": 120, **changes})


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# connecting


async def test_a_refused_connection_says_nothing_was_sent(post: Post) -> None:
    with pytest.raises(ConnectFailed) as caught:
        await post(url=f"http://127.0.0.1:{free_port()}/v1")
    assert type(caught.value) is ConnectFailed
    assert caught.value.sent is False


async def test_a_name_nobody_knows_is_a_failure_to_connect(post: Post) -> None:
    with pytest.raises(ConnectFailed) as caught:
        await post(url="http://no-such-host.invalid/v1")
    assert caught.value.sent is False


async def test_a_handshake_that_never_ends_is_a_connect_timeout(post: Post, fake: FakeUpstream) -> None:
    """The fake speaks plain HTTP and waits for a request that is whole: TLS gets no answer."""
    with pytest.raises(ConnectTimeout) as caught:
        await post(url=f"https://127.0.0.1:{fake.port}/", deadlines=patient(connect_s=SOON_S))
    assert caught.value.sent is False
    async with asyncio.timeout(10):
        await fake.connections[0].closed.wait()


async def test_waiting_for_a_free_connection_counts_as_connecting(open_client: Open, fake: FakeUpstream) -> None:
    post = Post(open_client(limits=PoolLimits(per_host=1)), fake)
    fake.then(plays.stall_after(1))
    held = await post()
    with pytest.raises(ConnectTimeout) as caught:
        await post(deadlines=patient(connect_s=SOON_S))
    assert caught.value.sent is False
    await held.aclose()
    assert await (await post()).read() == plays.CHAT
    assert len(fake.requests) == 2


async def test_cancelling_while_waiting_for_a_connection_blocks_nobody(open_client: Open, fake: FakeUpstream) -> None:
    post = Post(open_client(limits=PoolLimits(per_host=1)), fake)
    fake.then(plays.stall_after(1))
    held = await post()
    waiting = [asyncio.create_task(post()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()
    await held.aclose()
    async with asyncio.timeout(20):
        assert await (await waiting[2]).read() == plays.CHAT
    await asyncio.gather(*waiting, return_exceptions=True)


# deadlines


async def test_no_head_in_time_is_a_first_token_timeout(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.SILENT)
    with pytest.raises(FirstTokenTimeout) as caught:
        await post(deadlines=patient(first_token_s=SOON_S))
    assert caught.value.sent is True
    async with asyncio.timeout(10):
        await fake.connections[0].closed.wait()


async def test_half_a_head_is_no_head(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.raw(b"HTTP/1.1 200 OK\r\nContent-", then="hold"))
    with pytest.raises(FirstTokenTimeout):
        await post(deadlines=patient(first_token_s=SOON_S))


async def test_an_interim_answer_is_no_head(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.raw(b"HTTP/1.1 100 Continue\r\n\r\n", then="hold"))
    with pytest.raises(FirstTokenTimeout):
        await post(deadlines=patient(first_token_s=SOON_S))


async def test_silence_after_the_head_is_an_idle_timeout(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.stall_after(0))
    answer = await post(deadlines=patient(idle_s=SOON_S))
    with pytest.raises(IdleTimeout) as caught:
        await answer.read()
    assert caught.value.sent is True
    async with asyncio.timeout(10):
        await fake.connections[0].closed.wait()


async def test_silence_after_some_pieces_is_an_idle_timeout(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.stall_after(3))
    answer = await post(deadlines=patient(idle_s=SOON_S))
    got = b""
    with pytest.raises(IdleTimeout):
        async for piece in answer.pieces():
            got += piece
    assert got.count(b"data:") == 3


async def test_pieces_that_keep_coming_are_not_idle(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.Stream(12, 0.05))
    answer = await post(deadlines=patient(idle_s=0.4))
    assert b"[DONE]" in await answer.read()


async def test_the_total_deadline_bounds_the_wait_for_the_head(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.SILENT)
    with pytest.raises(TotalTimeout) as caught:
        await post(deadlines=patient(total_s=SOON_S))
    assert caught.value.sent is True


async def test_the_total_deadline_bounds_connecting(post: Post, fake: FakeUpstream) -> None:
    with pytest.raises(TotalTimeout) as caught:
        await post(url=f"https://127.0.0.1:{fake.port}/", deadlines=patient(total_s=SOON_S))
    assert caught.value.sent is False


async def test_the_total_deadline_ends_a_stream_that_never_stops(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.Stream(1_000_000, 0.005))
    answer = await post(deadlines=patient(total_s=0.4))
    got = b""
    with pytest.raises(TotalTimeout):
        async for piece in answer.pieces():
            got += piece
    assert b"data:" in got
    async with asyncio.timeout(10):
        await fake.connections[0].closed.wait()


async def test_a_slow_reader_is_not_an_idle_provider(post: Post, fake: FakeUpstream) -> None:
    size = 8 * 1024 * 1024
    fake.then(plays.huge(size))
    answer = await post(deadlines=patient(idle_s=SOON_S))
    got = 0
    async for piece in answer.pieces():
        if not got:
            await asyncio.sleep(4 * SOON_S)
        got += len(piece)
    assert got == size


# broken on the way


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_a_connection_closed_without_an_answer_is_never_tried_again(
    post: Post, fake: FakeUpstream, method: str
) -> None:
    """GET and PUT too: aiohttp would repeat an idempotent request on a pooled connection."""
    assert await (await post(method=method)).read() == plays.CHAT
    fake.then(plays.CLOSE)
    with pytest.raises(ConnectionBroken) as caught:
        await post(method=method)
    assert caught.value.sent is True
    assert len(fake.requests) == 2


async def test_a_reset_without_an_answer_is_never_tried_again(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.raw(then="reset"))
    with pytest.raises(ConnectionBroken) as caught:
        await post()
    assert caught.value.sent is True
    assert len(fake.requests) == 1


async def test_a_connection_that_closed_while_idle_is_not_used(post: Post, fake: FakeUpstream) -> None:
    await (await post()).read()
    fake.connections[0].close()
    await fake.connections[0].closed.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    assert await (await post()).read() == plays.CHAT
    assert len(fake.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        plays.head(200, (), 100) + b"half of it",
        plays.head(200) + plays.chunk(b"one") + b"10\r\nhalf of",
        plays.head(200) + plays.chunk(b"one"),
        plays.head(200) + plays.chunk(b"one") + b"0\r\n",
    ],
    ids=["content-length", "inside a chunk", "between chunks", "before the last line"],
)
@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_an_answer_cut_short_is_noticed(post: Post, fake: FakeUpstream, answer: bytes, ending: str) -> None:
    fake.then(plays.raw(answer, then=ending))
    with pytest.raises(ConnectionBroken) as caught:
        await (await post()).read()
    assert caught.value.sent is True
    assert await (await post()).read() == plays.CHAT


@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_what_arrived_before_a_break_is_handed_on(post: Post, fake: FakeUpstream, ending: str) -> None:
    seen = asyncio.Event()

    async def play(exchange: plays.Exchange) -> None:
        await exchange.write(plays.head(200, plays.EVENTS) + plays.chunk(b"data: 1\n\n"))
        await seen.wait()
        exchange.reset() if ending == "reset" else exchange.close()

    fake.then(play)
    pieces = (await post()).pieces()
    assert await anext(pieces) == b"data: 1\n\n"
    seen.set()
    with pytest.raises(ConnectionBroken):
        await anext(pieces)


async def test_half_a_head_then_a_close_is_broken(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.raw(b"HTTP/1.1 200 OK\r\nContent-Le", then="close"))
    with pytest.raises((ConnectionBroken, AnswerMalformed)):
        await post()


BAD_HEADS = {
    "no HTTP": b"hello, this is a mail server\r\n\r\n",
    "another version": b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nthis is no header\r\nContent-Length: 0\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello",
    "two lengths in one": b"HTTP/1.1 200 OK\r\nContent-Length: 3, 5\r\n\r\nhello",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nx: a\0b\r\nContent-Length: 0\r\n\r\n",
    "an endless header": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 400_000,
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000,
}


@pytest.mark.parametrize("answer", BAD_HEADS.values(), ids=BAD_HEADS.keys())
async def test_bad_http_is_malformed(post: Post, fake: FakeUpstream, answer: bytes) -> None:
    fake.then(plays.raw(answer, then="hold"))
    with pytest.raises(AnswerMalformed) as caught:
        await post()
    assert caught.value.sent is True
    async with asyncio.timeout(10):
        await fake.connections[0].closed.wait()
    assert await (await post()).read() == plays.CHAT


@pytest.mark.parametrize("body", [b"zz\r\nhello\r\n", b"-5\r\nhello\r\n", b"5\r\nhello!!\r\n", b"\r\n\r\n"])
async def test_a_bad_chunk_is_not_taken_for_data(post: Post, fake: FakeUpstream, body: bytes) -> None:
    fake.then(plays.raw(plays.head(200) + body, then="hold"))
    with pytest.raises((AnswerMalformed, ConnectionBroken)):
        await (await post()).read()
    async with asyncio.timeout(10):
        await fake.connections[0].closed.wait()


@pytest.mark.parametrize(
    "surplus",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", b"garbage", b"\0"],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_bytes_after_an_answer_never_answer_the_next_request(
    post: Post, fake: FakeUpstream, surplus: bytes, at_once: bool
) -> None:
    good = plays.head(200, (), 2) + b"ok"
    fake.then(plays.raw(good + surplus) if at_once else plays.raw(good, surplus))
    with contextlib.suppress(AnswerMalformed):  # a client may distrust the whole answer
        assert await (await post()).read() == b"ok"
    for _ in range(10):
        await asyncio.sleep(0)
    assert await (await post()).read() == plays.CHAT
    assert fake.opened == 2


# bounds


async def test_an_announced_length_over_the_bound_is_refused(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.raw(plays.head(200, (), 1001), then="hold"))
    with pytest.raises(AnswerTooLarge):
        await (await post(max_answer_bytes=1000)).read()
    async with asyncio.timeout(10):
        await fake.connections[0].closed.wait()


async def test_an_answer_of_exactly_the_bound_is_taken(post: Post, fake: FakeUpstream) -> None:
    for play in (plays.Plain(b"x" * 1000), plays.huge(1000)):
        fake.then(play)
        assert len(await (await post(max_answer_bytes=1000)).read()) == 1000


async def test_a_stream_over_the_bound_is_stopped(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.huge(100 * 1024 * 1024))
    answer = await post(max_answer_bytes=300_000)
    got = 0
    with pytest.raises(AnswerTooLarge):
        async for piece in answer.pieces():
            got += len(piece)
    assert got <= 300_000
    async with asyncio.timeout(10):
        await fake.connections[0].closed.wait()


async def test_a_small_answer_cannot_unpack_into_a_huge_one(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.gzipped(b"\0" * 50_000_000))
    with pytest.raises(AnswerTooLarge):
        await (await post(max_answer_bytes=1_000_000)).read()


async def test_a_caller_who_does_not_read_holds_the_provider_back(post: Post, fake: FakeUpstream) -> None:
    size = 64 * 1024 * 1024
    fake.then(plays.huge(size))
    answer = await post()
    for _ in range(3000):
        await asyncio.sleep(0)
    assert fake.connections[0].written < size // 2
    assert len(await answer.read()) == size


# faults are faults


async def test_every_failure_is_an_upstream_fault_after_the_client_closes(
    open_client: Open, fake: FakeUpstream
) -> None:
    client = open_client()
    post = Post(client, fake)
    fake.then(plays.stall_after(1))
    answer = await post()
    await client.aclose()
    with pytest.raises(UpstreamFault):
        await answer.read()


def test_the_patience_of_these_tests_outlasts_none_of_their_deadlines() -> None:
    assert min(PATIENT.connect_s, PATIENT.first_token_s, PATIENT.idle_s) > 100 * SOON_S
