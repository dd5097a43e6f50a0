"""Gemini's countTokens: plain, free of charge, answered by the provider or estimated here. Used by ``edge`` and ``providers``."""

from __future__ import annotations

import msgspec

from torana.core.call import Ask, Chunk, Usage
from torana.core.errors import GatewayError
from torana.dialects import gemini_errors, json_text, plain, token_estimate
from torana.dialects.codecs.gemini_answer import fault_inside
from torana.dialects.gemini_path import retold, same_model
from torana.ports.dialect import StreamDecoder

ID = "gemini_count_tokens"
OPERATION = "count_tokens"
PATHS: tuple[str, ...] = ("/v1beta/models/{model}:countTokens",)
CARRIES: frozenset[bytes] = frozenset()

FREE = Usage()
"""Counting is not billed: https://ai.google.dev/gemini-api/docs/tokens"""
_WHOLE = "generateContentRequest"
"""The member for a whole request, system words and tools included, instead of its contents alone."""

COUNTED = ("contents", "systemInstruction", "tools", "generationConfig")
"""What Vertex AI counts of a request."""


class _Request(msgspec.Struct, gc=False):
    model: str | None = None


class _Body(msgspec.Struct, rename="camel", gc=False):
    contents: list[dict[str, msgspec.Raw]] | None = None
    generate_content_request: _Request | None = None
    model: str | None = None


class _Answer(msgspec.Struct, rename="camel", gc=False):
    total_tokens: int | None = None
    error: object = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What a body asks for that names its model itself. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    return read_named(body, "", "")


def read_named(body: bytes, model: str, method: str) -> Ask:
    """What the body asks for under this model of the path. Raises GatewayError REQUEST_INVALID."""
    wanted = json_text.decode_request(body, _body)
    inner = wanted.generate_content_request
    if not wanted.contents and inner is None:
        raise GatewayError("REQUEST_INVALID", f"The member contents, or {_WHOLE}, is missing.", param="contents")
    told = wanted.model or (inner.model if inner is not None else None)
    same_model(told, model, "model")
    name = model or (told or "").removeprefix("models/") or None
    return Ask(name, max_tokens=0, counted_bytes=0, estimated=estimated)


def estimated(body: bytes) -> Chunk:
    """The count as we make it ourselves. Raises GatewayError REQUEST_INVALID."""
    members = token_estimate.members(body)
    inner = members.get(_WHOLE)
    whole = inner if isinstance(inner, dict) else members
    tokens = token_estimate.tokens_of(whole.get(name) for name in ("contents", "systemInstruction", "tools"))
    return Chunk(msgspec.json.encode({"totalTokens": tokens}), True, FREE, "counted")


refuse = gemini_errors.refuse
refuse_event = gemini_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body with the provider's name of the model wherever it names one; the same object when nothing changes."""
    inner = None if json_text.surely_absent(body, _WHOLE) else json_text.member(body, _WHOLE)
    if inner is not None and inner != b"null":
        told = retold(inner, model, inner=True)
        if told != inner:
            body = json_text.changed(body, {_WHOLE: told})
    return retold(body, model) if inner is None else body


def unwrapped(body: bytes) -> bytes:
    """The body as Vertex AI takes it, which knows no whole request: the members of one stand beside each other, without
    a model. The same object where there is none.

    Members of the whole request that its ``countTokens`` does not know (safety settings …) count for nothing and go.
    Source: cloud.google.com, "Method: models.countTokens".
    """
    inner = None if json_text.surely_absent(body, _WHOLE) else json_text.member(body, _WHOLE)
    changes: dict[str, bytes | None] = {} if json_text.surely_absent(body, "model") else {"model": None}
    if inner is not None:
        counted = {name: json_text.member(inner, name) for name in COUNTED} if inner != b"null" else {}
        changes |= {_WHOLE: None, **{name: value for name, value in counted.items() if value is not None}}
    return json_text.changed(body, changes) if changes else body


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder that refuses everything."""
    return plain.NoStream("a count")


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """The count as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed.

    A count of nothing may be left out, as Google's JSON does with zeros.
    """
    answer = plain.decoded(_answer, body, "count")
    if answer.error:
        raise fault_inside(answer.error, body)
    return Chunk(body, True, FREE, "counted")
