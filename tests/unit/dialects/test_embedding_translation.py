"""Vectors between OpenAI's words and Gemini's: requests, answers, base64, usage, and what cannot be."""

from __future__ import annotations

import base64
import json
import struct
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Ask, Call, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.core.trail import Trail
from torana.dialects import embeddings, gemini_batch_embed, gemini_embed_content, moderations
from torana.dialects.embedding_translation import EmbeddingTranslation

ASK = Ask("m")
GEMINI, OPENAI = gemini_embed_content.ID, embeddings.ID


def turned(dialect: ModuleType, body: object, provider: str, model: str = "up") -> EmbeddingTranslation:
    raw = json.dumps(body).encode()
    call = Call(dialect.ID, dialect.OPERATION, raw, (), dialect.read, Trail("req-1", "rcpt1", 1.0, 0.0))
    return EmbeddingTranslation(Prompt(call, "m", raw), model, provider)


def content(text: str) -> dict:
    return {"content": {"parts": [{"text": text}]}}


def openai_answer(*vectors: object, tokens: int = 3) -> bytes:
    rows = [{"object": "embedding", "index": at, "embedding": one} for at, one in enumerate(vectors)]
    return json.dumps({"data": rows[::-1], "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}).encode()


def test_one_text_is_asked_of_gemini_by_one_method_and_more_by_the_other() -> None:
    one = turned(embeddings, {"input": "a", "dimensions": 8, "user": "u"}, GEMINI)
    assert one.method == "embedContent"
    assert json.loads(one.body) == {"model": "models/up", **content("a"), "outputDimensionality": 8}
    assert one.headers == (("x-torana-dropped", "user"),)
    two = turned(embeddings, {"input": ["a", "b"]}, GEMINI)
    assert two.method == "batchEmbedContents"
    assert json.loads(two.retarget(b"", ASK, "", True)) == {
        "requests": [{"model": "models/up", **content("a")}, {"model": "models/up", **content("b")}]
    }
    assert two.headers == ()


@pytest.mark.parametrize(("dialect", "body", "texts"), [
    (gemini_embed_content, content("a"), ["a"]),
    (gemini_batch_embed, {"requests": [content("a"), content("b")]}, ["a", "b"]),
])  # fmt: skip
def test_openai_is_asked_for_numbers(dialect: ModuleType, body: object, texts: list[str]) -> None:
    asked = json.loads(turned(dialect, body, OPENAI).body)
    assert asked == {"model": "up", "input": texts, "encoding_format": "float"}
    body = {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 4}
    assert json.loads(turned(gemini_embed_content, body, OPENAI).body)["dimensions"] == 4


def test_geminis_vectors_come_to_openais_clients_as_they_were_written() -> None:
    one = turned(embeddings, {"input": "abcde"}, GEMINI)
    chunk = one.read_answer(b'{"embedding": {"values": [0.10, 1e-7]}}', ASK)
    assert b"[0.10, 1e-7]" in chunk.wire
    assert chunk.usage == Usage(uncached=2, estimated=True)
    assert json.loads(chunk.wire) == {
        "object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 1e-7]}], "model": "m",
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    }  # fmt: skip


def test_a_usage_that_was_told_is_the_usage() -> None:
    two = turned(embeddings, {"input": ["a", "b"]}, GEMINI)
    answer = b'{"embeddings": [{"values": [1]}, {"values": [2]}], "usageMetadata": {"promptTokenCount": 9}}'
    chunk = two.read_answer(answer, ASK)
    assert chunk.usage == Usage(uncached=9)
    assert json.loads(chunk.wire)["usage"] == {"prompt_tokens": 9, "total_tokens": 9}


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_base64_holds_the_numbers_of_the_vector_both_ways(numbers: list[float]) -> None:
    packed = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    to_gemini = turned(embeddings, {"input": "a", "encoding_format": "base64"}, GEMINI)
    answer = json.dumps({"embedding": {"values": numbers}}).encode()
    assert json.loads(to_gemini.read_answer(answer, ASK).wire)["data"][0]["embedding"] == packed
    to_openai = turned(gemini_embed_content, content("a"), OPENAI)
    assert json.loads(to_openai.read_answer(openai_answer(packed), ASK).wire)["embedding"] == {"values": numbers}


def test_openais_vectors_come_to_geminis_clients_in_the_order_of_the_texts() -> None:
    batch = turned(gemini_batch_embed, {"requests": [content("a"), content("b")]}, OPENAI)
    chunk = batch.read_answer(openai_answer([1.5], [2.5]), ASK)
    assert json.loads(chunk.wire) == {
        "embeddings": [{"values": [1.5]}, {"values": [2.5]}], "usageMetadata": {"promptTokenCount": 3},
    }  # fmt: skip
    assert chunk.usage == Usage(uncached=3)


@pytest.mark.parametrize("answer", [
    b"{}", b"", b"[]", b'{"embedding": {"values": [1]}}', b'{"embeddings": [{"values": [1]}]}', b'{"embeddings": null}',
])  # fmt: skip
def test_as_many_vectors_as_texts_or_the_answer_is_malformed(answer: bytes) -> None:
    two = turned(embeddings, {"input": ["a", "b"]}, GEMINI)
    with pytest.raises(AnswerMalformed):
        two.read_answer(answer, ASK)


@pytest.mark.parametrize("vector", ["!", base64.b64encode(b"abc").decode()])
def test_base64_of_no_numbers_is_malformed(vector: str) -> None:
    one = turned(gemini_embed_content, content("a"), OPENAI)
    with pytest.raises(AnswerMalformed):
        one.read_answer(openai_answer(vector), ASK)


@pytest.mark.parametrize("values", [b'["a"]', b"{}", b"[1e39]", b"null"])
def test_what_cannot_be_packed_is_malformed(values: bytes) -> None:
    one = turned(embeddings, {"input": "a", "encoding_format": "base64"}, GEMINI)
    with pytest.raises(AnswerMalformed):
        one.read_answer(b'{"embedding": {"values": ' + values + b"}}", ASK)


@pytest.mark.parametrize(("provider", "dialect", "body", "told"), [
    (GEMINI, embeddings, {"input": "a"}, "gemini_content"), (OPENAI, gemini_embed_content, content("a"), "embeddings"),
])  # fmt: skip
def test_an_error_inside_is_a_fault_in_the_providers_shape(
    provider: str, dialect: ModuleType, body: object, told: str
) -> None:
    with pytest.raises(StatusFault) as caught:
        turned(dialect, body, provider).read_answer(b'{"error": {"code": 429, "message": "m"}}', ASK)
    assert caught.value.dialect == told


def test_a_stream_of_vectors_is_malformed() -> None:
    with pytest.raises(AnswerMalformed):
        turned(embeddings, {"input": "a"}, GEMINI).decoder(ASK).feed(b"data: {}\n\n")


def test_any_other_dialect_is_refused() -> None:
    with pytest.raises(GatewayError) as caught:
        turned(moderations, {"input": "a"}, GEMINI)
    assert caught.value.code == "CAPABILITY_MISSING"
