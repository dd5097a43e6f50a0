"""Gemini's embedContent: one content in, one vector out. It decodes no vector.

The model stands in the path: ``edge`` tells it. Used by ``edge`` and ``providers``.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed
from torana.dialects import gemini_errors, json_text, plain
from torana.dialects.codecs.gemini_answer import Counts, fault_inside, usage_of
from torana.dialects.gemini_path import retold, same_model
from torana.ports.dialect import StreamDecoder

ID = "gemini_embed_content"
OPERATION = "embeddings"
PATHS: tuple[str, ...] = ("/v1beta/models/{model}:embedContent",)
CARRIES: frozenset[bytes] = frozenset()


class _Body(msgspec.Struct, gc=False):
    """https://ai.google.dev/api/embeddings#method:-models.embedcontent."""

    content: dict[str, msgspec.Raw]
    model: str | None = None


class _Answer(msgspec.Struct, rename="camel", gc=False):
    embedding: msgspec.Raw = msgspec.Raw()
    usage_metadata: Counts | None = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_ABSENT = (b"", b"null")
_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What a body asks for that names its model itself. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    return read_named(body, "", "")


def read_named(body: bytes, model: str, method: str) -> Ask:
    """What the body asks for under this model of the path. Raises GatewayError REQUEST_INVALID."""
    wanted = json_text.decode_request(body, _body)
    same_model(wanted.model, model, "model")
    return Ask(model or (wanted.model or "").removeprefix("models/") or None, max_tokens=0)


refuse = gemini_errors.refuse
refuse_event = gemini_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body, where it names its model at all, with the provider's name of it; else the same object."""
    return retold(body, model)


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder that refuses everything."""
    return plain.NoStream("an embedding")


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault, AnswerMalformed."""
    answer = plain.decoded(_answer, body, "embedding")
    if answer.error:
        raise fault_inside(answer.error, body)
    if bytes(answer.embedding) in _ABSENT:
        raise AnswerMalformed("the answer has no embedding")
    return Chunk(body, True, usage_of(answer.usage_metadata) if answer.usage_metadata is not None else None)
