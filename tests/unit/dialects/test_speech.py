"""speech: what a body asks for, what it can cost, and sound handed on as it is."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import speech


def body(**members: object) -> bytes:
    return json.dumps({"model": "t", "input": "né", "voice": "alloy", **members}).encode()


@pytest.mark.parametrize(
    ("members", "stream"), [({}, False), ({"stream_format": "audio"}, False), ({"stream_format": "sse"}, True)]
)
def test_the_text_bounds_the_sound(members: dict, stream: bool) -> None:
    most = 3 * speech.TOKENS_A_BYTE
    assert speech.read(body(**members)) == Ask("t", stream, max_tokens=most, units=(("characters", 2),))


@pytest.mark.parametrize(("members", "param"), [({"input": None}, "input"), ({"stream_format": 1}, "stream_format")])
def test_a_wrong_member_is_named(members: dict, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        speech.read(body(**members))
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_the_body_stays_but_for_the_models_name() -> None:
    raw = body()
    assert speech.retarget(raw, speech.read(raw), "t", True) is raw
    assert json.loads(speech.retarget(raw, speech.read(raw), "u", True))["model"] == "u"


@pytest.mark.parametrize("raw", [b"ID3\x04\xff\xfb", b"\x00", b"{\x00\x01", b'{"'])
def test_sound_is_one_chunk_byte_for_byte(raw: bytes) -> None:
    chunk = speech.read_answer(raw, Ask("t"))
    assert (chunk.wire, chunk.content, chunk.usage) == (raw, True, None)


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"object":"x"}'])
def test_what_is_no_sound_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        speech.read_answer(raw, Ask("t"))


def test_an_error_in_the_place_of_sound_is_a_status_fault() -> None:
    with pytest.raises(StatusFault):
        speech.read_answer(b'{"error":{"message":"x"}}', Ask("t"))


def test_a_stream_of_events_ends_with_usage() -> None:
    raw = (
        b'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n'
        b'data: {"type":"speech.audio.done","usage":{"input_tokens":14,"output_tokens":101,"total_tokens":115}}\n\n'
    )
    decoder = speech.decoder(Ask("t", True, 8))
    chunks = [*decoder.feed(raw), *decoder.finish()]
    assert b"".join(chunk.wire for chunk in chunks) == raw
    assert (chunks[0].events, chunks[-1].usage) == (8, Usage(14, output=101))
