"""embedContent: one content, one vector, byte for byte."""

from __future__ import annotations

import pytest

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import gemini_embed_content as dialect

BODY = b'{ "model": "models/m", "content": {"parts": [{"text": "x"}]}, "taskType": "RETRIEVAL_QUERY" }'


def test_vectors_are_asked_for_without_output() -> None:
    assert dialect.read_named(BODY, "m", "embedContent") == Ask("m", max_tokens=0)
    assert dialect.read(BODY) == Ask("m", max_tokens=0)


@pytest.mark.parametrize(("body", "param"), [(b"{}", "content"), (BODY.replace(b"models/m", b"models/x"), "model")])
def test_what_is_no_request_is_refused(body: bytes, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        dialect.read_named(body, "m", "embedContent")
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def test_the_models_name_is_changed_and_nothing_else() -> None:
    assert dialect.retarget(BODY, Ask("m"), "up", True) == BODY.replace(b"models/m", b"models/up")
    assert dialect.retarget(BODY, Ask("m"), "m", True) is BODY


def test_an_answer_is_its_bytes_and_its_usage_where_it_is_told() -> None:
    bare = b'{"embedding": {"values": [0.10, 1e-7]}}'
    assert (dialect.read_answer(bare, Ask("m")).wire, dialect.read_answer(bare, Ask("m")).usage) == (bare, None)
    told = b'{"embedding": {"values": []}, "usageMetadata": {"promptTokenCount": 3}}'
    assert dialect.read_answer(told, Ask("m")).usage == Usage(uncached=3)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"embeddings": []}', b'{"embedding": null}'])
def test_what_is_no_embedding_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        dialect.read_answer(raw, Ask("m"))


def test_an_error_inside_is_a_fault() -> None:
    with pytest.raises(StatusFault):
        dialect.read_answer(b'{"error": {"code": 404}}', Ask("m"))
