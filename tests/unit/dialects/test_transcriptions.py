"""transcriptions: what a form asks for, and transcripts of every format handed on as they are."""

from __future__ import annotations

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import transcriptions
from torana.line.worth import BYTES_PER_TOKEN


def form(*fields: tuple[str, str], files: int = 1, size: int = 64) -> bytes:
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (n.encode(), v.encode()) for n, v in fields
    ]
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + b"\xff" * size + b"\r\n"
    return b"".join([*parts, file * files, b"--b--\r\n"])


def test_the_form_says_what_chat_says_in_json() -> None:
    ask = transcriptions.read(form(("model", "w"), ("stream", "true")))
    units = (("audio_ms", -(-1000 * 64 // transcriptions.BYTES_A_SECOND)),)
    assert ask == Ask("w", True, max_tokens=2, counted_bytes=3 * 2 + 5, texts=("w", "true", "a.wav"), units=units)
    assert transcriptions.BYTES_A_TOKEN_OF_TEXT == BYTES_PER_TOKEN


def test_a_large_file_does_not_count_as_text() -> None:
    ask = transcriptions.read(form(("model", "w"), size=25_000_000))
    assert ask.counted_bytes is not None
    assert 3 * 25_000_000 // 750 <= ask.counted_bytes <= 3_000_000  # 750 bytes a second are the least there is


@pytest.mark.parametrize(("body", "param"), [
    (form(files=2), "file"), (form(("file", "x"), files=0), "file"),
    (form(("model", "a"), ("model", "b")), "model"), (form(("stream", "a"), ("stream", "b")), "stream"),
])  # fmt: skip
def test_a_wrong_field_is_named(body: bytes, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        transcriptions.read(body)
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_the_form_stays_but_for_the_models_name() -> None:
    raw = form(("model", "w"), ("language", "hi"))
    ask = transcriptions.read(raw)
    assert transcriptions.retarget(raw, ask, "w", True) is raw
    assert transcriptions.retarget(raw, ask, "v-2", True) == form(("model", "v-2"), ("language", "hi"))
    bare = form()
    assert transcriptions.retarget(bare, transcriptions.read(bare), "w", True) == form(("model", "w"))


@pytest.mark.parametrize(("raw", "usage"), [
    (b'{"text": "a"}', None),
    (b'{"text":"","usage":{"type":"tokens","input_tokens":14,"output_tokens":45,"total_tokens":59}}', Usage(14, output=45)),
    (b'{"text":"a","usage":{"type":"duration","seconds":9}}', Usage(extra=(("audio_ms", 9000),))),
    (b'{"text":"a","duration":8.4700003}', Usage(extra=(("audio_ms", 8471),))), (b'{"text":"a","duration":-1}', None),
    (b'{"text":"a","usage":{"input_tokens":14,"input_token_details":{"audio_tokens":12},"output_tokens":45}}',
     Usage(14, output=45, extra=(("input_audio", 12),))),
    ("नमस्ते\n".encode(), None), (b"WEBVTT\n\n00:00.000 --> 00:01.000\na\n", None), (b"", None),
])  # fmt: skip
def test_an_answer_is_one_chunk_byte_for_byte(raw: bytes, usage: Usage | None) -> None:
    chunk = transcriptions.read_answer(raw, Ask("w"))
    assert (chunk.wire, chunk.usage) == (raw, usage)


@pytest.mark.parametrize("raw", [b"{}", b"{x", b"\xff\xfe", b'{"text":3}'])
def test_what_is_no_transcript_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        transcriptions.read_answer(raw, Ask("w"))


def test_an_error_inside_is_a_status_fault() -> None:
    with pytest.raises(StatusFault):
        transcriptions.read_answer(b'{"error":{"message":"x"}}', Ask("w"))


def test_a_stream_ends_with_the_whole_text() -> None:
    raw = (
        b'data: {"type":"transcript.text.delta","delta":"I"}\n\n'
        b'data: {"type":"transcript.text.done","text":"I","usage":{"input_tokens":14,"output_tokens":1}}\n\n'
    )
    decoder = transcriptions.decoder(Ask("w", True))
    chunks = [*decoder.feed(raw), *decoder.finish()]
    assert b"".join(chunk.wire for chunk in chunks) == raw
    assert chunks[-1].usage == Usage(14, output=1)
