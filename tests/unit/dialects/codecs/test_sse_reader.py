"""Every reader of an event stream: what was good is given before a fault, a half event is none, a cut stream is said."""

from __future__ import annotations

import pytest

from torana.core.events import Ended, Event, TextPiece
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault
from torana.dialects.codecs.sse_reader import SseReader
from torana.dialects.translation import CODECS

SSE = sorted(name for name in CODECS if isinstance(CODECS[name].reader(), SseReader))
ERRORS = {
    "openai_chat": b'data: {"error":{"message":"no","code":"server_error"}}',
    "anthropic_messages": b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"no"}}',
    "openai_responses": b'data: {"type":"error","code":"server_error","message":"no"}',
    "gemini_content": b'data: {"error":{"code":503,"status":"UNAVAILABLE","message":"no"}}',
}


class Words(SseReader):
    """Each event is a word; ``no`` is a fault, ``end`` the end, ``half`` is given and spoilt."""

    def _take(self, data: bytes, name: str, events: list[Event]) -> None:
        word = data.decode()
        if word == "no":
            raise StatusFault(503, data)
        if word == "end":
            self._done = True
            return
        if word not in ("one", "two", "half"):
            raise AnswerMalformed(word)
        events.append(TextPiece(word))
        if word == "half":
            raise AnswerMalformed(word)


def words(wire: bytes) -> list[str]:
    reader = Words()
    found = [*reader.feed(wire)]
    return [event.text for event in (*found, *reader.finish()) if isinstance(event, TextPiece)]


def test_a_last_event_without_its_blank_line_is_read() -> None:
    reader = Words()
    reader.feed(b"data: one\n\ndata: end")
    assert reader.finish() == ()


@pytest.mark.parametrize("rest", [b"data: tw", b"data: {", b"dat"])
def test_half_an_event_says_nothing(rest: bytes) -> None:
    assert words(b"data: one\n\ndata: end\n\n" + rest) == ["one"]
    with pytest.raises(ConnectionBroken):
        words(b"data: one\n\n" + rest)


def test_nothing_behind_the_end_counts() -> None:
    assert words(b"data: one\n\ndata: end\n\ndata: no\n\ndata: two\n\n") == ["one"]


@pytest.mark.parametrize("fault", [b"no", b"half"])
def test_a_fault_behind_good_events_waits_for_the_next_call(fault: bytes) -> None:
    for ask in (lambda one: one.feed(b""), lambda one: one.finish()):
        reader = Words()
        assert reader.feed(b"data: one\n\ndata: " + fault + b"\n\ndata: two\n\n")[0] == TextPiece("one")
        assert reader.fault is not None
        with pytest.raises(type(reader.fault)):
            ask(reader)


def test_a_fault_in_the_last_event_is_raised_at_the_end() -> None:
    for last, fault in ((b"data: no", StatusFault), (b"data: half", AnswerMalformed)):
        reader = Words()
        reader.feed(b"data: one\n\n" + last)
        with pytest.raises(fault):
            reader.finish()


def test_the_dialects_share_it() -> None:
    assert set(ERRORS) <= set(SSE)


@pytest.mark.parametrize("dialect", sorted(ERRORS))
@pytest.mark.parametrize("end", [b"\n\n", b""])
def test_an_error_inside_a_good_answer_is_raised_whether_its_event_ended_or_not(dialect: str, end: bytes) -> None:
    reader = CODECS[dialect].reader()
    with pytest.raises(StatusFault):
        for _ in range(2):
            reader.feed(ERRORS[dialect] + end)
            reader.finish()


def test_a_response_that_failed_tells_its_usage_first() -> None:
    reader = CODECS["openai_responses"].reader()
    failed = b'{"type":"response.failed","response":{"id":"r","usage":{"input_tokens":5,"output_tokens":2},"error":{}}}'
    events = reader.feed(b"data: " + failed + b"\n\n")
    assert [type(event).__name__ for event in events] == ["Began", "Counted"]
    assert not any(isinstance(event, Ended) for event in events)
    with pytest.raises(StatusFault):
        reader.finish()
