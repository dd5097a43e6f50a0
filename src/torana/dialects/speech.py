"""OpenAI speech on both sides: what a body asks for, how refusals look, and handing sound on.

It hears nothing: sound is bytes, handed on as they come, or events when they were asked for. Called by ``edge`` and
``providers``.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed
from torana.dialects import json_text, openai_errors, plain
from torana.dialects.typed_stream import TypedStream
from torana.ports.dialect import StreamDecoder

ID = "speech"
OPERATION = "speech"
PATHS: tuple[str, ...] = ("/v1/audio/speech",)
CARRIES: frozenset[bytes] = frozenset()
ANSWERS = ("audio/", "application/octet-stream")
"""Content types of its answers beside JSON, as they begin."""
PASSED = ANSWERS
"""Those whose bytes are handed on as they come."""

TOKENS_A_BYTE = 4
"""The most tokens of sound for a byte of text, from https://platform.openai.com/docs/pricing: about 1,250 tokens a
minute (0.015 dollars at 12 a million), at five bytes of text a second, a third of an ordinary speaker's speed."""


class _Body(msgspec.Struct, gc=False):
    """https://platform.openai.com/docs/api-reference/audio/createSpeech; the members we must know."""

    input: str
    model: str | None = None
    stream_format: str | None = None


class _Refusal(msgspec.Struct, gc=False):
    error: object = None


_body = msgspec.json.Decoder(_Body)
_refusal = msgspec.json.Decoder(_Refusal).decode


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    wanted = json_text.decode_request(body, _body)
    most = TOKENS_A_BYTE * len(wanted.input.encode())
    units = (("characters", len(wanted.input)),)
    return Ask(wanted.model, wanted.stream_format == "sse", max_tokens=most, units=units)


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event
retarget = plain.retarget


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return TypedStream("speech.audio.done", ID, ask.max_tokens or 1)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """Sound that was read whole, as one chunk. Raises StatusFault for an error in its place, AnswerMalformed for no sound at all."""
    if not body:
        raise AnswerMalformed("the answer has no sound")
    if body[:1] == b"{":
        try:
            error = _refusal(body).error
        except (ValueError, RecursionError):  # raw samples may begin with any byte
            return Chunk(body)
        if error:
            raise openai_errors.fault_inside(error, body, ID)
        raise AnswerMalformed("the answer is JSON and no sound")
    return Chunk(body)
