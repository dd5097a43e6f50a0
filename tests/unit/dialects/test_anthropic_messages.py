"""The Messages dialect: what a body asks for, what an answer says, bytes that stay."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import anthropic_messages as dialect

ASK = {"model": "claude", "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}


def body(**members: object) -> bytes:
    return json.dumps({**ASK, **members}).encode()


def test_a_plain_request_is_read() -> None:
    assert dialect.read(body()) == Ask("claude", False, 50)
    assert dialect.read(body(stream=True)).stream


def test_what_a_request_needs_is_seen() -> None:
    parts = [{"type": "image", "source": {}}, {"type": "document", "source": {}}, {"type": "text", "text": "x"}]
    asked = dialect.read(body(messages=[{"role": "user", "content": parts}], tools=[{"name": "look"}]))
    assert asked.needs == {"vision", "documents", "tools"}


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "x"}, "messages"),
        ({"messages": [{"content": "x"}]}, "messages[0]"),
        ({"model": 3}, "model"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"stream": 1}, "stream"),
    ],
)
def test_a_wrong_type_names_its_field(members: dict[str, object], param: str) -> None:
    with pytest.raises(GatewayError) as refused:
        dialect.read(body(**members))
    assert refused.value.code == "REQUEST_INVALID"
    assert (refused.value.param or "").startswith(param.split("[", maxsplit=1)[0])


def test_another_model_changes_its_name_and_no_other_byte() -> None:
    raw = b'{ "model" : "claude",\t"new_field": [1, 2] , "messages":[]}'
    assert dialect.retarget(raw, Ask("claude"), "claude", True) is raw
    assert dialect.retarget(raw, Ask("claude"), "other", True) == raw.replace(b'"claude"', b'"other"')


def test_an_answer_is_its_bytes_its_usage_and_its_reason() -> None:
    usage = {"input_tokens": 5, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3, "output_tokens": 4}
    raw = json.dumps({"type": "message", "content": [], "usage": usage, "stop_reason": "tool_use"}).encode()
    chunk = dialect.read_answer(raw, Ask("claude"))
    assert (chunk.wire, chunk.finish) == (raw, "tool_use")
    assert chunk.usage == Usage(uncached=5, cache_read=3, cache_write=2, output=4)
    assert chunk.usage is not None and chunk.usage.input == 10


def test_an_error_inside_a_good_answer_is_a_fault() -> None:
    with pytest.raises(StatusFault) as fault:
        dialect.read_answer(b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}', Ask("m"))
    assert fault.value.status == 529


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"{}", b'{"type":"message"}', b"\xff"])
def test_what_is_no_message_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        dialect.read_answer(raw, Ask("m"))
