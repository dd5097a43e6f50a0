"""Gemini's generateContent and streamGenerateContent: what requests ask for, what answers mean. Bytes stay exact.

The model and whether to stream stand in the path: ``edge`` tells them. Used by ``edge`` and ``providers``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk
from torana.dialects import gemini_errors, json_text, plain
from torana.dialects.codecs.gemini_answer import fault_inside
from torana.dialects.codecs.gemini_schema import camelled
from torana.dialects.gemini_path import retold, same_model
from torana.dialects.gemini_stream import Answer, ContentStream, chunk_of
from torana.dialects.sealed import NONE, beginnings
from torana.ports.dialect import StreamDecoder

ID = "gemini_content"
OPERATION = "chat"
STREAM_METHOD = "streamGenerateContent"
PATHS: tuple[str, ...] = ("/v1beta/models/{model}:generateContent", "/v1beta/models/{model}:streamGenerateContent")
CARRIES: frozenset[bytes] = frozenset()

_SIZE = Annotated[int, msgspec.Meta(ge=0)]


class _Media(msgspec.Struct, rename="camel", gc=False):
    mime_type: str | None = None


class _Part(msgspec.Struct, rename="camel", gc=False):
    inline_data: _Media | None = None
    file_data: _Media | None = None
    thought_signature: msgspec.Raw = msgspec.Raw()


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part] | None = None


class _Config(msgspec.Struct, rename="camel", gc=False):
    max_output_tokens: _SIZE | None = None
    candidate_count: _SIZE | None = None
    response_schema: object = None
    response_json_schema: object = None


class _Body(msgspec.Struct, rename="camel", gc=False):
    contents: Annotated[list[_Content], msgspec.Meta(min_length=1)]
    model: str | None = None
    tools: list[msgspec.Raw] | None = None
    generation_config: _Config | None = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(Answer).decode
_NEEDS = {"image": "vision", "video": "vision", "audio": "audio", "application": "documents"}
_NOTHING: frozenset[str] = frozenset()


def read(body: bytes) -> Ask:
    """What a body asks for that names its model itself. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    return read_named(body, "", "")


def read_named(body: bytes, model: str, method: str) -> Ask:
    """What the body asks for under this model and method of the path. Raises GatewayError REQUEST_INVALID."""
    try:
        words = camelled(body)
    except (ValueError, RecursionError):
        words = body  # what cannot be read is refused below, in words
    wanted = json_text.decode_request(words, _body)
    config = wanted.generation_config or _Config()
    same_model(wanted.model, model, "model")
    told = (wanted.model or "").removeprefix("models/")
    stream = method == STREAM_METHOD
    return Ask(
        model or told or None,
        stream,
        config.max_output_tokens,
        candidates=config.candidate_count or 1,
        needs=_needs(wanted, config),
        sealed=_sealed(wanted),
    )


def _needs(wanted: _Body, config: _Config) -> frozenset[str]:
    needs = []
    if wanted.tools:
        needs.append("tools")
    if config.response_schema is not None or config.response_json_schema is not None:
        needs.append("json_schema")
    for content in wanted.contents:
        for part in content.parts or ():
            media = part.inline_data or part.file_data
            if media is not None:
                family = (media.mime_type or "").partition("/")[0]
                needs.append(_NEEDS.get(family, "documents"))
    return frozenset(needs) if needs else _NOTHING


def _sealed(wanted: _Body) -> tuple[str, ...]:
    raws = [part.thought_signature for content in wanted.contents for part in content.parts or ()]
    return beginnings(raws) if any(map(bytes, raws)) else NONE


def bound(body: bytes, most: int) -> bytes:
    """The body with each answer bounded, under whichever of its two spellings the settings stand."""
    tokens = b"%d" % most
    for name in ("generationConfig", "generation_config"):
        settings = json_text.member(body, name)
        if settings is not None and settings != b"null":
            bounded = json_text.rewritten(settings, {"maxOutputTokens": tokens, "max_output_tokens": None})
            return json_text.changed(body, {name: bounded})
    return json_text.changed(body, {"generationConfig": b'{"maxOutputTokens":%d}' % most})


refuse = gemini_errors.refuse
refuse_event = gemini_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body, where it names its model at all, with the provider's name of it; else the same object."""
    return retold(body, model)


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return ContentStream()


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole plain answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    answer = plain.decoded(_answer, body, "answer of generateContent")
    if answer.error:
        raise fault_inside(answer.error, body)
    return chunk_of(answer, body)
