"""Gemini's batchEmbedContents: many contents in, a vector for each. It decodes no vector.

The model stands in the path and in each request, and must be the same: ``edge`` tells it. Used by ``edge`` and
``providers``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed
from torana.dialects import gemini_errors, json_text, plain
from torana.dialects.codecs.gemini_answer import Counts, fault_inside, usage_of
from torana.dialects.gemini_path import retold, same_model
from torana.ports.dialect import StreamDecoder

ID = "gemini_batch_embed"
OPERATION = "embeddings"
PATHS: tuple[str, ...] = ("/v1beta/models/{model}:batchEmbedContents",)
CARRIES: frozenset[bytes] = frozenset()


class _Request(msgspec.Struct, gc=False):
    content: dict[str, msgspec.Raw]
    model: str | None = None


class _Body(msgspec.Struct, gc=False):
    """https://ai.google.dev/api/embeddings#method:-models.batchembedcontents."""

    requests: Annotated[list[_Request], msgspec.Meta(min_length=1)]


class _Answer(msgspec.Struct, rename="camel", gc=False):
    embeddings: list[msgspec.Raw] | None = None
    usage_metadata: Counts | None = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


def read(body: bytes) -> Ask:
    """What a body asks for that names its model itself. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    return read_named(body, "", "")


def read_named(body: bytes, model: str, method: str) -> Ask:
    """What the body asks for under this model of the path. Raises GatewayError REQUEST_INVALID."""
    wanted = json_text.decode_request(body, _body)
    first = model or next((one.model for one in wanted.requests if one.model), "").removeprefix("models/")
    for at, one in enumerate(wanted.requests):
        same_model(one.model, first, f"requests[{at}].model")
    return Ask(first or None, max_tokens=0)


refuse = gemini_errors.refuse
refuse_event = gemini_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body with the provider's name of the model in each request that has one; the same object when none changes."""
    if json_text.surely_absent(body, "model"):
        return body
    given = [bytes(one) for one in _items(json_text.member(body, "requests") or b"[]")]
    told = [retold(one, model, inner=True) for one in given]
    return body if told == given else json_text.changed(body, {"requests": b"[" + b",".join(told) + b"]"})


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder that refuses everything."""
    return plain.NoStream("a list of embeddings")


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault, AnswerMalformed."""
    answer = plain.decoded(_answer, body, "list of embeddings")
    if answer.error:
        raise fault_inside(answer.error, body)
    if answer.embeddings is None:
        raise AnswerMalformed("the answer has no embeddings")
    return Chunk(body, True, usage_of(answer.usage_metadata) if answer.usage_metadata is not None else None)
