"""Decides what Gemini's answers mean, streamed and whole: content, usage, finish reason, fault, end.

It changes no byte of an event. Called by ``gemini_content``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torana.core.call import Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.core.sse import Event, SseSplitter
from torana.dialects.codecs.gemini_answer import Counts, fault_inside, usage_of

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


class ContentStream:
    """Decoder of one stream (``alt=sse``): each event is an answer, and no event says that it was the last.

    The events of one ``feed`` share a Chunk. A fault behind good events is raised by the next call.
    """

    __slots__ = ("_ended", "_seen", "_splitter", "_usage", "fault")

    def __init__(self) -> None:
        self._splitter = SseSplitter()
        self._usage: Usage | None = None
        self._seen: set[int] = set()
        self._ended: set[int] = set()
        """Candidates that began, and those that told how they ended."""
        self.fault: UpstreamFault | None = None
        """A fault that stood behind the chunks given last; the next call raises it."""

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunk, if any, of the events completed by ``data``. Raises AnswerMalformed, StatusFault."""
        if self.fault is not None:
            raise self.fault
        events = self._splitter.feed(data)
        return self._chunks(events) if events else ()

    def finish(self) -> Sequence[Chunk]:
        """What is left at the end of the bytes. Raises ConnectionBroken when a candidate did not end."""
        if self.fault is not None:
            raise self.fault
        rest = self._splitter.finish()
        chunks: Sequence[Chunk] = ()
        if rest.strip():
            chunks = self._last(rest)
        if isinstance(self.fault, StatusFault):
            raise self.fault
        if not self._ended or not self._seen <= self._ended:
            raise ConnectionBroken("the stream ended before the answer did", sent=True)
        return chunks

    def _last(self, rest: bytes) -> Sequence[Chunk]:
        """A last event without its blank line is completed and given; half an event is not."""
        try:
            return self._chunks(SseSplitter().feed(rest.rstrip(b"\r\n") + b"\n\n"))
        except AnswerMalformed:
            self.fault = None
            return ()

    def _chunks(self, events: Sequence[Event]) -> Sequence[Chunk]:
        wires: list[bytes] = []
        contents = 0
        usage: Usage | None = None
        finish: str | None = None
        for wire, _, data in events:
            # An error may come as bare JSON amid the events; the API's own SDKs expect it.
            said = wire if data is None and wire.lstrip()[:1] == b"{" else data
            if said is not None:
                try:
                    answer = self._read(said)
                except UpstreamFault as fault:
                    self.fault = fault
                    break
                reason = self._note(answer)
                finish = reason or finish
                contents += reason is not None or any(
                    one.content and one.content.parts for one in answer.candidates or ()
                )
                if answer.usage_metadata is not None:
                    usage = self._usage = usage_of(answer.usage_metadata, self._usage)
            wires.append(wire)
        if not wires and self.fault is not None:
            raise self.fault
        return (Chunk(b"".join(wires), contents > 0, usage, finish, contents or 1),)

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
