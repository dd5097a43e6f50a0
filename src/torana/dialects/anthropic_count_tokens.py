"""Counting the tokens of a message before it is sent: plain, free of charge, answered by the provider or estimated here.

Errors and the request's reading are those of the Messages dialect's family. Used by ``edge`` and ``providers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk, Usage
from torana.core.faults import AnswerMalformed, UpstreamFault
from torana.dialects import anthropic_errors, json_text, token_estimate
from torana.ports.dialect import StreamDecoder

ID = "anthropic_count_tokens"
OPERATION = "count_tokens"
PATHS = ("/v1/messages/count_tokens",)
CARRIES = frozenset({b"anthropic-version", b"anthropic-beta"})

FREE = Usage()
"""Counting is not billed: https://docs.anthropic.com/en/docs/build-with-claude/token-counting"""

COUNTED = ("system", "messages", "tools")
"""What of a request the model reads."""


class _Body(msgspec.Struct, gc=False):
    messages: Annotated[list[dict[str, msgspec.Raw]], msgspec.Meta(min_length=1)]
    model: str | None = None


class _Answer(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    type: str = ""
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    model = json_text.decode_request(body, _body).model
    return Ask(model, max_tokens=0, counted_bytes=0, estimated=estimated)


def estimated(body: bytes) -> Chunk:
    """The count as we make it ourselves. Raises GatewayError REQUEST_INVALID."""
    members = token_estimate.members(body)
    tokens = token_estimate.tokens_of(members.get(name) for name in COUNTED)
    return Chunk(msgspec.json.encode({"input_tokens": tokens}), True, FREE, "counted")


refuse = anthropic_errors.refuse
refuse_event = anthropic_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body with another model name; the same object when it stays."""
    return json_text.changed(body, {"model": msgspec.json.encode(model)}) if model != ask.model else body


class _NoStream:
    """Counts never stream: whatever a provider streams is malformed."""

    __slots__ = ()
    fault: UpstreamFault | None = None

    def feed(self, data: bytes) -> Sequence[Chunk]:
        raise AnswerMalformed("a count does not stream")

    def finish(self) -> Sequence[Chunk]:
        raise AnswerMalformed("a count does not stream")


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder that refuses everything."""
    return _NoStream()


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """The count as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    try:
        answer = _answer(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is no count") from None
    if answer.type == "error" or answer.error:
        raise anthropic_errors.fault_inside(answer.error, body, ID)
    if answer.input_tokens is None:
        raise AnswerMalformed("the answer has no count")
    return Chunk(body, True, FREE, "counted")
