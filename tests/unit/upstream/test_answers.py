"""answers: hints to wait, and sources that end, break and close in the right order."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.provider.memory import Canned, MemoryIncoming
from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed, ConnectionBroken, IdleTimeout, StatusFault, UpstreamFault
from torana.upstream.answers import PassedAnswer, StreamedAnswer, WholeAnswer, retry_after_s


@pytest.mark.parametrize(("headers", "seconds"), [
    ({}, None), ({"retry-after": "20"}, 20), ({"retry-after": "1.5"}, 1.5), ({"retry-after": " 3 "}, 3),
    ({"retry-after-ms": "250", "retry-after": "9"}, 0.25), ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
    ({"retry-after": "-1"}, None), ({"retry-after": "inf"}, None), ({"retry-after": "nan"}, None),
    ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:27:30 GMT"}, 30),
    ({"retry-after": "Wed, 21 Oct 2015 07:27:00 GMT", "date": "Wed, 21 Oct 2015 07:27:30 GMT"}, 0),
    ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None), ({"retry-after": "soon", "date": "now"}, None),
])  # fmt: skip
def test_a_hint_to_wait_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers.get) == seconds


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_any_hint_is_seconds_or_nothing(after: str, date: str, exact: str) -> None:
    seconds = retry_after_s({"retry-after": after, "date": date, "retry-after-ms": exact}.get)
    assert seconds is None or seconds >= 0


class Lines:
    """A decoder of lines: "!" is a fault behind what came before it in the same piece, "." is the end."""

    def __init__(self) -> None:
        self.ended = False
        self.fault: UpstreamFault | None = None

    def feed(self, data: bytes) -> Sequence[Chunk]:
        if self.fault:
            raise self.fault
        good, bang, _ = data.partition(b"!")
        if bang:
            self.fault = StatusFault(500, b"")
        self.ended = self.ended or good.endswith(b".")
        if bang and not good:
            raise StatusFault(500, b"")
        return (Chunk(good),) if good else ()

    def finish(self) -> Sequence[Chunk]:
        if self.fault:
            raise self.fault
        if not self.ended:
            raise ConnectionBroken
        return (Chunk(b"tail"),)


async def played(*pieces: bytes | UpstreamFault) -> tuple[list[bytes], UpstreamFault | None, MemoryIncoming]:
    incoming = MemoryIncoming(Canned(pieces=pieces))
    out: list[bytes] = []
    try:
        async for chunk in StreamedAnswer(incoming, Lines()):
            out.append(chunk.wire)
    except UpstreamFault as fault:
        return out, fault, incoming
    return out, None, incoming


async def test_a_stream_gives_its_pieces_and_what_the_end_completes() -> None:
    out, fault, incoming = await played(b"a", b"b.")
    assert (out, fault) == ([b"a", b"b.", b"tail"], None)
    assert incoming.given_back


async def test_a_fault_behind_good_events_comes_after_them_and_needs_no_further_bytes() -> None:
    out, fault, incoming = await played(b"a!", IdleTimeout())
    assert out == [b"a"]
    assert isinstance(fault, StatusFault)
    assert incoming.closed


async def test_a_cut_stream_tells_how_it_was_cut() -> None:
    for how in (IdleTimeout, ConnectionBroken):
        out, fault, incoming = await played(b"a", how())
        assert (out, type(fault)) == ([b"a"], how)
        assert incoming.closed
    assert isinstance((await played(b"a"))[1], ConnectionBroken)


async def test_a_fault_after_the_end_of_the_answer_is_none() -> None:
    out, fault, _ = await played(b"a.", IdleTimeout())
    assert (out, fault) == ([b"a.", b"tail"], None)


async def test_a_stream_closed_before_its_first_step_closes_the_connection() -> None:
    incoming = MemoryIncoming(Canned(pieces=[b"a."]))
    source = StreamedAnswer(incoming, Lines())
    await source.aclose()
    await source.aclose()
    assert incoming.closed
    with pytest.raises(StopAsyncIteration):
        await anext(source)


async def test_a_whole_answer_is_given_once() -> None:
    incoming = MemoryIncoming(Canned(pieces=[b"a", b"b"]))
    source = WholeAnswer(incoming, lambda body, ask: Chunk(body), Ask("m"))
    assert [chunk.wire async for chunk in source] == [b"ab"]
    await source.aclose()


async def test_a_whole_answer_that_cannot_be_read_is_closed() -> None:
    def refuse(body: bytes, ask: Ask) -> Chunk:
        raise AnswerMalformed

    incoming = MemoryIncoming(Canned(pieces=[b"a"]))
    with pytest.raises(AnswerMalformed):
        await anext(WholeAnswer(incoming, refuse, Ask("m")))
    assert incoming.closed


def passed(*pieces: bytes | UpstreamFault) -> tuple[PassedAnswer, MemoryIncoming]:
    incoming = MemoryIncoming(Canned(pieces=pieces))
    return PassedAnswer(incoming, lambda body, ask: Chunk(b"read:" + body), Ask("m")), incoming


async def test_what_is_passed_on_comes_piece_by_piece() -> None:
    source, incoming = passed(b"", b"a", b"", b"{b")
    assert (await anext(source)).wire == b"a"
    assert not incoming.given_back, "the rest is still to come"
    assert [chunk.wire async for chunk in source] == [b"{b"]
    with pytest.raises(StopAsyncIteration):
        await anext(source)


async def test_what_begins_as_json_is_read_whole() -> None:
    source, _ = passed(b"{", b"a", b"}")
    assert [chunk.wire async for chunk in source] == [b"read:{a}"]


async def test_what_is_passed_on_and_breaks_is_closed_and_tells_how() -> None:
    for pieces, how in (((b"a", IdleTimeout()), IdleTimeout), ((b"{", ConnectionBroken()), ConnectionBroken)):
        source, incoming = passed(*pieces)
        with pytest.raises(how):
            _ = [chunk async for chunk in source]
        assert incoming.closed


async def test_an_empty_answer_is_malformed_not_passed_on() -> None:
    source, incoming = passed(b"")
    with pytest.raises(AnswerMalformed):
        await anext(source)
    assert incoming.closed
