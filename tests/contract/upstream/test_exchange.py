"""What goes out and what comes back when all is well."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from tests.contract.upstream.conftest import Open, Post
from torana.core.faults import AnswerMalformed, ConnectionBroken
from torana.testing import plays
from torana.testing.fake_upstream import FakeUpstream
from torana.upstream.networks import PoolLimits


async def test_a_plain_answer_arrives_whole(post: Post) -> None:
    answer = await post()
    assert answer.status == 200
    assert answer.header("content-type") == "application/json"
    assert answer.header("no-such-header") is None
    assert await answer.read() == plays.CHAT


async def test_chosen_headers_come_under_their_new_names(post: Post) -> None:
    answer = await post()
    assert answer.chosen({b"content-type": "x-kind", b"x-absent": "x-nothing"}) == (("x-kind", "application/json"),)
    await answer.read()


async def test_the_request_is_exactly_what_was_asked(post: Post, fake: FakeUpstream) -> None:
    headers = [
        ("Content-Type", "application/json"),
        ("X-Spaced", "b  c=d; e"),
        ("Authorization", "Bearer x"),
    ]
    body = "नमस्ते".encode() * 50_000
    await (await post(url=fake.url + "/v1/a%2Fb?c=%20d&e", headers=headers, body=body)).read()
    (request,) = fake.requests
    assert request.method == "POST"
    assert request.target == "/v1/a%2Fb?c=%20d&e"
    assert request.body == body
    ours = {"host", "content-length", "accept-encoding"}
    assert [(k, v) for k, v in request.headers if k.lower() not in ours] == headers
    assert request.header("host") == f"127.0.0.1:{fake.port}"
    assert request.header("content-length") == str(len(body))
    assert request.header("accept-encoding") == "identity"
    assert len(request.headers) == len(headers) + 3


async def test_an_encoding_asked_for_is_not_replaced(post: Post, fake: FakeUpstream) -> None:
    await (await post(headers=[("Accept-Encoding", "gzip")])).read()
    assert [v for k, v in fake.requests[0].headers if k.lower() == "accept-encoding"] == ["gzip"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "PUT"])
async def test_other_methods_are_sent(post: Post, fake: FakeUpstream, method: str) -> None:
    await (await post(method=method, body=b"")).read()
    assert (fake.requests[0].method, fake.requests[0].body) == (method, b"")


@pytest.mark.parametrize(
    "header",
    [
        ("x-a", "1\r\nx-b: 2"),
        ("x-a", "1\nx-b: 2"),
        ("x-a", "\0"),
        ("x a", "1"),
        ("x-a:", "1"),
        ("", "1"),
        ("x-a\r\nx-b", "1"),
        ("Transfer-Encoding", "chunked"),
        ("content-length", "3"),
        ("Host", "elsewhere.example"),
    ],
)
async def test_a_header_that_could_smuggle_is_refused_and_nothing_sent(
    post: Post, fake: FakeUpstream, header: tuple[str, str]
) -> None:
    with pytest.raises(ValueError, match="header|name"):
        await post(headers=[header])
    assert fake.requests == []
    assert fake.opened == 0


@pytest.mark.parametrize("path", ["/a b", "/a\r\nx: y", "/a\nb", "/ü", "/a\tb"])
async def test_a_url_that_could_smuggle_is_refused_and_nothing_sent(post: Post, fake: FakeUpstream, path: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        await post(url=fake.url + path)
    assert fake.opened == 0


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "127.0.0.1", "http://", "http://name:word@127.0.0.1/"])
async def test_a_url_of_another_kind_is_refused(post: Post, url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        await post(url=url)


async def test_pieces_are_handed_on_as_they_come(post: Post, fake: FakeUpstream) -> None:
    """The server says the next word only after the last was received: holding back would never end."""
    words: asyncio.Queue[bytes | None] = asyncio.Queue()
    fake.then(plays.fed(words))
    answer = await post()
    pieces = answer.pieces()
    for number in range(20):
        word = b"data: %d\n\n" % number
        words.put_nowait(word)
        assert await anext(pieces) == word
    words.put_nowait(None)
    assert [piece async for piece in pieces] == []


async def test_the_head_is_handed_on_before_the_body(post: Post, fake: FakeUpstream) -> None:
    words: asyncio.Queue[bytes | None] = asyncio.Queue()
    fake.then(plays.fed(words, status=201, headers=[("x-first", "1"), ("X-Twice", "a"), ("x-twice", "b")]))
    answer = await post()
    assert (answer.status, answer.header("x-first"), answer.header("x-twice")) == (201, "1", "a")
    words.put_nowait(b"late")
    words.put_nowait(None)
    assert await answer.read() == b"late"


async def test_an_answer_in_single_bytes_is_put_together(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.byte_by_byte())
    assert await (await post()).read() == plays.CHAT


async def test_an_answer_without_length_ends_with_the_connection(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.raw(b"HTTP/1.1 200 OK\r\n\r\nall of", b" it", then="close"))
    assert await (await post()).read() == b"all of it"


async def test_interim_answers_are_passed_over(post: Post, fake: FakeUpstream) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    fake.then(plays.raw(interim, plays.head(200, [("x-real", "1")], 2) + b"ok"))
    answer = await post()
    assert (answer.status, answer.header("link"), answer.header("x-real")) == (200, None, "1")
    assert await answer.read() == b"ok"
    await (await post()).read()
    assert fake.opened == 1


@pytest.mark.parametrize(
    ("method", "answer", "status"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 200),
        ("POST", b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n", 304),
        ("POST", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
        ("POST", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200),
    ],
)
async def test_an_answer_without_a_body_ends_with_its_head(
    post: Post, fake: FakeUpstream, method: str, answer: bytes, status: int
) -> None:
    fake.then(plays.raw(answer))
    got = await post(method=method, body=b"")
    assert got.status == status
    assert await got.read() == b""
    assert await (await post()).read() == plays.CHAT


async def test_chunk_extensions_and_trailers_are_not_data(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.raw(plays.head() + b"5;x=y\r\nhello\r\n0\r\nx-trailer: 1\r\nstatus: 500\r\n\r\n"))
    answer = await post()
    assert await answer.read() == b"hello"
    assert answer.header("x-trailer") is None
    assert await (await post()).read() == plays.CHAT


async def test_redirects_are_not_followed(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.Plain(b"", 302, [("Location", fake.url + "/elsewhere")]))
    assert (await post()).status == 302
    assert len(fake.requests) == 1


async def test_cookies_are_not_kept(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.Plain(b"", 200, [("Set-Cookie", "a=b; Path=/")]))
    await (await post()).read()
    await (await post()).read()
    assert fake.requests[1].header("cookie") is None


async def test_error_answers_are_answers(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.status(429, retry_after="7"))
    answer = await post()
    assert (answer.status, answer.header("retry-after")) == (429, "7")
    assert b"the fake says no" in await answer.read()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(plays.CHAT)),
        ("GZIP", gzip.compress(plays.CHAT)),
        ("x-gzip", gzip.compress(plays.CHAT)),
        ("gzip", gzip.compress(plays.CHAT[:100]) + gzip.compress(plays.CHAT[100:])),
        ("deflate", zlib.compress(plays.CHAT)),
        ("deflate", zlib.compress(plays.CHAT)[2:-4]),
        ("identity", plays.CHAT),
    ],
)
async def test_a_coding_that_comes_unasked_is_undone(post: Post, fake: FakeUpstream, coding: str, body: bytes) -> None:
    headers = [("Content-Encoding", coding)]
    fake.then(plays.Plain(body, 200, headers))
    fake.then(
        plays.raw(plays.head(200, headers), *(plays.chunk(body[i : i + 1]) for i in range(len(body))), b"0\r\n\r\n")
    )
    assert await (await post()).read() == plays.CHAT
    assert await (await post()).read() == plays.CHAT


async def test_a_compressed_answer_cut_short_is_noticed(post: Post, fake: FakeUpstream) -> None:
    fake.then(plays.Plain(gzip.compress(plays.CHAT)[:-10], 200, [("Content-Encoding", "gzip")]))
    with pytest.raises(ConnectionBroken):
        await (await post()).read()


@pytest.mark.parametrize(("coding", "body"), [("br", b"x"), ("gzip, gzip", b"x"), ("gzip", b"not gzip at all")])
async def test_a_coding_that_cannot_be_undone_is_malformed(
    post: Post, fake: FakeUpstream, coding: str, body: bytes
) -> None:
    fake.then(plays.Plain(body, 200, [("Content-Encoding", coding)]))
    with pytest.raises(AnswerMalformed):
        await (await post()).read()
    assert await (await post()).read() == plays.CHAT


async def test_many_streams_run_at_once(open_client: Open, fake: FakeUpstream) -> None:
    many = 150
    gate = asyncio.Event()
    fake.play = plays.gated(gate, plays.Stream(2))
    post = Post(open_client(limits=PoolLimits(idle_per_host=10)), fake)

    async def one() -> bytes:
        return await (await post()).read()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one()) for _ in range(many)]
        while len(fake.requests) < many:
            await asyncio.sleep(0.01)
        gate.set()
    assert fake.opened == many
    assert len({task.result() for task in tasks}) == 1


async def test_a_limit_per_host_makes_callers_wait_their_turn(open_client: Open, fake: FakeUpstream) -> None:
    post = Post(open_client(limits=PoolLimits(per_host=2)), fake)

    async def one() -> bytes:
        return await (await post()).read()

    assert await asyncio.gather(*(one() for _ in range(20))) == [plays.CHAT] * 20
    assert fake.opened <= 2
