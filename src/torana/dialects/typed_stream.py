"""Decides what the events of OpenAI's typed streams mean where an answer ends with one named event and no ``[DONE]``.

Pictures, speech and transcripts stream so; it changes no byte of an event. Made by the decoders of those dialects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from torana.core.call import Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, UpstreamFault
from torana.core.sse import Event, SseSplitter
from torana.dialects.openai_errors import fault_inside
from torana.dialects.openai_usage import usage_of_response


class _Typed(msgspec.Struct, gc=False):
    type: str | None = None
    usage: object = None
    error: object = None


_decode = msgspec.json.Decoder(_Typed).decode
_DONE = b"[DONE]"


class TypedStream:
    """Decoder of one stream whose answer is whole after an event of the type ``last``.

    Several such events may come, one for each picture; their usages are added up. A fault that stands behind good
    events is raised by the next call, as the port says.
    """

    __slots__ = ("_dialect", "_done", "_last", "_splitter", "_usage", "_worth", "fault")

    def __init__(self, last: str, dialect: str, worth: int = 1) -> None:
        self._splitter = SseSplitter()
        self._last = last
        self._dialect = dialect
        self._done = False
        self._worth = worth
        """The most tokens of one event: what is estimated when no usage comes."""
        self._usage: Usage | None = None
        self.fault: UpstreamFault | None = None

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunks of the events completed by ``data``. Raises AnswerMalformed, StatusFault."""
        self._raise_held()
        chunks: list[Chunk] = []
        for event in self._splitter.feed(data):
            try:
                chunks.append(self._chunk(event))
            except UpstreamFault as fault:
                self.fault = fault
                break
        if not chunks:
            self._raise_held()
        return chunks

    def finish(self) -> Sequence[Chunk]:
        """What is left at the end of the bytes. Raises ConnectionBroken when the stream was cut short."""
        self._raise_held()
        rest = self._splitter.finish()
        chunks: Sequence[Chunk] = ()
        if rest.strip() and not self._done:
            try:
                chunks = [self._chunk(event) for event in SseSplitter().feed(rest.rstrip(b"\r\n") + b"\n\n")]
            except AnswerMalformed:
                pass  # half an event: what came before it says whether the answer was whole
        if not self._done:
            raise ConnectionBroken("the stream ended before the answer did", sent=True)
        return chunks

    def _raise_held(self) -> None:
        if self.fault is not None:
            raise self.fault

    def _chunk(self, event: Event) -> Chunk:
        wire, name, data = event
        if data is None or data == _DONE:
            return Chunk(wire, False)
        try:
            read = _decode(data)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is no object with a type") from None
        kind = read.type or name
        if read.error or kind == "error":
            raise fault_inside(read.error, data, self._dialect)
        if not kind:
            raise AnswerMalformed("an event of the stream is no object with a type")
        if kind != self._last:
            return Chunk(wire, True, events=self._worth)
        self._done = True
        told = usage_of_response(read.usage)
        if told is not None:
            self._usage = told if self._usage is None else _sum(self._usage, told)
        return Chunk(wire, True, self._usage, "stop", self._worth)


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.uncached + other.uncached,
        one.cache_read + other.cache_read,
        one.cache_write + other.cache_write,
        one.output + other.output,
        one.reasoning + other.reasoning,
        extra=tuple((Counter(dict(one.extra)) + Counter(dict(other.extra))).items()),
    )
