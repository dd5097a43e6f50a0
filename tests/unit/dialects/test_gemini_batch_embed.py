"""batchEmbedContents: the model's name in every request, answers byte for byte."""

from __future__ import annotations

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import gemini_batch_embed as dialect

ONE = b'{"model": "models/m", "content": {"parts": [{"text": "x"}]}}'
BODY = b'{ "requests" : [' + ONE + b", " + ONE + b'], "x": 1.0}'


def test_vectors_are_asked_for_without_output() -> None:
    assert dialect.read_named(BODY, "m", "batchEmbedContents") == Ask("m", max_tokens=0)
    assert dialect.read(BODY) == Ask("m", max_tokens=0)


@pytest.mark.parametrize(("body", "param"), [
    (b"{}", "requests"), (b'{"requests": []}', "requests"), (b'{"requests": [{}]}', "requests[0].content"),
    (b'{"requests": [' + ONE + b"," + ONE.replace(b"models/m", b"models/x") + b"]}", "requests[1].model"),
])  # fmt: skip
def test_what_is_no_request_is_refused(body: bytes, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        dialect.read_named(body, "m", "batchEmbedContents")
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_the_name_is_changed_in_every_request_and_the_rest_stays() -> None:
    assert dialect.retarget(BODY, Ask("m"), "m", True) is BODY
    changed = b'{"model":"models/up","content":{"parts": [{"text": "x"}]}}'
    assert dialect.retarget(BODY, Ask("m"), "up", True) == (
        b'{ "requests" : [' + changed + b"," + changed + b'], "x": 1.0}'
    )
    bare = b'{"requests": [{"content": {}}]}'
    assert dialect.retarget(bare, Ask("m"), "up", True) is bare


def test_an_answer_is_its_bytes_and_its_usage_where_it_is_told() -> None:
    told = b'{"embeddings": [{"values": [0.10]}], "usageMetadata": {"promptTokenCount": 3}}'
    chunk = dialect.read_answer(told, Ask("m"))
    assert (chunk.wire, chunk.usage) == (told, Usage(uncached=3))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"embedding": {}}'])
def test_what_is_no_list_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        dialect.read_answer(raw, Ask("m"))


def test_an_error_inside_is_a_fault() -> None:
    with pytest.raises(StatusFault):
        dialect.read_answer(b'{"error": {"code": 404}}', Ask("m"))
