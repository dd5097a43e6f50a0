"""translations: transcriptions under another name, without streams."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dialects.test_transcriptions import form
from torana.core.call import Ask
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import transcriptions, translations


def test_the_form_is_read_alike_but_never_streams() -> None:
    raw = form(("model", "w"), ("stream", "true"))
    assert translations.read(raw) == replace(transcriptions.read(raw), stream=False)
    assert translations.retarget(raw, translations.read(raw), "v", True) == form(("model", "v"), ("stream", "true"))


def test_answers_are_read_alike_under_its_own_name() -> None:
    assert translations.read_answer(b"hello\n", Ask("w")).wire == b"hello\n"
    with pytest.raises(StatusFault) as caught:
        translations.read_answer(b'{"error":{"message":"x"}}', Ask("w"))
    assert caught.value.dialect == translations.ID


def test_a_stream_is_refused() -> None:
    with pytest.raises(AnswerMalformed):
        translations.decoder(Ask("w", True)).feed(b"data: {}\n\n")
