"""Uploads: what they are for, what guardrails see of them."""

from __future__ import annotations

import pytest

from tests.unit.dialects.test_batch_lines import line
from torana.core.errors import GatewayError
from torana.core.kept import FILE, Made, Wanted
from torana.dialects.files import made, read, retargeted

WANTED = Wanted(FILE, "make")


def upload(content: bytes, purpose: str = "user_data", more: bytes = b"") -> bytes:
    return (
        b'--B\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n' + purpose.encode() + b"\r\n" + more +
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="f.jsonl"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--B--\r\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"plain words", "plain words"),
        (b'{"a":"\\u0062ird"}', "bird"),
        (b'{"a":1}\n{"b":"\\u0062ird"}', "bird"),
    ],
)
def test_guardrails_see_the_text_of_a_file(content: bytes, seen: str) -> None:
    assert seen in (read(upload(content), WANTED).texts or ())


def test_of_a_file_that_is_no_text_they_see_its_name() -> None:
    assert read(upload(b"%PDF\x00\xff"), WANTED).texts == ("user_data", "f.jsonl")


def test_the_file_room_is_told_where_a_file_stands_that_is_no_text() -> None:
    body = upload(b"%PDF\x00\xff")
    ((start, end, name),) = read(body, WANTED).files
    assert (body[start:end], name) == (b"%PDF\x00\xff", "f.jsonl")
    assert read(upload(b"plain words"), WANTED).files == ()


def test_an_upload_generates_nothing_and_names_its_model_only_for_a_batch() -> None:
    plain, batch = read(upload(b"x"), WANTED), read(upload(line(max_tokens=5), "batch"), WANTED)
    assert (plain.model, plain.max_tokens, plain.counted_bytes) == (None, 0, 0)
    assert (batch.model, batch.max_tokens, batch.counted_bytes) == ("m", 0, 0)
    assert plain.kept is not None and plain.kept.lines is None and plain.kept.purpose == "user_data"
    assert batch.kept is not None and batch.kept.lines is not None and batch.kept.lines.output_tokens == 5


def test_a_file_for_a_batch_goes_on_under_another_name_and_is_a_form_still() -> None:
    sent = retargeted(upload(line(), "batch"), "up")
    again = read(sent, WANTED)
    assert again.model == "up"
    assert sent.startswith(b"--B\r\n") and sent.endswith(b"\r\n--B--\r\n")


SECOND = b'--B\r\nContent-Disposition: form-data; name="other"; filename="g"\r\n\r\nhidden\r\n'


@pytest.mark.parametrize(
    "body", [upload(b"x", ""), upload(b"x", "Bad Purpose"), upload(b"x", more=SECOND), b"{}", upload(b"{", "batch")]
)
def test_what_is_no_upload_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError, match=r".") as refused:
        read(body, WANTED)
    assert refused.value.code == "REQUEST_INVALID"


def test_what_a_provider_says_of_a_file() -> None:
    assert made(b'{"id":"file-1","object":"file"}') == Made(FILE, "file-1")
    assert made(b'{"id":"file-1","deleted":true}').over
    with pytest.raises(ValueError):
        made(b'{"object":"file"}')
