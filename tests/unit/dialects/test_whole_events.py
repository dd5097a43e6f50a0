from __future__ import annotations

import pytest

from torana.core.call import Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault
from torana.core.sse import Event
from torana.dialects.whole_events import NOTHING, Said, WholeEvents


class Letters(WholeEvents):
    """A dialect of single letters: c content, u usage, e the end, x malformed, f a fault that tells usage."""

    __slots__ = ()

    def _take(self, event: Event) -> Said:
        match event[2]:
            case b"c":
                return Said(1)
            case b"u":
                return Said(0, Usage(output=3))
            case b"e":
                self._done = True
                return Said(1, None, "stop")
            case b"x":
                raise AnswerMalformed("no letter")
            case b"f":
                self.fault = StatusFault(500, b"")
                return Said(0, Usage(output=9))
        return NOTHING


def wire(letters: str) -> bytes:
    return "".join(f"data: {letter}\n\n" for letter in letters).encode()


def test_events_that_arrive_together_share_a_chunk_with_their_bytes() -> None:
    decoder = Letters()
    (chunk,) = decoder.feed(wire("ccue"))
    assert chunk == Chunk(wire("ccue"), True, Usage(output=3), "stop", 3)
    assert decoder.finish() == ()


def test_a_fault_behind_good_events_is_raised_by_the_next_call() -> None:
    decoder = Letters()
    (chunk,) = decoder.feed(wire("cxc"))
    assert chunk.wire == wire("c")
    with pytest.raises(AnswerMalformed):
        decoder.feed(wire("c"))
    with pytest.raises(AnswerMalformed):
        decoder.finish()


def test_a_fault_with_nothing_before_it_is_raised_at_once() -> None:
    with pytest.raises(AnswerMalformed):
        Letters().feed(wire("x"))


def test_a_fault_that_tells_usage_is_raised_after_it() -> None:
    decoder = Letters()
    (chunk,) = decoder.feed(wire("f"))
    assert (chunk.wire, chunk.usage) == (b"", Usage(output=9))
    with pytest.raises(StatusFault):
        decoder.finish()


def test_a_last_event_without_its_blank_line_counts_and_half_an_event_does_not() -> None:
    whole = Letters()
    whole.feed(wire("c"))
    whole.feed(b"data: e")
    assert [chunk.finish for chunk in whole.finish()] == ["stop"]
    half = Letters()
    half.feed(wire("c"))
    half.feed(b"data: x")
    with pytest.raises(ConnectionBroken):
        half.finish()


def test_what_follows_the_end_is_not_read() -> None:
    decoder = Letters()
    decoder.feed(wire("e"))
    decoder.feed(b"data: x")
    assert decoder.finish() == ()


def test_a_stream_without_its_end_is_broken() -> None:
    decoder = Letters()
    decoder.feed(wire("c"))
    with pytest.raises(ConnectionBroken):
        decoder.finish()
