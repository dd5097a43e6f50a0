"""Joins OpenAI's embeddings and Gemini's: one request and its answer on their way between the two.

Vectors stay the text that they came as, unless base64 is spoken on one side. Used by the modules of ``providers`` for
embeddings in a dialect that they do not speak themselves.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping, Sequence

import msgspec

from torana.core.call import Ask, Chunk, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed
from torana.dialects import embeddings, gemini_batch_embed, gemini_embed_content, openai_errors, plain
from torana.dialects.codecs.gemini_answer import Counts, fault_inside, usage_of
from torana.dialects.embedding_request import Wanted, read_batch, read_one, read_openai
from torana.dialects.openai_usage import usage_of as openai_usage_of
from torana.dialects.strict import refuse_lost
from torana.ports.dialect import StreamDecoder

_READERS: Mapping[str, Callable[[bytes], Wanted]] = {
    embeddings.ID: read_openai,
    gemini_embed_content.ID: read_one,
    gemini_batch_embed.ID: read_batch,
}
_BYTES_PER_TOKEN = 4

Vectors = Sequence[msgspec.Raw]


class _Row(msgspec.Struct, gc=False):
    embedding: msgspec.Raw
    index: int | None = None


class _OpenAIAnswer(msgspec.Struct, gc=False):
    data: list[_Row] | None = None
    usage: object = None
    error: object = None


class _Vector(msgspec.Struct, gc=False):
    values: msgspec.Raw


class _GeminiAnswer(msgspec.Struct, rename="camel", gc=False):
    embedding: _Vector | None = None
    embeddings: list[_Vector] | None = None
    usage_metadata: Counts | None = None
    error: object = None


_openai = msgspec.json.Decoder(_OpenAIAnswer).decode
_gemini = msgspec.json.Decoder(_GeminiAnswer).decode
_floats = msgspec.json.Decoder(list[float]).decode
_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.encode


class EmbeddingTranslation:
    """One request for vectors and its answer. Has the upstream side of ``ports.dialect``."""

    __slots__ = ("ID", "_client", "_wanted", "body", "method")

    def __init__(self, prompt: Prompt, model: str, provider: str) -> None:
        """``provider``: the dialect that it speaks, OpenAI's embeddings or Gemini's.

        Raises GatewayError CAPABILITY_MISSING when nobody can translate the prompt's dialect, or a part of it.
        """
        read = _READERS.get(prompt.dialect)
        if read is None:
            message = f"This model's provider does not offer {prompt.operation} in the dialect {prompt.dialect}."
            raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [prompt.operation]})
        self._client = prompt.dialect
        self._wanted = read(prompt.body)._replace(model=prompt.model)
        refuse_lost(prompt, self._wanted.dropped)
        self.ID = provider
        """The dialect of the provider's own errors."""
        self.method = "embedContent" if len(self._wanted.texts) == 1 else "batchEmbedContents"
        """What is asked of Gemini."""
        self.body = (_openai_body if provider == embeddings.ID else _gemini_body)(self._wanted, model)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the caller is told of it."""
        return (("x-torana-dropped", ", ".join(self._wanted.dropped)),) if self._wanted.dropped else ()

    def retarget(self, body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
        """The provider's body, whatever the caller's was."""
        return self.body

    def decoder(self, ask: Ask) -> StreamDecoder:
        """A decoder that refuses everything."""
        return plain.NoStream("a list of embeddings")

    def read_answer(self, body: bytes, ask: Ask) -> Chunk:
        """The vectors in the caller's dialect. Raises AnswerMalformed, StatusFault."""
        vectors, told = (_read_openai if self.ID == embeddings.ID else _read_gemini)(body)
        if len(vectors) != len(self._wanted.texts):
            raise AnswerMalformed(f"{len(vectors)} embeddings came for {len(self._wanted.texts)} texts")
        usage = told or _estimate(self._wanted)
        if self._client == embeddings.ID:
            return Chunk(_as_openai(vectors, usage, self._wanted), True, usage)
        return Chunk(_as_gemini(vectors, usage, self._client), True, usage)


def _estimate(wanted: Wanted) -> Usage:
    """What nobody told: OpenAI's clients look for a usage, and Gemini's older models have none."""
    size = sum(len(text.encode("utf-8", "replace")) for text in wanted.texts)
    return Usage(uncached=-(-size // _BYTES_PER_TOKEN), estimated=True)


# --- requests


def _openai_body(wanted: Wanted, model: str) -> bytes:
    body: dict[str, object] = {"model": model, "input": wanted.texts, "encoding_format": "float"}
    if wanted.dimensions is not None:
        body["dimensions"] = wanted.dimensions
    return _encode(body)


def _gemini_body(wanted: Wanted, model: str) -> bytes:
    requests = []
    for text in wanted.texts:
        request: dict[str, object] = {"model": f"models/{model}", "content": {"parts": [{"text": text}]}}
        if wanted.dimensions is not None:
            request["outputDimensionality"] = wanted.dimensions
        requests.append(request)
    return _encode(requests[0] if len(requests) == 1 else {"requests": requests})


# --- answers


def _read_openai(body: bytes) -> tuple[Vectors, Usage | None]:
    answer = plain.decoded(_openai, body, "list of embeddings")
    if answer.error:
        raise openai_errors.fault_inside(answer.error, body, embeddings.ID)
    if answer.data is None:
        raise AnswerMalformed("the answer has no embeddings")
    rows = sorted(enumerate(answer.data), key=lambda row: row[0] if row[1].index is None else row[1].index)
    return [_numbers(row.embedding) for _, row in rows], openai_usage_of(answer.usage)


def _read_gemini(body: bytes) -> tuple[Vectors, Usage | None]:
    answer = plain.decoded(_gemini, body, "embedding")
    if answer.error:
        raise fault_inside(answer.error, body)
    found = answer.embeddings if answer.embedding is None else [answer.embedding]
    if found is None:
        raise AnswerMalformed("the answer has no embedding")
    counts = answer.usage_metadata
    told = usage_of(counts) if counts is not None and counts.prompt_token_count else None
    return [one.values for one in found], told


def _numbers(vector: msgspec.Raw) -> msgspec.Raw:
    """A vector as a list of numbers; some hosts send base64 whatever was asked for."""
    text = bytes(vector)
    if text[:1] != b'"':
        return vector
    try:
        raw = base64.b64decode(_text(text), validate=True)
        return msgspec.Raw(_encode(struct.unpack(f"<{len(raw) // 4}f", raw)))
    except (ValueError, struct.error):
        raise AnswerMalformed("an embedding is neither numbers nor base64 of them") from None


def _as_openai(vectors: Vectors, usage: Usage, wanted: Wanted) -> bytes:
    rows = [
        {"object": "embedding", "index": at, "embedding": _packed(vector) if wanted.packed else vector}
        for at, vector in enumerate(vectors)
    ]
    told = {"prompt_tokens": usage.input, "total_tokens": usage.input}
    return _encode({"object": "list", "data": rows, "model": wanted.model, "usage": told})


def _packed(vector: msgspec.Raw) -> str:
    """32-bit floats, little-endian, in base64: what OpenAI's SDKs ask for unless told otherwise."""
    try:
        numbers = _floats(bytes(vector))
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    except (ValueError, OverflowError, struct.error):
        raise AnswerMalformed("an embedding is no list of numbers") from None


def _as_gemini(vectors: Vectors, usage: Usage, client: str) -> bytes:
    told: dict[str, object] = {} if usage.estimated else {"usageMetadata": {"promptTokenCount": usage.input}}
    values = [{"values": vector} for vector in vectors]
    if client == gemini_embed_content.ID:
        return _encode({"embedding": values[0], **told})
    return _encode({"embeddings": values, **told})
