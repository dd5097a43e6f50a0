"""Reads Gemini's answers, streamed and whole, into events: https://ai.google.dev/api/generate-content#response-body.

A finish reason is given when the stream is over, for some models tell one with every event. Called by ``gemini``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from torana.core.call import Usage
from torana.core.events import Began, Counted, Ended, Event, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects.codecs.gemini_parts import arguments_of, standard_base64
from torana.dialects.codecs.gemini_sources import Citations, Grounding, Logprobs, cited, grounded, openai_logprobs
from torana.dialects.codecs.gemini_wire import (
    FINISHES,
    ID,
    OWN_CALL,
    SIGNED,
    SIGNED_TEXT,
    SPOILT,
    STATUS_OF,
    Called,
    Content,
    Part,
    code_text,
)
from torana.dialects.codecs.sse_reader import SseReader
from torana.dialects.usage_parts import Parts, within

MOST_TOKENS = 1 << 40


class Medium(msgspec.Struct, rename="camel", gc=False):
    """Tokens of one medium: https://ai.google.dev/api/generate-content#ModalityTokenCount."""

    modality: str = ""
    token_count: int | None = None


class Counts(msgspec.Struct, rename="camel", gc=False):
    """``usageMetadata``."""

    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    total_token_count: int | None = None
    prompt_tokens_details: list[Medium] | None = None
    cache_tokens_details: list[Medium] | None = None
    candidates_tokens_details: list[Medium] | None = None
    tool_use_prompt_tokens_details: list[Medium] | None = None


class _Feedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _Candidate(msgspec.Struct, rename="camel"):
    index: int | None = None
    content: Content | None = None
    finish_reason: str | None = None
    citation_metadata: Citations | None = None
    grounding_metadata: Grounding | None = None
    logprobs_result: Logprobs | None = None


class _Answer(msgspec.Struct, rename="camel"):
    """An event of a stream, or a whole answer."""

    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: Counts | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: object = None


_decode = msgspec.json.Decoder(_Answer).decode


def usage_of(counts: Counts, before: Usage | None = None) -> Usage | None:
    """The Usage after these counts; nonsense and what they leave out stays as it was before. None while nothing was ever
    told: Vertex AI says of each piece how it is billed, and of the last alone how much.

    The prompt's count includes what was cached. Thoughts and what tools of Google's fed in are on top, unless the
    total says otherwise: https://ai.google.dev/api/generate-content#UsageMetadata
    """
    told = (counts.prompt_token_count, counts.candidates_token_count, counts.thoughts_token_count)
    if before is None and not any(count is not None and 0 <= count <= MOST_TOKENS for count in told):
        return None
    known = before or Usage()
    fed = _sane(counts.tool_use_prompt_token_count, 0)
    prompt = _sane(counts.prompt_token_count, known.input - fed)
    cached = min(_sane(counts.cached_content_token_count, known.cache_read), prompt)
    thoughts = _sane(counts.thoughts_token_count, known.reasoning)
    said = _sane(counts.candidates_token_count, known.output - known.reasoning)
    if thoughts and thoughts <= said and counts.total_token_count == prompt + fed + said:
        said -= thoughts
    uncached = prompt - cached + fed
    extra = _media(counts, uncached, cached, said) or known.extra
    return Usage(uncached, cached, 0, said + thoughts, thoughts, extra=extra)


def _media(counts: Counts, uncached: int, cached: int, said: int) -> Parts:
    """What was no text. The prompt's media include what was cached of them; a document is billed as its pictures."""
    into = _by_medium(counts.prompt_tokens_details, counts.tool_use_prompt_tokens_details)
    kept = _by_medium(counts.cache_tokens_details)
    made = _by_medium(counts.candidates_tokens_details)
    if not (into or kept or made):
        return ()
    return (
        *within(uncached, [(f"input_{medium}", max(count - kept.get(medium, 0), 0)) for medium, count in into.items()]),
        *within(cached, [(f"cache_read_{medium}", count) for medium, count in kept.items()]),
        *within(said, [(f"output_{medium}", count) for medium, count in made.items()]),
    )


MEDIA = {"AUDIO": "audio", "IMAGE": "image", "DOCUMENT": "image", "VIDEO": "video"}


def _by_medium(*lists: list[Medium] | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in (one for given in lists for one in given or ()):
        medium = MEDIA.get(one.modality)
        count = _sane(one.token_count, 0)
        if medium and count:
            found[medium] = found.get(medium, 0) + count
    return found


def _sane(count: int | None, before: int) -> int:
    return count if count is not None and 0 <= count <= MOST_TOKENS else max(before, 0)


def fault_inside(error: object, data: bytes) -> StatusFault:
    """The fault for an ``error`` found in a 200: its ``code``, else the status of its word, else 502."""
    code = error.get("code") if isinstance(error, dict) else None
    word = error.get("status") if isinstance(error, dict) else None
    if not isinstance(code, int) or not 400 <= code <= 599:
        code = STATUS_OF.get(word, 502) if isinstance(word, str) else 502
    return StatusFault(code, data, dialect=ID)


def read_whole(body: bytes) -> Sequence[Event]:
    """The events of a whole answer. Raises AnswerMalformed, StatusFault for an error inside a 200."""
    pieces = _Pieces()
    answer = _read(body)
    events = list(pieces.of(answer))
    if not pieces.over:
        for candidate in answer.candidates or ():
            pieces.reasons.setdefault(candidate.index or 0, "STOP")
    if not pieces.over:
        raise AnswerMalformed("the answer has no candidate")
    return (*events, *pieces.ends())


def _read(data: bytes) -> _Answer:
    try:
        if not data.isascii():
            str(data, "utf-8")
        answer = _decode(data)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("this is no answer of generateContent") from None
    if answer.error:
        raise fault_inside(answer.error, data)
    return answer


class GeminiReader(SseReader):
    """Reads one stream (``alt=sse``): each event is an answer, and no event says that it was the last."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        super().__init__()
        self._pieces = _Pieces()

    def _take(self, data: bytes, name: str, events: list[Event]) -> None:
        events.extend(self._pieces.of(_read(data)))

    def _bare(self, wire: bytes) -> bytes | None:
        """An error may come as bare JSON amid the events; the API's own SDKs expect it."""
        return wire if wire.lstrip()[:1] == b"{" else None

    def _whole(self) -> bool:
        return self._pieces.over

    def _endings(self) -> Iterable[Event]:
        return self._pieces.ends()


class _Pieces:
    """Turns answers, or the pieces of one, into events."""

    __slots__ = ("_began", "_calls", "_id", "_seen", "_texts", "_usage", "reasons")

    def __init__(self) -> None:
        self._began = False
        self._id = ""
        self._usage: Usage | None = None
        self._calls: dict[int, int] = {}
        """How many tools each candidate called."""
        self._texts: dict[int, list[str]] = {}
        self._seen: set[int] = set()
        self.reasons: dict[int, str] = {}
        """Each candidate's ``finishReason``, the last one told."""

    @property
    def over(self) -> bool:
        """Whether there is an answer and every candidate of it has ended."""
        return bool(self.reasons) and self._seen <= self.reasons.keys()

    def ends(self) -> Iterator[Event]:
        """How each candidate ended."""
        for candidate, reason in sorted(self.reasons.items()):
            ours = FINISHES.get(reason, "filtered")
            yield Ended("tools" if ours == "stop" and self._calls.get(candidate) else ours, candidate)

    def of(self, answer: _Answer) -> Iterator[Event]:
        """The events of an answer. Raises AnswerMalformed for one that its own API could not read."""
        if not self._began:
            self._began = True
            self._id = answer.response_id or ""
            yield Began(self._id, answer.model_version or "")
        for candidate in answer.candidates or ():
            yield from self._candidate(candidate)
        if answer.prompt_feedback is not None and answer.prompt_feedback.block_reason:
            self.reasons.setdefault(0, "SAFETY")
        if answer.usage_metadata is not None:
            usage = usage_of(answer.usage_metadata, self._usage)
            if usage is not None and usage != self._usage:
                self._usage = usage
                yield Counted(usage)

    def _candidate(self, candidate: _Candidate) -> Iterator[Event]:
        index = candidate.index or 0
        self._seen.add(index)
        logprobs = openai_logprobs(candidate.logprobs_result) if candidate.logprobs_result is not None else b""
        for part in (candidate.content and candidate.content.parts) or ():
            for event in self._part(part, index):
                if logprobs and isinstance(event, TextPiece):
                    yield event._replace(logprobs=logprobs)
                    logprobs = b""
                else:
                    yield event
        if logprobs:
            yield TextPiece("", index, logprobs)
        if candidate.citation_metadata is not None:
            yield from cited(candidate.citation_metadata, "".join(self._texts.get(index, ())), index)
        if candidate.grounding_metadata is not None:
            yield from grounded(candidate.grounding_metadata, index)
        reason = candidate.finish_reason
        if reason in SPOILT:
            raise AnswerMalformed(f"the answer ended in {reason}")
        if reason and reason != "FINISH_REASON_UNSPECIFIED":
            self.reasons[index] = reason

    def _part(self, part: Part, index: int) -> Iterator[Event]:
        signature = part.thought_signature or ""
        if part.function_call is not None:
            place = self._calls.get(index, 0)
            self._calls[index] = place + 1
            arguments = arguments_of(part.function_call)
            yield ToolBegan(
                place, self._call_id(part.function_call, index, place), part.function_call.name or "", index, signature
            )
            yield ToolPiece(place, arguments, index)
            return
        if part.thought:
            if part.text or signature:
                yield ThinkingPiece(part.text or "", SIGNED + signature if signature else "", candidate=index)
            return
        text = part.text or code_text(part) or _picture(part)
        if text:
            self._texts.setdefault(index, []).append(text)
            yield TextPiece(text, index)
        if signature:
            yield ThinkingPiece("", (SIGNED_TEXT if text else SIGNED) + signature, candidate=index)

    def _call_id(self, call: Called, index: int, place: int) -> str:
        """The call's id; for one without always the same, and another in every answer of a conversation."""
        if call.id:
            return call.id
        facts = "\0".join((self._id, str(index), str(place), call.name or "", arguments_of(call)))
        return OWN_CALL + hashlib.blake2b(facts.encode(), digest_size=12).hexdigest()


def _picture(part: Part) -> str:
    """What the model drew, as a data URL in Markdown: an answer's events have no other place for it."""
    blob = part.inline_data
    if blob is None:
        return ""
    kind = blob.mime_type or "application/octet-stream"
    return f"![{kind.partition('/')[0]}](data:{kind};base64,{standard_base64(blob.data or '')})"
