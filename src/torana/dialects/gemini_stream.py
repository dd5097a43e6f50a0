"""Decides what Gemini's answers mean, streamed and whole: content, usage, finish reason, fault, end.

It changes no byte of an event. Called by ``gemini_content``.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Chunk, Usage
from torana.core.faults import AnswerMalformed
from torana.core.sse import Event
from torana.dialects.codecs.gemini_answer import Counts, fault_inside, usage_of
from torana.dialects.whole_events import NOTHING, Said, WholeEvents

UNSAID = "FINISH_REASON_UNSPECIFIED"


class _Content(msgspec.Struct, gc=False):
    parts: list[msgspec.Raw] | None = None


class _Candidate(msgspec.Struct, rename="camel", gc=False):
    index: int | None = None
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(msgspec.Struct, rename="camel", gc=False):
    block_reason: str | None = None


class Answer(msgspec.Struct, rename="camel", gc=False):
    """An event of a stream, or a whole answer."""

    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: Counts | None = None
    error: object = None


_decode = msgspec.json.Decoder(Answer).decode


def chunk_of(answer: Answer, wire: bytes) -> Chunk:
    """The Chunk of a whole answer. Raises AnswerMalformed when it has neither a candidate nor a reason for that."""
    blocked = blocking(answer)
    if not answer.candidates and not blocked:
        raise AnswerMalformed("the answer has no candidate")
    usage = usage_of(answer.usage_metadata) if answer.usage_metadata is not None else None
    finish = next((one.finish_reason for one in answer.candidates or () if one.finish_reason), blocked)
    return Chunk(wire, True, usage, finish)


def blocking(answer: Answer) -> str | None:
    """Why there is no candidate, where the prompt is the reason."""
    feedback = answer.prompt_feedback
    return feedback.block_reason or None if feedback is not None else None


class ContentStream(WholeEvents):
    """Decoder of one stream (``alt=sse``): each event is an answer, and no event says that it was the last."""

    __slots__ = ("_ended", "_seen", "_usage")

    def __init__(self) -> None:
        super().__init__()
        self._usage: Usage | None = None
        self._seen: set[int] = set()
        self._ended: set[int] = set()
        """Candidates that began, and those that told how they ended."""

    def _whole(self) -> bool:
        return bool(self._ended) and self._seen <= self._ended

    def _take(self, event: Event) -> Said:
        wire, _, data = event
        # An error may come as bare JSON amid the events; the API's own SDKs expect it.
        said = wire if data is None and wire.lstrip()[:1] == b"{" else data
        if said is None:
            return NOTHING
        answer = self._read(said)
        reason = self._note(answer)
        told: Usage | None = None
        if answer.usage_metadata is not None:
            told = self._usage = usage_of(answer.usage_metadata, self._usage)
        brings = any(one.content and one.content.parts for one in answer.candidates or ())
        return Said(reason is not None or brings, told, reason)

    def _read(self, data: bytes) -> Answer:
        try:
            answer = _decode(data)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is no answer of generateContent") from None
        if answer.error:
            raise fault_inside(answer.error, data)
        return answer

    def _note(self, answer: Answer) -> str | None:
        """How a candidate ended, if one did."""
        found = blocking(answer)
        if found:
            self._ended.add(0)
        for candidate in answer.candidates or ():
            index = candidate.index or 0
            self._seen.add(index)
            if candidate.finish_reason and candidate.finish_reason != UNSAID:
                self._ended.add(index)
                found = candidate.finish_reason
        return found
