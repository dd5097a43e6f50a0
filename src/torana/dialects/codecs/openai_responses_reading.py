"""What a response object and its items say, as events; what is told twice is given once.

It reads no stream. Called by ``openai_responses_answer``.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from torana.core.events import (
    Began,
    Cited,
    Counted,
    Ended,
    Event,
    RefusalPiece,
    TextPiece,
    ThinkingPiece,
    ToolBegan,
    ToolPiece,
)
from torana.dialects.codecs.openai_logprobs import listed
from torana.dialects.codecs.openai_responses_words import WHY_INCOMPLETE, unseal
from torana.dialects.openai_usage import usage_of_response

NO_RAW = msgspec.Raw(b"")


class Note(msgspec.Struct, gc=False):
    """An annotation."""

    type: str = ""
    url: str = ""
    title: str = ""
    filename: str = ""
    start_index: int | None = None
    end_index: int | None = None


class Part(msgspec.Struct, gc=False):
    """A part of a message or of reasoning."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    annotations: list[Note] | None = None
    logprobs: msgspec.Raw = NO_RAW


class Item(msgspec.Struct, gc=False):
    """An item of the output."""

    type: str = ""
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    content: list[Part] | None = None
    summary: list[Part] | None = None
    encrypted_content: str | None = None


class Why(msgspec.Struct, gc=False):
    """``incomplete_details``."""

    reason: str | None = None


class Response(msgspec.Struct, gc=False):
    """A response object."""

    id: str | None = None
    model: str | None = None
    created_at: float | None = None
    status: str | None = None
    output: list[msgspec.Raw] | None = None
    usage: object = None
    service_tier: object = None
    error: object = None
    incomplete_details: Why | None = None


_item = msgspec.json.Decoder(Item).decode
_kind = msgspec.json.Decoder(Note).decode
_KNOWN = frozenset({"message", "function_call", "reasoning"})


class Reading:
    """What of one response was given already, so that what is told twice is given once."""

    __slots__ = ("_begun", "_cited", "_places", "_told", "_whole")

    def __init__(self) -> None:
        self._begun = False
        self._places: dict[int, int] = {}
        """Output index → the call's number among the tool calls."""
        self._told: set[int] = set()
        """Output indexes of which a piece was given."""
        self._cited: set[int] = set()
        self._whole: set[int] = set()

    def begin(self, response: Response) -> Iterator[Event]:
        """Once."""
        if not self._begun:
            self._begun = True
            yield Began(response.id or "", response.model or "", int(response.created_at or 0))

    def piece(self, index: int, event: Event) -> Event:
        """Remember that a piece of an item is given."""
        self._told.add(index)
        if isinstance(event, Cited):
            self._cited.add(index)
        return event

    def place(self, index: int) -> int | None:
        """The number of the call at an output index; None when it has not begun."""
        return self._places.get(index)

    def call(self, index: int, item: Item) -> Iterator[Event]:
        """A call begins, once."""
        if index not in self._places:
            place = self._places[index] = len(self._places)
            yield ToolBegan(place, item.call_id or item.id or "", item.name or "")

    def item(self, index: int, item: Item) -> Iterator[Event]:
        """A whole item: what of it was not given in pieces."""
        if index in self._whole:
            return
        self._whole.add(index)
        told = index in self._told
        match item.type:
            case "function_call":
                yield from self.call(index, item)
                if not told and item.arguments:
                    yield ToolPiece(self._places[index], item.arguments)
            case "message":
                for part in item.content or ():
                    yield from _said(part, told, index in self._cited)
            case "reasoning":
                text = "\n\n".join(part.text or "" for part in item.summary or item.content or ())
                signature, data = unseal(item.encrypted_content or "")
                if signature or data or (text and not told):
                    yield ThinkingPiece("" if told else text, signature, data, id=item.id or "")

    def end(self, response: Response) -> Iterator[Event]:
        """The items nobody told of before, the usage, and the reason."""
        if not self._whole and not self._told and not self._places:
            for index, raw in enumerate(response.output or ()):
                yield from self.item(index, item_of(raw))
        usage = usage_of_response(response.usage, response.service_tier)
        if usage is not None:
            yield Counted(usage)
        yield Ended(self._reason(response))

    def _reason(self, response: Response) -> str:
        if response.status == "incomplete":
            why = response.incomplete_details.reason if response.incomplete_details is not None else None
            return WHY_INCOMPLETE.get(why or "", "length")
        return "tools" if self._places else "stop"


def item_of(raw: msgspec.Raw) -> Item:
    """The item; of a kind we do not read, only its kind. Raises msgspec's errors."""
    kind = _kind(raw).type
    return _item(raw) if kind in _KNOWN else Item(kind)


def _said(part: Part, told: bool, cited: bool) -> Iterator[Event]:
    if part.type == "refusal":
        if part.refusal and not told:
            yield RefusalPiece(part.refusal)
        return
    if part.text and not told:
        yield TextPiece(part.text, logprobs=listed(bytes(part.logprobs)))
    if not cited:
        yield from (cited_of(note) for note in part.annotations or ())


def cited_of(note: Note) -> Cited:
    """An annotation as an event."""
    return Cited(note.url, note.title or note.filename, start=note.start_index, end=note.end_index)
