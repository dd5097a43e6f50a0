"""form: what is read, what is changed byte for byte, and every form that two readers might read differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import GatewayError
from torana.dialects import form

SOUND = bytes(range(256)) + b"\r\n--\r\n\r\n--other\r\n"


def part(head: str, value: bytes, mark: bytes = b"--b") -> bytes:
    return mark + b"\r\n" + head.encode() + b"\r\n\r\n" + value + b"\r\n"


def field(name: str, value: str) -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', value.encode())


FILE = part('Content-Disposition: form-data; name="file"; filename="a é.wav"\r\nContent-Type: audio/wav', SOUND)
END = b"--b--\r\n"
BODY = field("model", "m") + FILE + field("prompt", "né") + END


def refused(body: bytes) -> str:
    with pytest.raises(GatewayError) as caught:
        form.read(body)
    assert caught.value.code == "REQUEST_INVALID"
    return caught.value.message


def test_fields_and_files_are_told_apart() -> None:
    read = form.read(BODY)
    assert [one.name for one in read.parts] == ["model", "file", "prompt"]
    assert (read.text("model"), read.text("prompt"), read.text("absent")) == ("m", "né", None)
    (file,) = read.files("file")
    assert BODY[file.start : file.end] == SOUND
    assert read.texts() == ("m", "a é.wav", "né")
    assert read.text_bytes() == len("m") + len("né".encode())


@given(st.binary(max_size=300).filter(lambda value: b"--b" not in value))
def test_whatever_a_file_holds_it_comes_back(value: bytes) -> None:
    body = part('Content-Disposition: form-data; name="file"; filename="f"', value) + END
    (file,) = form.read(body).files("file")
    assert body[file.start : file.end] == value


def test_one_field_changes_and_no_other_byte() -> None:
    assert form.changed(form.read(BODY), "model", "né-2") == BODY.replace(field("model", "m"), field("model", "né-2"))


def test_an_absent_field_is_put_in_front() -> None:
    body = FILE + END
    made = form.changed(form.read(body), "model", "m")
    assert made == field("model", "m") + body
    assert form.read(made).text("model") == "m"


def test_the_provider_is_told_the_boundary_that_was_used() -> None:
    assert form.content_type(BODY) == 'multipart/form-data; boundary="b"'
    with pytest.raises(ValueError, match="no form"):
        form.content_type(b"{}")


@pytest.mark.parametrize("head", [
    "content-disposition:form-data;name=model", 'Content-Disposition: form-data; name="model";',
    'Content-Type: text/plain\r\nContent-Disposition: FORM-DATA; Name="model"',
    'Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: 8bit',
])  # fmt: skip
def test_every_usual_way_to_write_a_head_is_read(head: str) -> None:
    assert form.read(part(head, b"m") + END).text("model") == "m"


MODEL = 'Content-Disposition: form-data; name="model"'


@pytest.mark.parametrize("body", [
    b"", b"{}", b"--b", b"--b\r\n", b"--b--\r\n", b"hi\r\n" + BODY, BODY + b"more", BODY + BODY,
    BODY[:-4], BODY[:-9], BODY.replace(b"\r\n", b"\n"), b"-- \r\n" + BODY, b"--" + b"b" * 71 + BODY[3:],
    b"--b \r\n" + BODY[5:],
    field("model", "m\r\n--bc\r\n") + END,  # a boundary that goes on: some readers take it for one
    field("model", "m\n--b\nContent-Disposition: form-data; name=model\n\nother") + END,  # bare line ends: likewise
    field("prompt", "a --b") + END,
    part(MODEL + "\r\n folded", b"m") + END, part(MODEL + "\r\n" + MODEL, b"m") + END, part("X: 1", b"m") + END,
    part(MODEL + '; name="other"', b"m") + END, part(MODEL + "; name*=utf-8''other", b"m") + END,
    part('Content-Disposition: form-data; name="mo\\del"', b"m") + END,
    part('Content-Disposition: form-data; name="mod%65l"', b"m") + END,
    part('Content-Disposition: form-data; name=""', b"m") + END, part("Content-Disposition: form-data", b"m") + END,
    part('Content-Disposition: attachment; name="model"', b"m") + END,
    part(MODEL + "\r\nContent-Transfer-Encoding: base64", b"bQ==") + END,
    part(MODEL + "\r\nX : 1", b"m") + END, part(MODEL + "\r\nX\n: 1", b"m") + END,
    b"--b\r\n\r\nm\r\n" + END, b"--b\r\n" + MODEL.encode() + b"\r\n--b--\r\n",
    field("a", "x") * 257 + END, field("prompt", "x" * (1 << 20) + "x") + END,
])  # fmt: skip
def test_what_two_readers_might_read_differently_is_refused(body: bytes) -> None:
    assert refused(body)


@pytest.mark.parametrize("body", [
    field("model", "m") + field("model", "n") + END,
    part(MODEL + '; filename="f"', b"m") + END,
    part(MODEL, b"\xff\xfe") + END,
])  # fmt: skip
def test_a_field_that_is_no_single_text_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError, match="model"):
        form.read(body).text("model")


@given(st.binary(max_size=200).map(lambda tail: b"--b\r\n" + tail) | st.binary(max_size=50))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        form.read(raw)
    except GatewayError as error:
        assert error.code == "REQUEST_INVALID"
