"""OpenAI embeddings said to Cohere's v2 embed, and its answer said back: https://docs.cohere.com/reference/embed.

It changes no number. Called by ``providers`` for prompts in the dialect ``embeddings``.
"""

from __future__ import annotations

import base64
import struct

import msgspec

from torana.core.call import Ask, Chunk, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import plain
from torana.dialects.codecs.cohere_chat_answer import usage_of
from torana.dialects.strict import refuse_lost
from torana.ports.dialect import StreamDecoder

ID = "cohere_embed"
PATH = "/v2/embed"
_SAID = frozenset({"model", "input", "encoding_format", "dimensions", "input_type", "truncate"})


class _Body(msgspec.Struct, gc=False):
    input: str | list[msgspec.Raw]
    encoding_format: str | None = None
    dimensions: int | None = None
    input_type: str | None = None
    truncate: str | None = None


class _Vectors(msgspec.Struct, gc=False):
    floats: list[list[float]] | None = msgspec.field(name="float", default=None)


class _Answer(msgspec.Struct, gc=False):
    embeddings: _Vectors | None = None
    meta: object = None
    message: str | None = None


_body = msgspec.json.Decoder(_Body).decode
_names = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_texts = msgspec.json.Decoder(list[str]).decode
_answer = msgspec.json.Decoder(_Answer).decode
_encode = msgspec.json.encode


class EmbedTranslation:
    """One request and its answer. Has the upstream side of ``ports.dialect``."""

    __slots__ = ("ID", "_base64", "_model", "body", "headers")

    def __init__(self, prompt: Prompt, model: str, input_type: str) -> None:
        """``input_type``: what the texts are for, where the caller does not say.

        Raises GatewayError CAPABILITY_MISSING for tokens in the place of texts. ``prompt`` was read by ``embeddings``.
        """
        self.ID = ID
        wanted = _body(prompt.body)
        told: dict[str, object] = {
            "model": model,
            "texts": _texts_of(wanted, prompt.body),
            "input_type": wanted.input_type or input_type,
            "embedding_types": ["float"],
        }
        if wanted.dimensions is not None:
            told["output_dimension"] = wanted.dimensions
        if wanted.truncate:
            told["truncate"] = wanted.truncate
        lost = sorted(_names(prompt.body).keys() - _SAID)
        refuse_lost(prompt, lost)
        dropped = ", ".join(lost)
        self.headers: tuple[tuple[str, str], ...] = (("x-torana-dropped", dropped),) if dropped else ()
        """What the caller is told of it."""
        self.body = _encode(told)
        self._base64 = wanted.encoding_format == "base64"
        self._model = prompt.model

    def retarget(self, body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
        """The provider's body, whatever the caller's was."""
        return self.body

    def decoder(self, ask: Ask) -> StreamDecoder:
        """A decoder that refuses everything."""
        return plain.NoStream("embedding")

    def read_answer(self, body: bytes, ask: Ask) -> Chunk:
        """The answer in OpenAI's shape. Raises StatusFault for an error inside a 200, AnswerMalformed."""
        answer = plain.decoded(_answer, body, "list of embeddings")
        if answer.embeddings is None or answer.embeddings.floats is None:
            if answer.message:
                raise StatusFault(502, body, dialect=ID)
            raise AnswerMalformed("the answer has no embeddings")
        usage = usage_of(answer.meta)
        count = usage.input if usage is not None else 0
        data = [
            {"object": "embedding", "index": index, "embedding": _packed(vector) if self._base64 else vector}
            for index, vector in enumerate(answer.embeddings.floats)
        ]
        counts = {"prompt_tokens": count, "total_tokens": count}
        wire = _encode({"object": "list", "data": data, "model": self._model, "usage": counts})
        return Chunk(wire, True, Usage(usage.uncached, usage.cache_read) if usage is not None else None)


def _texts_of(wanted: _Body, body: bytes) -> list[str]:
    if isinstance(wanted.input, str):
        return [wanted.input]
    try:
        return _texts(_names(body)["input"])
    except msgspec.ValidationError:
        message = "This model's provider takes texts for embeddings, not tokens."
        raise GatewayError("CAPABILITY_MISSING", message, param="input", details={"missing": ["token_input"]}) from None


def _packed(vector: list[float]) -> str:
    """Little-endian float32 in base64, as OpenAI's SDKs ask for and read it."""
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except OverflowError:
        raise AnswerMalformed("a number of the embedding is too large") from None
