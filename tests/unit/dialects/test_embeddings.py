"""embeddings: what a body asks for, and answers handed on as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault, UpstreamFault
from torana.dialects import embeddings


def body(**members: object) -> bytes:
    return json.dumps({"model": "e", "input": "hi", **members}).encode()


@pytest.mark.parametrize(
    ("value", "unread"), [("text", ""), (["a", "b"], ""), ([1, 2, 3], "input"), ([[1], [2, 3]], "input")]
)
def test_all_kinds_of_input_are_read_and_token_numbers_are_known_for_what_they_are(value: object, unread: str) -> None:
    assert embeddings.read(body(input=value, encoding_format="base64", dimensions=8, user="u")) == Ask(
        "e", max_tokens=0, user="u", unread=unread
    )


@pytest.mark.parametrize(("members", "param"), [
    ({"input": ""}, "input"), ({"input": []}, "input"), ({"input": None}, "input"), ({"input": {}}, "input"),
    ({"input": ["a", 1]}, "input"), ({"input": [[1], "a"]}, "input"), ({"input": [1.5]}, "input[0]"),
    ({"encoding_format": "hex"}, "encoding_format"), ({"dimensions": 0}, "dimensions"), ({"model": 1}, "model"),
])  # fmt: skip
def test_a_wrong_member_is_named(members: dict, param: str) -> None:
    with pytest.raises(GatewayError) as caught:
        embeddings.read(body(**members))
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", param)


def code_of(raw: bytes) -> str | None:
    """The code of the refusal; None when the body was read."""
    try:
        embeddings.read(raw)
    except GatewayError as error:
        return error.code
    return None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    assert code_of(raw) in (None, "REQUEST_INVALID")


def test_the_body_stays_but_for_the_models_name() -> None:
    raw = b'{"input": [1, 2], "model": "e"}'
    ask = embeddings.read(raw)
    assert embeddings.retarget(raw, ask, "e", True) is raw
    assert embeddings.retarget(raw, ask, "f", True) == b'{"input": [1, 2], "model": "f"}'


def test_an_answer_is_one_chunk_byte_for_byte() -> None:
    raw = b'{"object":"list","data":[{"embedding":[0.1, 2e-3]}],"usage":{"prompt_tokens":5,"total_tokens":5}}'
    chunk = embeddings.read_answer(raw, Ask("e"))
    assert (chunk.wire, chunk.usage) == (raw, Usage(5))


@pytest.mark.parametrize("raw", [b"{}", b"x", b'{"data":3}'])
def test_what_is_no_answer_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        embeddings.read_answer(raw, Ask("e"))


def test_an_error_inside_is_a_status_fault() -> None:
    with pytest.raises(StatusFault):
        embeddings.read_answer(b'{"error":{"message":"x"}}', Ask("e"))


def test_a_stream_is_refused() -> None:
    with pytest.raises(UpstreamFault):
        embeddings.decoder(Ask("e")).feed(b"data: {}\n\n")
