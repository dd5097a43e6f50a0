"""plain: the model's name in a JSON body, streams refused, answers that are none."""

from __future__ import annotations

import msgspec
import pytest

from torana.core.call import Ask
from torana.core.faults import AnswerMalformed
from torana.dialects import plain


def test_the_body_stays_but_for_the_models_name() -> None:
    raw = b'{ "query": "\\u00e9",  "model": "e" }'
    assert plain.retarget(raw, Ask("e"), "e", True) is raw
    assert plain.retarget(raw, Ask("e"), "f", True) == b'{ "query": "\\u00e9",  "model": "f" }'


def test_a_body_without_a_model_is_given_one() -> None:
    assert plain.retarget(b'{"query":1}', Ask(None), "f", True) == b'{"query":1,"model":"f"}'


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"a":', b'{"a":"\xff"}', b"[" * 100_000])
def test_what_cannot_be_read_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed, match="no ranking"):
        plain.decoded(msgspec.json.Decoder(dict[str, str]).decode, raw, "ranking")


def test_a_stream_of_what_does_not_stream_is_malformed() -> None:
    for step in (lambda: plain.NoStream("a ranking").feed(b""), plain.NoStream("a ranking").finish):
        with pytest.raises(AnswerMalformed, match="a ranking does not stream"):
            step()
