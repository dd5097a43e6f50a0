"""image_edits: what a form asks for, what its pictures can cost, and answers handed on as they are."""

from __future__ import annotations

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.dialects import image_edits
from torana.dialects.image_generations import MOST_TOKENS


def form(*fields: tuple[str, str], pictures: tuple[str, ...] = ("image",)) -> bytes:
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (n.encode(), v.encode()) for n, v in fields
    ]
    files = [
        b'--b\r\nContent-Disposition: form-data; name="%b"; filename="p"\r\n\r\n\x89PNG\r\n' % n.encode()
        for n in pictures
    ]
    return b"".join([*parts, *files, b"--b--\r\n"])


def test_every_picture_in_and_out_is_held_for() -> None:
    raw = form(
        ("model", "i"), ("n", "2"), ("stream", "true"), ("partial_images", "1"), pictures=("image[]", "image[]", "mask")
    )
    ask = image_edits.read(raw)
    assert (ask.model, ask.stream, ask.max_tokens) == ("i", True, MOST_TOKENS + 100)
    assert (ask.wants_usage, ask.candidates) == (True, 2)
    assert ask.counted_bytes == 3 * 3 * image_edits.TOKENS_A_PICTURE + len("i2true1")
    assert ask.texts == ("i", "2", "true", "1", "p", "p", "p")


@pytest.mark.parametrize(("body", "param"), [
    (form(("n", "1"), pictures=()), "image"), (form(("n", "0")), "n"), (form(("n", "many")), "n"), (form(("n", "99999")), "n"),
    (form(("n", "²")), "n"), (form(("partial_images", "-1")), "partial_images"),
])  # fmt: skip
def test_a_wrong_field_is_named(body: bytes, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        image_edits.read(body)
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_the_form_stays_but_for_the_models_name() -> None:
    raw = form(("model", "i"), ("prompt", "p"))
    assert image_edits.retarget(raw, image_edits.read(raw), "i", True) is raw
    assert image_edits.retarget(raw, image_edits.read(raw), "j", True) == form(("model", "j"), ("prompt", "p"))


def test_answers_are_lists_of_pictures() -> None:
    raw = b'{"data":[{"b64_json":"AA"}],"usage":{"input_tokens":5,"output_tokens":4}}'
    chunk = image_edits.read_answer(raw, Ask("i"))
    assert (chunk.wire, chunk.usage) == (raw, Usage(5, output=4))
    with pytest.raises(StatusFault) as caught:
        image_edits.read_answer(b'{"error":{"message":"x"}}', Ask("i"))
    assert caught.value.dialect == image_edits.ID


def test_a_stream_ends_with_its_finished_picture() -> None:
    raw = b'data: {"type":"image_edit.completed","b64_json":"AB","usage":{"input_tokens":2,"output_tokens":3}}\n\n'
    decoder = image_edits.decoder(Ask("i", True))
    assert [chunk.usage for chunk in [*decoder.feed(raw), *decoder.finish()]] == [Usage(2, output=3)]
