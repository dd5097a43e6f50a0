"""Counting tokens: read like a message, answered as it came, never billed."""

from __future__ import annotations

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import anthropic_count_tokens as dialect


def test_a_count_is_asked_for_without_output() -> None:
    assert dialect.read(b'{"model":"m","messages":[{"role":"user","content":"x"}]}') == Ask(
        "m", max_tokens=0, counted_bytes=0, estimated=dialect.estimated
    )


def test_a_count_without_messages_is_refused() -> None:
    with pytest.raises(GatewayError):
        dialect.read(b'{"model":"m"}')


def test_the_count_is_its_bytes_and_free() -> None:
    chunk = dialect.read_answer(b'{"input_tokens": 14}', Ask("m"))
    assert (chunk.wire, chunk.usage) == (b'{"input_tokens": 14}', Usage())


@pytest.mark.parametrize("raw", [b"{}", b"", b"[1]"])
def test_what_is_no_count_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        dialect.read_answer(raw, Ask("m"))


def test_an_error_inside_is_a_fault() -> None:
    with pytest.raises(StatusFault):
        dialect.read_answer(b'{"type":"error","error":{"type":"api_error"}}', Ask("m"))
