"""Answers that are kept: what a body says of that, whose id an answer has, in whole and as a stream cut anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from torana.core.call import Chunk
from torana.core.errors import GatewayError
from torana.core.kept import ANSWER, RESPONSE, Made, Wanted
from torana.dialects import openai_responses
from torana.dialects import stored_responses as dialect

CREATED = b'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","output":[]}}\n\n'
DELTA = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"id: resp_2"}\n\n'


def body(**more: object) -> bytes:
    return json.dumps({"model": "m", "input": "x", "max_output_tokens": 9, **more}).encode()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, Wanted(RESPONSE, ANSWER)),
        ({"store": True}, Wanted(RESPONSE, ANSWER)),
        ({"store": None, "previous_response_id": None}, Wanted(RESPONSE, ANSWER)),
        ({"store": False}, None),
        ({"previous_response_id": "resp_1"}, Wanted(RESPONSE, ANSWER, "resp_1")),
        ({"previous_response_id": "resp_1", "store": False}, Wanted(RESPONSE, ANSWER, "resp_1", keep=False)),
    ],
)
def test_an_answer_is_kept_unless_the_body_says_otherwise(said: dict[str, object], wanted: Wanted | None) -> None:
    ask = dialect.read(body(**said))
    assert ask.kept == wanted
    assert replace(ask, kept=None) == openai_responses.read(body())


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b", "a" * 257, "आ"])
def test_what_is_no_id_is_the_id_of_nothing(name: str) -> None:
    with pytest.raises(GatewayError) as refused:
        dialect.read(body(previous_response_id=name))
    assert (refused.value.code, refused.value.param) == ("NOT_FOUND", "previous_response_id")


@pytest.mark.parametrize("said", [{"background": True}, {"conversation": "conv_1"}, {"previous_response_id": 7}])
def test_what_is_not_offered_is_refused_here_too(said: dict[str, object]) -> None:
    with pytest.raises(GatewayError) as refused:
        dialect.read(body(**said))
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", next(iter(said)))


@pytest.mark.parametrize("read", [openai_responses.read])
def test_where_nobody_knows_whose_they_are_none_can_be_named(read: Callable[[bytes], object]) -> None:
    with pytest.raises(GatewayError):
        read(body(previous_response_id="resp_1"))


@pytest.mark.parametrize("cut", [1, len(CREATED) // 2, len(CREATED), len(CREATED) + 5])
def test_the_id_is_in_the_first_event_however_the_stream_is_cut(cut: int) -> None:
    wire = CREATED + DELTA
    assert dialect.id_in([Chunk(wire[:cut]), Chunk(wire[cut:])], stream=True) == "resp_1"


def test_the_id_of_a_whole_answer_is_its_own() -> None:
    assert dialect.id_in([Chunk(b'{"output":[{"id":"msg_1"}],"id":"resp_1"}')], stream=False) == "resp_1"


@pytest.mark.parametrize(
    ("wire", "stream"),
    [(b"", False), (b"[]", False), (b'{"id":7}', False), (b'{"id":"a/b"}', False), (b"{}", False), (DELTA, True),
     (b"data: [DONE]\n\n", True), (b"", True)],
)  # fmt: skip
def test_what_says_no_id_has_none(wire: bytes, stream: bool) -> None:
    assert dialect.id_in([Chunk(wire)], stream) == ""


def test_what_was_deleted_is_over() -> None:
    assert dialect.made(b'{"id":"resp_1","object":"response","deleted":true}') == Made(RESPONSE, "resp_1", over=True)
    assert dialect.made(b'{"id":"resp_1"}') is None
