"""Reads what a request for embeddings wants, in OpenAI's words or Gemini's, as far as both can say it.

It decides what cannot be carried over and what goes unsaid. Called by ``embedding_translation``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, NoReturn

import msgspec

from torana.core.errors import GatewayError
from torana.dialects import json_text
from torana.dialects.codecs.gemini_schema import camelled


class Wanted(NamedTuple):
    """Texts that vectors are wanted of, one each."""

    texts: tuple[str, ...]
    dimensions: int | None = None
    packed: bool = False
    """Whether the vectors are wanted in base64."""
    dropped: tuple[str, ...] = ()
    """Members that the other side has no word for."""
    model: str = ""


class _OpenAI(msgspec.Struct, gc=False):
    input: str | list[str | int | list[int]]
    dimensions: int | None = None
    encoding_format: str | None = None


class _Part(msgspec.Struct, gc=False):
    text: str | None = None


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part] | None = None


class _One(msgspec.Struct, rename="camel", gc=False):
    content: _Content
    output_dimensionality: int | None = None


class _Batch(msgspec.Struct, gc=False):
    requests: list[_One]


_openai = msgspec.json.Decoder(_OpenAI)
_one = msgspec.json.Decoder(_One)
_batch = msgspec.json.Decoder(_Batch)
_any = msgspec.json.Decoder().decode
_SAID_OPENAI = frozenset({"input", "model", "dimensions", "encoding_format"})
_SAID_GEMINI = frozenset({"content", "model", "outputDimensionality"})


def read_openai(body: bytes) -> Wanted:
    """Of an OpenAI body. Raises GatewayError CAPABILITY_MISSING for tokens: only OpenAI's models know their numbers."""
    wanted = json_text.decode_request(body, _openai)
    given = [wanted.input] if isinstance(wanted.input, str) else wanted.input
    texts = tuple(text for text in given if isinstance(text, str))
    if len(texts) != len(given):
        _missing("token input", "This model's provider takes texts, not lists of tokens.")
    dropped = _unsaid([_any(body)], _SAID_OPENAI)
    return Wanted(texts, wanted.dimensions, wanted.encoding_format == "base64", dropped)


def read_one(body: bytes) -> Wanted:
    """Of an embedContent body. Raises GatewayError CAPABILITY_MISSING for parts that are no text."""
    words = _words(body)
    wanted = json_text.decode_request(words, _one)
    return Wanted((_text(wanted.content),), wanted.output_dimensionality, dropped=_unsaid([_any(words)], _SAID_GEMINI))


def read_batch(body: bytes) -> Wanted:
    """Of a batchEmbedContents body. Raises GatewayError CAPABILITY_MISSING, also for vectors of different lengths."""
    words = _words(body)
    requests = json_text.decode_request(words, _batch).requests
    sizes = {one.output_dimensionality for one in requests}
    if len(sizes) > 1:
        _missing("outputDimensionality", "This model's provider makes all vectors of a request of one length.")
    dropped = _unsaid(_any(words)["requests"], _SAID_GEMINI)
    return Wanted(tuple(_text(one.content) for one in requests), next(iter(sizes), None), dropped=dropped)


def _words(body: bytes) -> bytes:
    """The body in the API's own words; one that is nested too deep for that stays, and what it says so goes unsaid."""
    try:
        return camelled(body)
    except RecursionError:
        return body


def _text(content: _Content) -> str:
    parts = content.parts or []
    texts = [part.text for part in parts if part.text is not None]
    if len(texts) != len(parts):
        _missing("media", "This model's provider makes vectors of texts alone.")
    return "\n".join(texts)


def _unsaid(objects: Iterable[dict[str, object]], said: frozenset[str]) -> tuple[str, ...]:
    names = (name for one in objects for name, value in one.items() if value is not None and name not in said)
    return tuple(dict.fromkeys(names))


def _missing(what: str, message: str) -> NoReturn:
    raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [what]})
