"""Sources and token probabilities of an answer, from Gemini's shapes to those of the events and back.

Places in a text are counted in bytes there and in characters here. Called by ``gemini_answer`` and ``gemini_writer``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from torana.core.events import Cited
from torana.dialects.codecs.openai_logprobs import Token, tokens_in


class _Citation(msgspec.Struct, rename="camel"):
    start_index: int | None = None
    end_index: int | None = None
    uri: str | None = None
    title: str | None = None


class Citations(msgspec.Struct, rename="camel"):
    """``citationMetadata``; Vertex calls the list ``citations``."""

    citation_sources: list[_Citation] | None = None
    citations: list[_Citation] | None = None


class _Web(msgspec.Struct, rename="camel"):
    uri: str | None = None
    title: str | None = None


class _GroundingChunk(msgspec.Struct, rename="camel"):
    web: _Web | None = None


class _Segment(msgspec.Struct, rename="camel"):
    text: str | None = None


class _Support(msgspec.Struct, rename="camel"):
    segment: _Segment | None = None
    grounding_chunk_indices: list[int] | None = None


class Grounding(msgspec.Struct, rename="camel"):
    """``groundingMetadata``: sources, and which of them support which words."""

    grounding_chunks: list[_GroundingChunk] | None = None
    grounding_supports: list[_Support] | None = None


class _Token(msgspec.Struct, rename="camel"):
    token: str = ""
    log_probability: float = 0.0


class _Top(msgspec.Struct, rename="camel"):
    candidates: list[_Token] | None = None


class Logprobs(msgspec.Struct, rename="camel"):
    """``logprobsResult``."""

    chosen_candidates: list[_Token] | None = None
    top_candidates: list[_Top] | None = None


_encode = msgspec.json.encode


def cited(citations: Citations, text: str, candidate: int) -> Iterator[Cited]:
    """The sources that an answer repeats. ``text``: what the candidate has said so far."""
    raw = text.encode()
    for one in citations.citation_sources or citations.citations or ():
        start = None if one.start_index is None and one.end_index is None else one.start_index or 0
        yield Cited(
            one.uri or "",
            one.title or "",
            start=None if start is None else _characters(raw, start),
            end=None if one.end_index is None else _characters(raw, one.end_index),
            candidate=candidate,
        )


def _characters(raw: bytes, place: int) -> int:
    return len(raw[: max(place, 0)].decode("utf-8", "ignore"))


def grounded(grounding: Grounding, candidate: int) -> Iterator[Cited]:
    """The sources that an answer rests on, with the words they support; those that support no words come alone."""
    chunks = [chunk.web for chunk in grounding.grounding_chunks or ()]
    used: set[int] = set()
    for support in grounding.grounding_supports or ():
        quote = (support.segment and support.segment.text) or ""
        for at in support.grounding_chunk_indices or ():
            web = chunks[at] if 0 <= at < len(chunks) else None
            if web is not None:
                used.add(at)
                yield Cited(web.uri or "", web.title or "", quote, candidate=candidate)
    for at, web in enumerate(chunks):
        if web is not None and at not in used:
            yield Cited(web.uri or "", web.title or "", candidate=candidate)


def citation(source: Cited, text: str) -> dict[str, object]:
    """A source as Gemini tells it."""
    told: dict[str, object] = {}
    if source.start is not None:
        told["startIndex"] = len(text[: source.start].encode())
    if source.end is not None:
        told["endIndex"] = len(text[: source.end].encode())
    if source.url:
        told["uri"] = source.url
    if source.title:
        told["title"] = source.title
    return told


def openai_logprobs(result: Logprobs) -> bytes:
    """JSON text of the list that events carry; empty when there is none."""
    tops = result.top_candidates or []
    tokens = [
        _ours_of(token, tops[at].candidates if at < len(tops) else None)
        for at, token in enumerate(result.chosen_candidates or ())
    ]
    return _encode(tokens) if tokens else b""


def _ours_of(token: _Token, tops: Sequence[_Token] | None) -> Token:
    alternatives = [Token(top.token, top.log_probability, list(top.token.encode()), None) for top in tops or ()]
    return Token(token.token, token.log_probability, list(token.token.encode()), alternatives)


def gemini_logprobs(pieces: Sequence[bytes]) -> dict[str, object]:
    """``logprobsResult`` of the lists that came with the pieces of a text."""
    tokens = [token for piece in pieces for token in tokens_in(piece)]
    told: dict[str, object] = {"chosenCandidates": [_told(token) for token in tokens]}
    if any(token.top_logprobs for token in tokens):
        told["topCandidates"] = [{"candidates": [_told(top) for top in token.top_logprobs or ()]} for token in tokens]
    return told


def _told(token: Token) -> dict[str, object]:
    told: dict[str, object] = {"token": token.token}
    return told if token.logprob is None else {**told, "logProbability": token.logprob}
