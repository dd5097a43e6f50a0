"""OpenAI moderations on both sides: what a body asks for, how refusals look, and reading answers.

It judges no text: the provider does, and its verdict is handed on as it is. Called by ``edge`` and ``providers``.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed
from torana.dialects import json_text, openai_errors, plain
from torana.dialects.openai_usage import usage_of
from torana.ports.dialect import StreamDecoder

ID = "moderations"
OPERATION = "moderations"
PATHS: tuple[str, ...] = ("/v1/moderations",)
CARRIES: frozenset[bytes] = frozenset()

DEFAULT_MODEL = "omni-moderation-latest"
"""What a body without a model means: https://platform.openai.com/docs/api-reference/moderations/create."""


class _Part(msgspec.Struct, gc=False):
    type: str


class _Body(msgspec.Struct, gc=False):
    input: str | list[str | _Part]
    model: str | None = None


class _Answer(msgspec.Struct, gc=False):
    results: list[msgspec.Raw] | None = None
    usage: object = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    wanted = json_text.decode_request(body, _body)
    if isinstance(wanted.input, list) and not wanted.input:
        raise GatewayError("REQUEST_INVALID", "input: expected at least one text or part.", param="input")
    return Ask(wanted.model or DEFAULT_MODEL, max_tokens=0)


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body with the provider's name of the model, written into it when the body named none.

    A provider's default need not be the one that was judged and priced here.
    """
    if json_text.member(body, "model") in (None, b"null", b'""'):
        return json_text.changed(body, {"model": msgspec.json.encode(model)})
    return plain.retarget(body, ask, model, stream_usage)


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder that refuses everything."""
    return plain.NoStream("a moderation")


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    answer = plain.decoded(_answer, body, "moderation")
    if answer.error:
        raise openai_errors.fault_inside(answer.error, body, ID)
    if answer.results is None:
        raise AnswerMalformed("the answer has no results")
    return Chunk(body, True, usage_of(answer.usage))
