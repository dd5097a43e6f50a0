"""image_variations: forms as those of edits are, never streamed, answers handed on as they are."""

from __future__ import annotations

import pytest

from tests.unit.dialects.test_image_edits import form
from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.dialects import image_edits, image_variations


def test_what_it_may_cost_is_what_an_edit_of_the_picture_may() -> None:
    raw = form(("model", "i"), ("n", "3"), ("size", "512x512"))
    assert image_variations.read(raw) == image_edits.read(raw)
    assert image_variations.read(raw).candidates == 3


def test_no_field_makes_a_stream_of_it() -> None:
    assert not image_variations.read(form(("model", "i"), ("stream", "true"))).stream


def test_a_form_without_a_picture_is_refused_by_the_field() -> None:
    with pytest.raises(GatewayError) as caught:
        image_variations.read(form(("n", "1"), pictures=()))
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", "image")


def test_answers_are_lists_of_pictures() -> None:
    raw = b'{"data":[{"b64_json":"AA"}],"usage":{"input_tokens":5,"output_tokens":4}}'
    chunk = image_variations.read_answer(raw, Ask("i"))
    assert (chunk.wire, chunk.usage) == (raw, Usage(5, output=4))
    with pytest.raises(StatusFault) as caught:
        image_variations.read_answer(b'{"error":{"message":"x"}}', Ask("i"))
    assert caught.value.dialect == image_variations.ID
