"""A stream of events as one JSON array: valid JSON however the events are cut, errors and comments included."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.edge.array_stream import as_array
from torana.edge.house import CLEAN, Message

SSE = (b"content-type", b"text/event-stream; charset=utf-8")
OTHER = (b"x-request-id", b"r")


async def sent(headers: list[tuple[bytes, bytes]], *bodies: bytes, **start: object) -> tuple[Message, bytes]:
    """The start, and the body, as they went out."""
    out: list[Message] = []

    async def send(message: Message) -> None:
        out.append(message)

    array = as_array(send)
    await array({"type": "http.response.start", "status": 200, "headers": headers, **start})
    for at, body in enumerate(bodies, 1):
        await array({"type": "http.response.body", "body": body, "more_body": at < len(bodies)})
    assert [bool(message.get("more_body")) for message in out[1:]] == [True] * (len(bodies) - 1) + [False]
    return out[0], b"".join(message["body"] for message in out[1:])


async def test_each_event_is_an_element_byte_for_byte() -> None:
    start, body = await sent([SSE, OTHER], b'data: {"a": 1.0}\n\n', b'data: {"b":2}\r\n\r\n: bye\n\n', b"")
    assert body == b'[{"a": 1.0},\r\n{"b":2}]'
    assert start["headers"] == [(b"content-type", b"application/json; charset=UTF-8"), OTHER]


values = st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=6) | st.integers(), max_size=2), max_size=4)


@given(values, st.lists(st.integers(0, 300), max_size=4))
async def test_events_cut_anywhere_are_the_same_array(events: list[dict], cuts: list[int]) -> None:
    wire = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in events) + b": torana {}\n\n"
    places = sorted({min(cut, len(wire)) for cut in cuts})
    pieces = [wire[a:b] for a, b in zip([0, *places], [*places, len(wire)], strict=True)]
    assert json.loads((await sent([SSE], *pieces))[1]) == events


async def test_a_stream_that_broke_ends_in_the_error_and_is_still_json() -> None:
    _, body = await sent([SSE], b'data: {"a":1}\n\n', b'data: {"error":{"code":504}}\n\n')
    assert json.loads(body) == [{"a": 1}, {"error": {"code": 504}}]


@pytest.mark.parametrize("told", [{}, {CLEAN: 13}])
async def test_an_error_that_came_whole_is_the_one_element_and_its_length_is_right(told: dict) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"13")]
    start, body = await sent(headers, b'{"error": {}}', **told)
    assert body == b'[{"error": {}}]'
    assert (b"content-length", b"15") in start["headers"]
    assert start.get(CLEAN) == (15 if told else None)
