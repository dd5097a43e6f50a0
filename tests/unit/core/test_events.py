"""Which events bring what the caller asked for, and that a Request needs nothing but a model and turns."""

from __future__ import annotations

from typing import get_args

from torana.core.events import CONTENT, Began, Cited, Counted, Event, Request, Sampling, Text, Turn


def test_every_event_but_the_beginning_the_sources_and_the_counts_is_content() -> None:
    assert set(get_args(Event)) - set(CONTENT) == {Began, Cited, Counted}


def test_a_request_that_says_nothing_wants_nothing() -> None:
    request = Request("m", (Turn("user", (Text("hi"),)),))
    assert request.sampling == Sampling()
    assert [value for value in request.sampling if value not in (None, (), 1)] == []
    assert (request.tools, request.choice, request.format, request.reasoning, request.dropped) == (
        (),
        None,
        None,
        None,
        (),
    )
