"""Anthropic's Messages dialect: what requests ask for, what answers mean, how refusals look. Bytes stay exact.

It translates nothing yet: it reaches providers that speak it themselves. Used by ``edge`` and ``providers``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed
from torana.dialects import anthropic_errors, json_text
from torana.dialects.anthropic_stream import Counts, MessageStream, usage_of
from torana.dialects.sealed import NONE, beginnings
from torana.ports.dialect import StreamDecoder

ID = "anthropic_messages"
OPERATION = "chat"
PATHS = ("/v1/messages",)
CARRIES = frozenset({b"anthropic-version", b"anthropic-beta"})
"""Request headers that belong to the dialect; the provider decides which values go on."""

_MAX_TOKENS = Annotated[int, msgspec.Meta(ge=0)]


class _Part(msgspec.Struct, gc=False):
    type: str = ""
    signature: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()


class _Message(msgspec.Struct, gc=False):
    role: str
    content: str | list[_Part]


class _Body(msgspec.Struct, gc=False):
    messages: Annotated[list[_Message], msgspec.Meta(min_length=1)]
    model: str | None = None
    stream: bool | None = None
    max_tokens: _MAX_TOKENS | None = None
    tools: list[msgspec.Raw] | None = None


class _Answer(msgspec.Struct, gc=False):
    type: str = ""
    content: list[msgspec.Raw] | None = None
    usage: Counts | None = None
    stop_reason: str | None = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode
_SEALED = frozenset({"thinking", "redacted_thinking"})
_NEEDS = {"image": "vision", "document": "documents"}


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    wanted = json_text.decode_request(body, _body)
    return Ask(wanted.model, bool(wanted.stream), wanted.max_tokens, needs=_needs(wanted), sealed=_sealed(wanted))


def _needs(wanted: _Body) -> frozenset[str]:
    kinds = (part.type for message in wanted.messages if isinstance(message.content, list) for part in message.content)
    needs = {need for kind in kinds if (need := _NEEDS.get(kind)) is not None}
    if wanted.tools:
        needs.add("tools")
    return frozenset(needs)


def _sealed(wanted: _Body) -> tuple[str, ...]:
    raws: list[msgspec.Raw] = []
    for message in wanted.messages:
        if isinstance(message.content, list):
            for part in message.content:
                if part.type in _SEALED:
                    raws += (part.signature, part.data)
    return beginnings(raws) if raws else NONE


refuse = anthropic_errors.refuse
refuse_event = anthropic_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body with another model name; the same object when it stays. Streams of this API always tell their usage."""
    return json_text.changed(body, {"model": msgspec.json.encode(model)}) if model != ask.model else body


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return MessageStream(ID)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole plain answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    try:
        if not body.isascii():
            str(body, "utf-8")
        answer = _answer(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is no message") from None
    if answer.type == "error" or answer.error:
        raise anthropic_errors.fault_inside(answer.error, body, ID)
    if answer.content is None:
        raise AnswerMalformed("the answer has no content")
    return Chunk(body, True, usage_of(answer.usage) if answer.usage else None, answer.stop_reason)
