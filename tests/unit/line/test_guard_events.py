"""Events that are like others are read from memory, and bring the same as if they were taken apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.streams import SPEECHES, Speech, sse
from torana.core.sse import SseSplitter
from torana.line import guard_events
from torana.line.guard_events import Read, form_of, read_event

EACH = pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: speech.dialect)


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    guard_events._FRAMES.clear()
    guard_events._TEXTLESS.clear()


def chat(id_: str = "chatcmpl-1", created: int = 1760000000, **more: Any) -> bytes:
    begins = {"id": id_, "object": "chat.completion.chunk", "created": created, "model": "m"}
    return json.dumps({**begins, **more}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def delta(*, id_: str = "chatcmpl-1", created: int = 1760000000, **said: Any) -> bytes:
    return chat(id_, created, choices=[{"index": 0, "delta": said, "finish_reason": None}])


def apart(data: bytes) -> Read:
    """What it brings, taken apart."""
    return guard_events._read(data, loose=False)


@given(text=st.text(min_size=1))
def test_a_piece_in_a_known_frame_is_what_it_is_taken_apart(text: str) -> None:
    read_event(delta(content="first"), loose=False)
    assert guard_events._FRAMES
    other = delta(id_="chatcmpl-2", created=1770000000, content=text)
    assert read_event(other, loose=False) == apart(other)


@EACH
def test_pieces_of_every_dialect_are_the_same_read_twice(speech: Speech) -> None:
    for text in ("one", 'two "quoted" \\ and\nlines', "data:text/plain;base64,eA==", '{"a": "b"}', "", "é"):
        for _ in range(2):
            for event in SseSplitter().feed(sse(speech.piece(text))):
                data = event.data or b""
                assert read_event(data, loose=False) == apart(data)


def test_events_without_a_text_are_known_by_all_but_their_id_and_the_tokens_used() -> None:
    ends = chat(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    first = read_event(ends, loose=False)
    assert read_event(ends.replace(b"chatcmpl-1", b"chatcmpl-2"), loose=False) is first
    assert first.ends == [frozenset({("index", "0")})]
    used = chat(choices=[], usage={"prompt_tokens": 118, "completion_tokens": 98})
    assert read_event(used, loose=False) is read_event(used.replace(b"118", b"7"), loose=False)


@pytest.mark.parametrize(
    "hidden",
    [
        chat(choices=[], usage={"prompt_tokens": 118}, note="4111 1111 1111 1111"),
        chat(choices=[{"index": 0, "delta": {"arguments": {"x_tokens": 41111111}}}]),
        chat("not an id, but words", choices=[], usage={"prompt_tokens": 1}),
        chat(choices=[], usage={"prompt_tokens": "4111 1111 1111 1111"}),
        delta(role="assistant", content="x"),
    ],
)
def test_a_text_is_read_whatever_is_known(hidden: bytes) -> None:
    read_event(chat(choices=[], usage={"prompt_tokens": 118}), loose=False)
    read_event(delta(role="assistant", content=""), loose=False)
    found = read_event(hidden, loose=False)
    assert found == apart(hidden)
    assert found.pieces or found.wholes


def test_what_is_known_is_bounded() -> None:
    for number in range(1000):
        read_event(chat(choices=[], model=f"m{number}"), loose=False)
        read_event(delta(content="x", **{f"k{number}": None}), loose=False)
    assert len(guard_events._TEXTLESS) <= guard_events.MOST_ALIKE
    assert len(guard_events._FRAMES) <= 8


@pytest.mark.parametrize("created", [1760000000, 1760000001])
def test_a_form_takes_what_differs_in_its_piece_and_its_counters(created: int) -> None:
    def wire(created: int, text: str) -> bytes:
        return b"data: " + delta(created=created, content=text) + b"\n\n"

    (event,) = SseSplitter().feed(wire(1760000000, "one"))
    form = form_of(event, read_event(event.data or b"", loose=False).pieces[0])
    assert form is not None
    assert form.text_in(wire(created, 'a "b"')) == 'a "b"'
    assert form.text_in(wire(created, "a").replace(b'"m"', b'"n"')) is None
    assert form.text_in(wire(created, "a") + wire(created, "b")) is None
