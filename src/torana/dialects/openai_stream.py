"""Decides what the events of one streamed chat completion mean: content, usage, finish, fault, end.

It changes no byte of an event; the one thing it withholds is the usage event that we asked for ourselves.
Made by ``openai_chat.decoder``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from torana.core.call import Ask, Chunk, Usage
from torana.core.faults import AnswerMalformed, ConnectionBroken, UpstreamFault
from torana.core.sse import Event, SseSplitter
from torana.dialects.openai_errors import fault_inside
from torana.dialects.openai_usage import usage_of


class Choice(msgspec.Struct, gc=False):
    """One choice of an event."""

    delta: dict[str, object] | None = None
    finish_reason: object = None
    index: object = 0
    error: object = None


class Happening(msgspec.Struct, gc=False):
    """One event, as far as it must be known."""

    choices: list[Choice] | None = None
    usage: object = None
    error: object = None


class _Tiered(msgspec.Struct, gc=False):
    service_tier: object = None


_tier_of = msgspec.json.Decoder(_Tiered).decode
_DONE = b"[DONE]"
_NO_CONTENT = frozenset({"role", "name", "index", "id"})
"""Members of a delta that say who speaks, not what."""


class ChatStream:
    """Decoder of one stream (https://platform.openai.com/docs/api-reference/chat-streaming).

    The events of one ``feed`` share a Chunk, whose ``content`` is True when any of them has content or a finish. A
    fault that stands behind good events is raised by the next call, so that what was good is not lost; ``feed(b"")``
    asks for it. If the caller did not ask for usage, the event with usage and empty ``choices`` is withheld, while a
    provider's ``"usage": null`` in other events stays: clients read it as absent, and taking it out would cost a
    rewrite of every event.
    """

    __slots__ = ("_dialect", "_done", "_finished", "_hide_usage", "_open", "_splitter", "_usage", "fault")
    _decode = staticmethod(msgspec.json.Decoder(Happening).decode)

    def __init__(self, ask: Ask, dialect: str) -> None:
        self._splitter = SseSplitter()
        self._dialect = dialect
        self._hide_usage = not ask.wants_usage
        self._done = False
        self._finished = False
        self._open: set[int] | None = set() if ask.candidates > 1 else None
        """Choices begun and not finished, where there may be several."""
        self._usage: Usage | None = None
        self.fault: UpstreamFault | None = None
        """A fault that stood behind the chunks given last; the next call raises it."""

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """The chunk, if any, of the events completed by ``data``. Raises AnswerMalformed, StatusFault."""
        if self.fault is not None:
            raise self.fault
        events = self._splitter.feed(data)
        if len(events) == 1:
            return self._only(events[0])
        return self._chunks(events) if events else ()

    def finish(self) -> Sequence[Chunk]:
        """What is left at the end of the bytes: a last event without its blank line is completed and given.

        Raises ConnectionBroken when the stream was cut: neither ``[DONE]`` came nor a finish for every choice.
        """
        self._raise_held()
        chunks = self._last(self._splitter.finish())
        if not chunks:
            self._raise_held()
        if self._done or (self._finished and not self._open):
            return chunks
        raise ConnectionBroken("the stream ended before the answer did", sent=True)

    def _raise_held(self) -> None:
        if self.fault is not None:
            raise self.fault

    def _last(self, rest: bytes) -> Sequence[Chunk]:
        if not rest.strip() or self._done:
            return ()
        try:
            return self._chunks(SseSplitter().feed(rest.rstrip(b"\r\n") + b"\n\n"))
        except AnswerMalformed:
            self.fault = None
            return ()  # half an event: what came before it says whether the answer was whole

    def _only(self, event: Event) -> Sequence[Chunk]:
        """The chunk of one event: the common case of a stream at its own pace, without the lists."""
        wire, name, data = event
        if data is None or self._done or data == _DONE:
            return self._chunks((event,))
        try:
            read = self._read(data, name)
        except UpstreamFault as fault:
            self.fault = fault
            raise
        choices = read.choices
        if read.usage is not None or not choices:
            return self._chunks((event,))
        finish, content, letters = self._look(choices)
        return (Chunk(wire, content, None, finish, 1, (), letters),)

    def _chunks(self, events: Sequence[Event]) -> Sequence[Chunk]:
        """One chunk of all events; those before a fault when there is one behind them."""
        wires: list[bytes] = []
        contents = letters = 0
        usage: Usage | None = None
        finish: str | None = None
        for wire, name, data in events:
            if data is None or self._done:
                wires.append(wire)
                continue
            if data == _DONE:
                self._done = True
                wires.append(wire)
                continue
            try:
                event = self._read(data, name)
            except UpstreamFault as fault:
                self.fault = fault
                break
            choices = event.choices
            if event.usage is not None:
                usage = usage_of(event.usage, _tier(data)) or usage
                if self._hide_usage and usage is not None and not choices:
                    continue
            wires.append(wire)
            if choices:
                ended, content, more = self._look(choices)
                finish = ended or finish
                contents += content
                letters += more
        if not wires and usage is None:
            self._raise_held()
        all_wire = wires[0] if len(wires) == 1 else b"".join(wires)
        return (Chunk(all_wire, contents > 0, usage, finish, contents or 1, (), letters),)

    def _look(self, choices: list[Choice]) -> tuple[str | None, bool, int]:
        """The finish, whether there is content, and how much text, in the choices of one event."""
        finish: str | None = None
        letters = 0
        for choice in choices:
            ended = choice.finish_reason
            if isinstance(ended, str) and ended:
                finish = ended
                self._finished = True
            letters += _letters(choice.delta)
            if self._open is not None:
                self._track(choice.index, isinstance(ended, str) and bool(ended))
        return finish, finish is not None or letters > 0, letters

    def _read(self, data: bytes, name: str) -> Happening:
        try:
            event = self._decode(data)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            raise AnswerMalformed("an event of the stream is no chat completion chunk") from None
        if event.error or name == "error":
            raise fault_inside(event.error, data, self._dialect)
        if event.choices:
            for choice in event.choices:
                if choice.finish_reason == "error" or choice.error:
                    raise fault_inside(choice.error, data, self._dialect)
        return event

    def _track(self, index: object, ended: bool) -> None:
        if self._open is None or not isinstance(index, int):
            return
        if ended:
            self._open.discard(index)
        else:
            self._open.add(index)


def _tier(data: bytes) -> object:
    """The service tier that the event with the usage names. Read apart, so that other events need not be looked at."""
    return _tier_of(data).service_tier


def _letters(delta: dict[str, object] | None) -> int:
    """How much a delta brings but who is speaking: text, tool calls, refusal, reasoning, audio, or new kinds.

    What is no text counts one, so that 0 means nothing.
    """
    if delta:
        for name, value in delta.items():
            if value and name not in _NO_CONTENT:
                return len(value) if type(value) is str else _arguments(value) or 1
    return 0


def _arguments(calls: object) -> int:
    """The text of tool calls; 0 of other things."""
    letters = 0
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        text = function.get("arguments") if isinstance(function, dict) else None
        letters += len(text) if isinstance(text, str) else 0
    return letters
