"""One event of a streamed answer as the guard room reads it: pieces of longer texts, and texts that are whole.

It knows the names that dialects give to pieces, no dialect. Called by the guard room's streams.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from torana.core.json_places import Place, parsed, places, spans
from torana.core.sse import Event

_PIECE = re.compile(
    r"(?:.*\.)?delta(?:\..*|\[.*)?|choices\[\d+\]\.text|candidates\[\d+\]\.content\.parts\[\d+\]\.text|text"
)
_POSITION = re.compile(r"\[\d+\]")
_NO_PIECE = frozenset(
    {
        "name",
        "title",
        "url",
        "uri",
        "quote",
        "cited_text",
        "document_title",
        "filename",
        "source",
        "file_id",
        "container_id",
    }
)
# Never within a text: there each quotation mark has a backslash before it.
_COUNTER = re.compile(
    rb'"(?:sequence_number|obfuscation|created|created_at|[A-Za-z]+Count)"\s*:\s*(?:[0-9]+|"[A-Za-z0-9]*")'
)
Key = tuple[str, tuple[tuple[str, str], ...]]
"""What a piece belongs to: its path without positions in lists, and its marks."""


class Read(NamedTuple):
    """What an event brings."""

    pieces: list[Place]
    wholes: list[Place]
    ends: list[frozenset[tuple[str, str]]]
    """Marks of the texts that get no more pieces; an empty set: all texts."""


class Form(NamedTuple):
    """Everything of an event but its one piece: most events of a stream differ in nothing else."""

    head: bytes
    """The bytes of the event up to the piece, its opening quotation mark included."""
    tail: bytes
    varying: re.Pattern[bytes] | None
    """The event with any counters, where it has some that may change from event to event; nobody reads a text of them."""
    place: Place
    key: Key

    def text_in(self, wire: bytes) -> str | None:
        """The piece in an event that has the form; None for one that has not."""
        head, tail = self.head, self.tail
        if wire.startswith(head) and wire.endswith(tail) and len(wire) >= len(head) + len(tail):
            text = wire[len(head) : len(wire) - len(tail)]
        elif self.varying is not None and (found := self.varying.fullmatch(wire)) is not None:
            text = found[1]
        else:
            return None
        try:
            if b'"' in text or b"\\" in text or b"\n" in text or b"\r" in text:
                # Faulty with a quotation mark or line end of its own: another form that begins and ends alike.
                return str(json.loads(b'"' + text + b'"'))
            return str(text, "utf-8")
        except ValueError:
            return None


def key_of(place: Place) -> Key:
    """What the piece belongs to."""
    return _POSITION.sub("", place.path), place.marks


def read_event(data: bytes, loose: bool) -> Read:
    """The texts of an event. ``loose``: nobody knows its dialect, and any text may be a piece.

    Raises ValueError for what is no JSON, RecursionError.
    """
    found = places(data, "assistant")
    value = parsed(str(data, "utf-8"))
    top = dict(value) if isinstance(value, tuple) else {}
    kind = top.get("type", "")
    done = isinstance(kind, str) and kind.endswith((".done", ".added", ".completed", ".created"))
    pieces: list[Place] = []
    wholes: list[Place] = []
    for place in found:
        piece = not done and len(place.number) == 1 and _is_piece(place, loose)
        (pieces if piece else wholes).append(place)
    numbers = {place.number for place in pieces}
    return Read(pieces, [one for one in wholes if one.number[:1] not in numbers], _ends(top, kind))


def form_of(event: Event, place: Place) -> Form | None:
    """The form of an event with this one piece; None where the event's data does not stand in it in one line."""
    wire, data = event.wire, event.data or b""
    if wire.count(data) != 1 or b"\r" in wire:
        return None
    start, end = spans(data)[place.number[0]]
    shift = wire.index(data)
    head, tail = wire[: shift + start + 1], wire[shift + end - 1 :]
    return Form(head, tail, _varying(head, tail), place, key_of(place))


def _varying(head: bytes, tail: bytes) -> re.Pattern[bytes] | None:
    if _COUNTER.search(head) is None and _COUNTER.search(tail) is None:
        return None
    first, last = (_COUNTER.pattern.join(map(re.escape, _COUNTER.split(part))) for part in (head, tail))
    return re.compile(first + rb'((?:[^"\\\r\n]|\\.)*+)' + last)


def _is_piece(place: Place, loose: bool) -> bool:
    name = place.path.rpartition(".")[2]
    if name in _NO_PIECE or place.path.endswith("*"):
        return False
    return loose or _PIECE.fullmatch(place.path) is not None


def _ends(top: dict[str, Any], kind: object) -> list[frozenset[tuple[str, str]]]:
    """Which texts have ended."""
    if kind == "content_block_stop":
        return [_marks(top, "index")]
    if isinstance(kind, str) and kind.endswith(".done"):
        return [_marks(top, "item_id", "output_index", "content_index", "summary_index")]
    ends = [_marks(dict(one), "index") for one in _objects(top.get("choices")) if dict(one).get("finish_reason")]
    ends += [_marks(dict(one), "index") for one in _objects(top.get("candidates")) if dict(one).get("finishReason")]
    delta = top.get("delta")
    if kind == "end" or (isinstance(delta, tuple) and dict(delta).get("stop_reason")):
        ends.append(frozenset())
    return ends


def _objects(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, tuple)] if isinstance(value, list) else []


def _marks(top: dict[str, Any], *names: str) -> frozenset[tuple[str, str]]:
    return frozenset((name, str(top[name])) for name in names if isinstance(top.get(name), str))
