"""OpenAI embeddings on both sides: what a body asks for, how refusals look, and reading answers.

It decodes no vector: answers are handed on as they are. Called by ``edge`` (client side) and ``providers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, UpstreamFault
from torana.dialects import json_text, openai_errors
from torana.dialects.openai_usage import usage_of
from torana.ports.dialect import StreamDecoder

ID = "embeddings"
OPERATION = "embeddings"
PATHS: tuple[str, ...] = ("/v1/embeddings",)
CARRIES: frozenset[bytes] = frozenset()

_FORMATS = ("float", "base64")


class _Body(msgspec.Struct, gc=False):
    """https://platform.openai.com/docs/api-reference/embeddings/create."""

    input: str | list[str | int | list[int]]
    model: str | None = None
    encoding_format: str | None = None
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=1 << 20)] | None = None
    user: str | None = None


class _Answer(msgspec.Struct, gc=False):
    data: list[msgspec.Raw] | None = None
    usage: object = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    wanted = json_text.decode_request(body, _body)
    given = wanted.input
    if not given:
        raise GatewayError("REQUEST_INVALID", "input: expected at least one text or token list.", param="input")
    if isinstance(given, list):
        kinds = set(map(type, given))
        if len(kinds) > 1:
            message = "input: expected texts, or tokens, or lists of tokens, not a mixture."
            raise GatewayError("REQUEST_INVALID", message, param="input")
    if wanted.encoding_format is not None and wanted.encoding_format not in _FORMATS:
        message = "encoding_format: expected float or base64."
        raise GatewayError("REQUEST_INVALID", message, param="encoding_format")
    numbers = isinstance(given, list) and not isinstance(given[0], str)
    return Ask(wanted.model, max_tokens=0, user=wanted.user, unread="input" if numbers else "")


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body with the provider's name of the model; the same object when that is the caller's name."""
    return body if model == ask.model else json_text.changed(body, {"model": msgspec.json.encode(model)})


class _NoStream:
    """Embeddings never stream: whatever a provider streams is malformed."""

    __slots__ = ()
    fault: UpstreamFault | None = None

    def feed(self, data: bytes) -> Sequence[Chunk]:
        raise AnswerMalformed("embeddings do not stream")

    def finish(self) -> Sequence[Chunk]:
        raise AnswerMalformed("embeddings do not stream")


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder that refuses everything, for embeddings have no streams."""
    return _NoStream()


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault, AnswerMalformed."""
    try:
        if not body.isascii():
            str(body, "utf-8")
        answer = _answer(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is no list of embeddings") from None
    if answer.error:
        raise openai_errors.fault_inside(answer.error, body, ID)
    if answer.data is None:
        raise AnswerMalformed("the answer has no embeddings")
    return Chunk(body, True, usage_of(answer.usage))
