"""When connections end and when they are kept."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.contract.upstream.conftest import Open, Post
from torana.core.faults import UpstreamFault
from torana.testing import plays
from torana.testing.fake_upstream import Connection, FakeUpstream
from torana.upstream.networks import PoolLimits


async def closes(connection: Connection) -> None:
    """The client closes the connection; the time-out only ends a test that would hang."""
    async with asyncio.timeout(20):
        await connection.closed.wait()
    assert connection.closed_by_client


async def test_an_answer_read_to_its_end_keeps_its_connection(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.Plain(), plays.Stream(3), plays.status(500), plays.Plain(b""), plays.byte_by_byte(b"abc"))
    for _ in range(6):
        answer = await post()
        await answer.read()
        await answer.aclose()
    assert fake.opened == 1
    assert len(fake.requests) == 6


async def test_a_stream_read_piece_by_piece_keeps_its_connection(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.Stream(20), plays.Stream(20))
    for _ in range(2):
        answer = await post()
        async for _piece in answer.pieces():
            pass
    assert fake.opened == 1


async def test_an_answer_given_up_closes_its_connection(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.stall_after(2))
    answer = await post()
    await anext(answer.pieces())
    await answer.aclose()
    await closes(fake.connections[0])
    await answer.aclose()


async def test_an_answer_given_up_unread_closes_its_connection(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.stall_after(0))
    await (await post()).aclose()
    await closes(fake.connections[0])


async def test_giving_up_while_more_is_pouring_in_closes_the_connection(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.huge(500 * 1024 * 1024))
    answer = await post(max_answer_bytes=1 << 40)
    await anext(answer.pieces())
    await answer.aclose()
    await closes(fake.connections[0])


async def test_cancelling_while_waiting_for_the_head_closes_the_connection(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.SILENT)
    task = asyncio.create_task(post())
    await fake.arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await closes(fake.connections[0])


async def test_cancelling_while_waiting_for_a_piece_closes_the_connection(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.stall_after(1))
    answer = await post()
    pieces = answer.pieces()
    await anext(pieces)
    task = asyncio.ensure_future(anext(pieces))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await closes(fake.connections[0])


async def test_cancelling_during_the_handshake_closes_the_connection(post: Post, fake: FakeUpstream) -> None:
    task = asyncio.create_task(post(url=f"https://127.0.0.1:{fake.port}/"))
    while not fake.connections:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await closes(fake.connections[0])


async def test_cancelling_at_any_moment_leaves_no_connection_behind(post: Post, fake: FakeUpstream) -> None:
    fake.play = plays.stall_after(2)

    async def one() -> None:
        answer = await post()
        async for _ in answer.pieces():
            pass

    for turns in range(40):
        task = asyncio.create_task(one())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    async with asyncio.timeout(20):
        while fake.open:
            await asyncio.sleep(0.01)


async def test_an_answer_that_says_close_is_whole_and_its_connection_not_used_again(
    post: Post, fake: FakeUpstream
) -> None:
    fake.then(plays.Plain(b"last", 200, [("Connection", "close")]))
    assert await (await post()).read() == b"last"
    assert await (await post()).read() == plays.CHAT
    assert fake.opened == 2


async def test_http_1_0_is_understood_and_not_kept(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.raw(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold"))
    assert await (await post()).read() == b"old"
    assert await (await post()).read() == plays.CHAT
    assert fake.opened == 2


async def test_an_idle_connection_is_closed_in_time(open_client: Open, fake: FakeUpstream) -> None:
    post = Post(open_client(limits=PoolLimits(keep_alive_s=0.2)), fake)
    await (await post()).read()
    await closes(fake.connections[0])
    await (await post()).read()
    assert fake.opened == 2


async def test_closing_the_client_closes_idle_connections(open_client: Open, fake: FakeUpstream) -> None:
    client = open_client()
    await (await Post(client, fake)()).read()
    await client.aclose()
    await closes(fake.connections[0])
    await client.aclose()


async def test_closing_the_client_closes_busy_connections(open_client: Open, fake: FakeUpstream) -> None:
    client = open_client()
    fake.then(plays.stall_after(1))
    answer = await Post(client, fake)()
    await client.aclose()
    await closes(fake.connections[0])
    with contextlib.suppress(UpstreamFault):
        await answer.read()
    await answer.aclose()


async def test_nothing_of_a_request_is_in_its_repr(post: Post) -> None:
    answer = await post()
    assert "not-a-secret" not in repr(answer) + repr(post.client)
    await answer.read()
