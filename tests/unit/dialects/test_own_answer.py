"""The answers of our own dialects as translation writes them."""

from __future__ import annotations

import pytest

from torana.core.call import Ask, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken
from torana.dialects import own_answer

ASK = Ask("m")
WHOLE = b'{"content":"hi","finish_reason":"stop","usage":{"uncached":5,"cache_read":2,"output":3}}'
STREAM = (
    b'data: {"type":"text","text":"hi"}\n\n'
    b'data: {"type":"end","finish_reason":"stop"}\n\n'
    b'data: {"type":"usage","usage":{"output":3}}\n\n'
)


def test_a_whole_answer_is_one_chunk_with_its_usage() -> None:
    chunk = own_answer.read_answer(WHOLE, ASK)
    assert (chunk.wire, chunk.usage, chunk.finish) == (WHOLE, Usage(5, 2, 0, 3), "stop")


def test_its_text_is_what_the_model_said_or_why_it_would_not() -> None:
    assert own_answer.text_of(WHOLE) == "hi"
    assert own_answer.text_of(b'{"content":"","finish_reason":"refused","refusal":"no"}') == "no"


@pytest.mark.parametrize("body", [b"{}", b"[]", b"", b'{"content":1,"finish_reason":"stop"}', b"\xff"])
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        own_answer.read_answer(body, ASK)


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_stream_is_the_same_wherever_it_is_cut(cut: int) -> None:
    decoder = own_answer.decoder(ASK)
    chunks = [*decoder.feed(STREAM[:cut]), *decoder.feed(STREAM[cut:]), *decoder.finish()]
    assert b"".join(chunk.wire for chunk in chunks) == STREAM
    assert [(chunk.content, chunk.finish, chunk.usage) for chunk in chunks] == [
        (True, None, None), (True, "stop", None), (False, None, Usage(output=3)),
    ]  # fmt: skip


def test_a_stream_without_its_end_was_cut_short() -> None:
    decoder = own_answer.decoder(ASK)
    decoder.feed(STREAM[: STREAM.index(b"\n\n") + 2])
    with pytest.raises(ConnectionBroken):
        decoder.finish()
