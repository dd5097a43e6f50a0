"""A request passed on, and its answer passed back: with our credential, by allow-lists, whatever its status says."""

from __future__ import annotations

from typing import cast

import pytest

from tests.contract.provider.memory import SSE, Canned, MemoryUpstream, attempt_of
from torana.core.call import Ask, Call, Chunk, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken, FirstTokenTimeout, StatusFault, UpstreamFault
from torana.core.kept import Pin
from torana.core.snapshot import Deadlines
from torana.core.trail import Trail
from torana.dialects import openai_chat
from torana.dialects.passthrough import RAW
from torana.ports.dialect import UpstreamSide
from torana.ports.passing import Errand
from torana.upstream.passing import Road, joined, merged, pass_on
from torana.upstream.pooled import Headers
from torana.upstream.reach import Rotation

PLAIN, STREAM = Deadlines(total_s=7), Deadlines(total_s=70)
ERRAND = Errand("POST", "/x?a=b", (("content-type", "text/csv"), ("authorization", "the caller's")), RAW, False, False)
KEY: Headers = (("authorization", "Bearer ours"), ("content-type", "application/json"), ("user-agent", "torana"))


def rotation(*keys: Headers) -> Rotation[Headers]:
    pool = keys or (KEY,)
    return Rotation(pool, [1] * len(pool), now=lambda: 0.0)


def prompt_of(stream: bool = False) -> Prompt:
    trail = Trail("r", "r", 0.0, 0.0)
    ask = Ask(None, stream)
    return Prompt(Call("passthrough", "passthrough", b"a,b", (), lambda _: ask, trail), "m", b"a,b")


async def passed(upstream: MemoryUpstream, errand: Errand = ERRAND, stream: bool = False) -> Reply:
    road = Road(upstream, "https://host/v1", PLAIN, STREAM, 1000, "net")
    return await pass_on(attempt_of(), prompt_of(stream), errand, road, rotation(), lambda key: key)


async def chunks_of(reply: Reply) -> list[Chunk]:
    return [chunk async for chunk in reply.source]


async def test_our_credential_goes_and_the_callers_stays() -> None:
    upstream = MemoryUpstream(Canned(pieces=[b"{}"]))
    await chunks_of(await passed(upstream))
    (sent,) = upstream.sent
    assert (sent.method, sent.url, sent.body, sent.network) == ("POST", "https://host/v1/x?a=b", b"a,b", "net")
    assert sorted(sent.headers) == [
        ("authorization", "Bearer ours"), ("content-type", "text/csv"), ("user-agent", "torana"),
    ]  # fmt: skip
    assert sent.deadlines is PLAIN


async def test_a_stream_has_a_streams_deadlines() -> None:
    upstream = MemoryUpstream(Canned(headers=SSE, pieces=[b"data: x\n\n"]))
    reply = await passed(upstream, stream=True)
    assert reply.stream
    assert [chunk.wire for chunk in await chunks_of(reply)] == [b"data: x\n\n"]
    assert upstream.sent[0].deadlines is STREAM


@pytest.mark.parametrize("status", [200, 201, 400, 404, 409, 410, 413, 422])
async def test_an_answer_is_passed_back_whatever_it_says_of_the_request(status: int) -> None:
    reply = await passed(MemoryUpstream(Canned(status, pieces=[b'{"e":', b"1}"])))
    (chunk,) = await chunks_of(reply)
    assert (reply.status, reply.stream, chunk.wire) == (status, False, b'{"e":1}')
    assert chunk.usage == (None if status < 300 else Usage()), "a refused request costs nothing"


@pytest.mark.parametrize("status", [301, 307, 401, 402, 403, 408, 429, 500, 503, 529])
async def test_what_says_nothing_of_the_request_is_a_fault(status: int) -> None:
    with pytest.raises(StatusFault) as caught:
        await passed(MemoryUpstream(Canned(status, pieces=[b"{}"])))
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("fault", "once"),
    [
        (Canned(500), True),
        (Canned(503), True),
        (Canned(429), False),
        (Canned(401), False),
        (ConnectFailed(), False),
        (ConnectionBroken(), True),
        (FirstTokenTimeout(), True),
    ],
)
async def test_what_may_have_been_acted_upon_is_not_sent_again(fault: Canned | UpstreamFault, once: bool) -> None:
    with pytest.raises(UpstreamFault) as caught:
        await passed(MemoryUpstream(fault))
    assert (caught.value.once, caught.value.credential) == (once, "0")


async def test_what_may_be_sent_twice_may_be_tried_again() -> None:
    with pytest.raises(UpstreamFault) as caught:
        await passed(MemoryUpstream(ConnectionBroken()), ERRAND._replace(repeatable=True))
    assert not caught.value.once


async def test_headers_come_back_by_allow_list() -> None:
    headers = {
        "content-type": "application/json", "set-cookie": "a=b", "location": "https://host/else", "x-request-id": "up-1",
        "openai-organization": "who-pays", "etag": '"1"', "x-ratelimit-remaining-requests": "3",
    }  # fmt: skip
    reply = await passed(MemoryUpstream(Canned(headers=headers, pieces=[b"{}"])), ERRAND._replace(told=(("x-t", "1"),)))
    assert sorted(reply.headers) == [("etag", '"1"'), ("x-t", "1"), ("x-upstream-request-id", "up-1")]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("audio/mpeg", "audio/mpeg"),
        ("image/png", "image/png"),
        ("text/csv; charset=utf-8", "text/csv; charset=utf-8"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/javascript", "application/octet-stream"),
    ],
)
async def test_bytes_come_as_they_do_and_nothing_that_a_browser_runs(kind: str, told: str) -> None:
    reply = await passed(MemoryUpstream(Canned(headers={"content-type": kind}, pieces=[b"a", b"b"])))
    assert reply.headers == (("content-type", told),)
    assert (reply.stream, [chunk.wire for chunk in await chunks_of(reply)]) == (True, [b"a", b"b"])


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain"])
async def test_an_empty_answer_is_one(kind: str) -> None:
    reply = await passed(
        MemoryUpstream(Canned(204 if not kind else 200, headers={"content-type": kind} if kind else {}))
    )
    assert [chunk.wire for chunk in await chunks_of(reply)] == [b""]


async def test_usage_is_read_where_the_dialect_is_known() -> None:
    body = b'{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}'
    errand = ERRAND._replace(side=cast(UpstreamSide, openai_chat))
    (chunk,) = await chunks_of(await passed(MemoryUpstream(Canned(pieces=[body])), errand))
    assert (chunk.wire, chunk.usage) == (body, Usage(uncached=3, output=4))


async def test_what_is_not_what_its_path_promised_is_the_callers_all_the_same() -> None:
    errand = ERRAND._replace(side=cast(UpstreamSide, openai_chat))
    (chunk,) = await chunks_of(await passed(MemoryUpstream(Canned(pieces=[b'{"new":"shape"}'])), errand))
    assert chunk == Chunk(b'{"new":"shape"}')


async def test_an_error_inside_a_good_answer_is_a_fault() -> None:
    errand = ERRAND._replace(side=cast(UpstreamSide, openai_chat))
    upstream = MemoryUpstream(Canned(pieces=[b'{"error":{"message":"no"}}']))
    reply = await passed(upstream, errand)
    with pytest.raises(StatusFault):
        await chunks_of(reply)
    assert upstream.given[0].given_back


async def test_nothing_is_counted_where_nothing_can_be_generated() -> None:
    (chunk,) = await chunks_of(await passed(MemoryUpstream(Canned(pieces=[b"{}"])), ERRAND._replace(free=True)))
    assert chunk.usage == Usage()


async def test_an_answer_that_is_given_up_is_given_back() -> None:
    for kind in ("application/json", "text/plain", "text/event-stream"):
        upstream = MemoryUpstream(Canned(headers={"content-type": kind}, pieces=[b"x"]))
        await (await passed(upstream)).source.aclose()
        assert upstream.given[0].closed


def test_a_step_that_stands_at_the_end_of_the_address_is_not_doubled() -> None:
    assert joined("https://host/v1", "/v1/files") == joined("https://host/v1", "/files") == "https://host/v1/files"
    assert joined("https://host", "/v1/files") == "https://host/v1/files"
    assert joined("https://host/v1", "/v1beta/x") == "https://host/v1/v1beta/x"
    assert joined("https://host", "/host/x") == "https://host/x"


def test_what_the_caller_says_of_the_body_wins_and_nothing_else_does() -> None:
    given = (("accept", "text/plain"), ("anthropic-version", "theirs"))
    own = (("accept", "application/json"), ("anthropic-version", "ours"), ("content-type", "application/json"))
    assert merged(given, own) == (
        ("anthropic-version", "ours"),
        ("content-type", "application/json"),
        ("accept", "text/plain"),
    )


@pytest.mark.parametrize("kind", ["application/json", "audio/mpeg"])
async def test_a_refusal_found_while_an_answer_is_read_is_told_to_the_pool(kind: str) -> None:
    refused = StatusFault(401, b"")
    upstream = MemoryUpstream(Canned(headers={"content-type": kind}, pieces=[refused]))
    pool = rotation()
    road = Road(upstream, "https://host/v1", PLAIN, STREAM, 1000, "net")
    reply = await pass_on(attempt_of(), prompt_of(), ERRAND, road, pool, lambda key: key)
    with pytest.raises(StatusFault):
        await chunks_of(reply)
    assert (pool.parked, refused.credential) == (1, "0")


# --- what a provider keeps


def pinned_prompt(pin: Pin) -> Prompt:
    prompt = prompt_of()
    prompt.pin = pin
    return prompt


async def kept(turns: Rotation[Headers], pin: Pin, *canned: Canned) -> MemoryUpstream:
    upstream = MemoryUpstream(*(canned or (Canned(pieces=[b"{}"]),)))
    road = Road(upstream, "https://host/v1", PLAIN, STREAM, 1000, "")
    await chunks_of(await pass_on(attempt_of(), pinned_prompt(pin), ERRAND, road, turns, lambda key: key))
    return upstream


def marked() -> Rotation[Headers]:
    turns = rotation((("authorization", "one"),), (("authorization", "two"),))
    turns.marks = ("m1", "m2")
    return turns


async def test_what_makes_something_takes_its_turn_and_says_with_which_credential() -> None:
    turns = marked()
    marks = []
    for _ in range(2):
        pin = Pin()
        await kept(turns, pin)
        marks.append(pin.credential)
    assert marks == ["m1", "m2"]


async def test_a_follow_up_goes_with_the_credential_that_made_it_out_of_turn() -> None:
    turns = marked()
    for _ in range(3):
        upstream = await kept(turns, Pin("p", "m2"))
        assert ("authorization", "two") in upstream.sent[0].headers


async def test_no_other_credential_is_tried_for_what_one_of_them_keeps() -> None:
    with pytest.raises(StatusFault) as caught:
        await kept(marked(), Pin("p", "m2"), Canned(401, pieces=[b"{}"]))
    assert not caught.value.another


async def test_without_its_credential_a_thing_cannot_be_reached() -> None:
    with pytest.raises(GatewayError) as refused:
        await kept(marked(), Pin("p", "m3"))
    assert refused.value.code == "UPSTREAM_UNAVAILABLE"


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream"])
async def test_an_answer_that_breaks_off_leads_to_no_second_try_of_what_may_have_been_done(kind: str) -> None:
    for repeatable in (False, True):
        canned = Canned(headers={"content-type": kind}, pieces=[ConnectionBroken()])
        reply = await passed(MemoryUpstream(canned), ERRAND._replace(repeatable=repeatable))
        with pytest.raises(ConnectionBroken) as caught:
            await chunks_of(reply)
        assert caught.value.once is not repeatable


async def test_an_errand_may_have_a_body_of_its_own() -> None:
    upstream = MemoryUpstream(Canned(pieces=[b"{}"]))
    await chunks_of(await passed(upstream, ERRAND._replace(body=b"")))
    assert upstream.sent[0].body == b""
