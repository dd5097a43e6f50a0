"""Writes events as Gemini's answers, streamed and whole: https://ai.google.dev/api/generate-content#response-body.

A call goes out when its arguments are whole, for this API has no piece of one. Called by ``gemini``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torana.core.call import Usage
from torana.core.events import (
    Began,
    Cited,
    Counted,
    Ended,
    Event,
    RefusalPiece,
    Request,
    TextPiece,
    ThinkingPiece,
    ToolBegan,
    ToolPiece,
)
from torana.dialects import json_text
from torana.dialects.codecs.gemini_parts import told_id
from torana.dialects.codecs.gemini_sources import citation, gemini_logprobs
from torana.dialects.codecs.gemini_wire import (
    FINISH_OF,
    SIGNED,
    SIGNED_TEXT,
    Called,
    Part,
    Raw,
    is_object,
    wrapped,
)

_encode = msgspec.json.encode


class GeminiWriter:
    """Writer of one stream: an event for each row of events that says something, and a last one with the finish."""

    __slots__ = ("_answer",)

    def __init__(self, request: Request) -> None:
        self._answer = _Answer()

    def write(self, events: Sequence[Event]) -> bytes:
        """The event of these, if they say something by themselves."""
        self._answer.take(events)
        candidates = self._answer.candidates()
        return _event({"candidates": candidates, **self._answer.head()}) if candidates else b""

    def finish(self) -> bytes:
        """The last event: what is left, how the candidates ended, the usage."""
        return _event(self._answer.whole())


def write_whole(events: Sequence[Event], request: Request) -> bytes:
    """A whole plain answer."""
    answer = _Answer()
    answer.take(events)
    return _encode(answer.whole())


def _event(answer: dict[str, object]) -> bytes:
    return b"data: " + json_text.one_line(_encode(answer)) + b"\r\n\r\n"


class _Candidate:
    """What a candidate has to say that was not yet written."""

    __slots__ = ("calls", "citations", "index", "logprobs", "parts", "reason", "spoilt", "text", "told")

    def __init__(self, index: int) -> None:
        self.index = index
        self.parts: list[Part] = []
        self.calls: dict[int, tuple[ToolBegan, list[str]]] = {}
        """Calls whose arguments may still grow."""
        self.text = ""
        """All its text, for the places of citations."""
        self.citations: list[Cited] = []
        self.logprobs: list[bytes] = []
        self.reason = ""
        self.spoilt = ""
        """Arguments that are no JSON object: the API has a finish reason for that and no part."""
        self.told = False
        """Whether something of it was written already."""

    def say(self, text: str, thought: bool = False) -> None:
        last = self.parts[-1] if self.parts else None
        if not thought:
            self.text += text
        same = last is not None and last.text is not None and last.thought_signature is None
        if last is not None and same and bool(last.thought) is thought:
            last.text = (last.text or "") + text
        elif text:
            self.parts.append(Part(text=text, thought=True if thought else None))

    def sign(self, signature: str) -> None:
        """A signature of Gemini's own, as it was; that of another provider wrapped, to come back as it was."""
        last = self.parts[-1] if self.parts else None
        if signature.startswith(SIGNED_TEXT):
            signature = signature.removeprefix(SIGNED_TEXT)
            beside = last is not None and not last.thought
        else:
            own = signature.startswith(SIGNED)
            signature = signature.removeprefix(SIGNED) if own else wrapped(signature)
            beside = last is not None and bool(last.thought)
        if last is not None and beside and last.thought_signature is None:
            last.thought_signature = signature
        else:
            self.parts.append(Part(text="", thought_signature=signature))

    def close(self) -> None:
        """The calls begun are whole."""
        for began, pieces in self.calls.values():
            arguments = "".join(pieces).strip() or "{}"
            if not is_object(arguments):
                self.spoilt = f"Malformed function call: {began.name}({arguments})"
                continue
            called = Called(told_id(began.id), began.name, Raw(arguments.encode()))
            self.parts.append(Part(function_call=called, thought_signature=began.signature or None))
        self.calls.clear()

    def written(self, last: bool) -> dict[str, object] | None:
        """The JSON of what is new; None when nothing is."""
        told: dict[str, object] = {}
        if last and self.told and not self.parts:
            self.parts.append(Part(text=""))  # as the API ends a stream: callers join the texts of all its events
        if self.parts or last:
            told["content"] = {"role": "model", "parts": self.parts}
        if last and (self.reason or self.spoilt):
            told["finishReason"] = "MALFORMED_FUNCTION_CALL" if self.spoilt else FINISH_OF.get(self.reason, "OTHER")
            if self.spoilt:
                told["finishMessage"] = self.spoilt
        if self.citations:
            told["citationMetadata"] = {"citationSources": [citation(one, self.text) for one in self.citations]}
        if self.logprobs:
            told["logprobsResult"] = gemini_logprobs(self.logprobs)
        if not told:
            return None
        self.parts, self.citations, self.logprobs = [], [], []
        self.told = True
        return {**told, "index": self.index}


class _Answer:
    """An answer on its way out."""

    __slots__ = ("_began", "_candidates", "_usage")

    def __init__(self) -> None:
        self._began = Began()
        self._usage: Usage | None = None
        self._candidates: dict[int, _Candidate] = {}

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Began):
                self._began = event
            elif isinstance(event, Counted):
                self._usage = event.usage
            else:
                index = event.candidate
                candidate = self._candidates.get(index)
                if candidate is None:
                    candidate = self._candidates[index] = _Candidate(index)
                _add(candidate, event)

    def head(self) -> dict[str, object]:
        told: dict[str, object] = {}
        if self._usage is not None:
            told["usageMetadata"] = usage_told(self._usage)
        if self._began.model:
            told["modelVersion"] = self._began.model
        if self._began.id:
            told["responseId"] = self._began.id
        return told

    def candidates(self, last: bool = False) -> list[dict[str, object]]:
        told = (candidate.written(last) for _, candidate in sorted(self._candidates.items()))
        return [one for one in told if one is not None]

    def whole(self) -> dict[str, object]:
        for candidate in self._candidates.values():
            candidate.close()
        return {"candidates": self.candidates(last=True), **self.head()}


def _add(candidate: _Candidate, event: Event) -> None:
    match event:
        case ToolPiece(place, text):
            if place in candidate.calls:
                candidate.calls[place][1].append(text)
        case ToolBegan():
            candidate.calls[event.place] = (event, [])
        case TextPiece(text):
            candidate.close()
            candidate.say(text)
            if event.logprobs:
                candidate.logprobs.append(event.logprobs)
        case RefusalPiece(text):
            candidate.close()
            candidate.say(text)
        case ThinkingPiece(text, signature):
            candidate.close()
            candidate.say(text, thought=True)
            if signature:
                candidate.sign(signature)
            if event.data:
                candidate.parts.append(Part(text="", thought_signature=wrapped(event.data, data=True)))
        case Cited():
            candidate.citations.append(event)
        case Ended(reason):
            candidate.close()
            candidate.reason = reason


def usage_told(usage: Usage) -> dict[str, int]:
    """``usageMetadata``: the prompt with what was cached, thoughts beside the candidates."""
    told = {"promptTokenCount": usage.input, "candidatesTokenCount": usage.output - usage.reasoning}
    if usage.cache_read:
        told["cachedContentTokenCount"] = usage.cache_read
    if usage.reasoning:
        told["thoughtsTokenCount"] = usage.reasoning
    return {**told, "totalTokenCount": usage.input + usage.output}
