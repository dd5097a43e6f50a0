"""One event of a streamed answer as the guard room reads it: pieces of longer texts, and texts that are whole.

It knows the names that dialects give to pieces, no dialect. Called by the guard room's streams.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from torana.core.json_members import TOLD
from torana.core.json_places import Place, parsed, places, spans
from torana.core.json_texts import without_beginning
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
_TEXT = re.compile(rb'(?:[^"\\\r\n]|\\.)*+')
# Numbers that short are looked at nowhere.
_USED = re.compile(rb'(_tokens"\s*:\s*)[0-9]{1,6}(?![0-9.eE])')
Key = tuple[str, tuple[tuple[str, str], ...]]
"""What a piece belongs to: its path without positions in lists, and its marks."""


LONGEST_ALIKE = 512
"""Bytes of an event that is worth remembering."""
MOST_ALIKE = 256


class Read(NamedTuple):
    """What an event brings."""

    pieces: list[Place]
    wholes: list[Place]
    ends: list[frozenset[tuple[str, str]]]
    """Marks of the texts that get no more pieces; an empty set: all texts."""


class Frame(NamedTuple):
    """The data of an event with one piece but for the piece and the id at its beginning: the same in all streams of a model."""

    head: bytes
    tail: bytes
    place: Place
    loose: bool


_FRAMES: deque[Frame] = deque(maxlen=8)
"""Those of the models that answer now, the newest first."""
_TEXTLESS: dict[tuple[bytes, bool], Read] = {}
"""What events without a text bring, by their bytes but for the id at their beginning and the tokens used: those that begin and
end a stream are the same in all streams of a model."""


class Form(NamedTuple):
    """Everything of an event but its one piece: most events of a stream differ in nothing else."""

    head: bytes
    """The bytes of the event up to the piece, its opening quotation mark included."""
    tail: bytes
    varying: tuple[Sequence[bytes], Sequence[bytes]] | None
    """What stands between its counters, before the piece and behind it; None: it has none that may change from event to event.
    Nobody reads a text of them."""
    place: Place
    key: Key
    begins: int
    """How long ``head`` is."""
    ends: int
    """How long ``tail`` is."""

    def text_in(self, wire: bytes) -> str | None:
        """The piece in an event that has the form; None for one that has not."""
        begins, ends = self.begins, len(wire) - self.ends
        if begins <= ends and wire.startswith(self.head) and wire.endswith(self.tail):
            text = wire[begins:ends]
        else:
            found = self._with_counters(wire)
            if found is None:
                return None
            text = found
        return _said(text)

    def _with_counters(self, wire: bytes) -> bytes | None:
        """The bytes of the piece in an event that may differ in its counters too."""
        if self.varying is None:
            return None
        start = _behind(wire, 0, self.varying[0])
        text = None if start < 0 else _TEXT.match(wire, start)
        if text is None or _behind(wire, text.end(), self.varying[1]) != len(wire):
            return None
        return text.group()


def _said(text: bytes) -> str | None:
    """What the inside of a JSON string says; None where it is the inside of none."""
    try:
        said = str(text, "utf-8")
        if "\n" in said or "\r" in said:
            return None  # another form that begins and ends alike, or several events
        return str(json.loads(f'"{said}"')) if '"' in said or "\\" in said else said
    except ValueError:
        return None


def _behind(wire: bytes, at: int, parts: Sequence[bytes]) -> int:
    """Where the bytes end that are these parts with counters between them; -1 where they are others."""
    for number, part in enumerate(parts):
        if number:
            counter = _COUNTER.match(wire, at)
            if counter is None:
                return -1
            at = counter.end()
        if not wire.startswith(part, at):
            return -1
        at += len(part)
    return at


def key_of(place: Place) -> Key:
    """What the piece belongs to."""
    return _POSITION.sub("", place.path), place.marks


def read_event(data: bytes, loose: bool) -> Read:
    """The texts of an event. ``loose``: nobody knows its dialect, and any text may be a piece.

    Raises ValueError for what is no JSON, RecursionError.
    """
    if len(data) > LONGEST_ALIKE:
        return _read(data, loose)
    rest = without_beginning(data)
    alike = _USED.sub(rb"\1", rest), loose
    known = _TEXTLESS.get(alike) or _framed(rest, loose)
    if known is None:
        known = _read(data, loose)
        if not known.pieces and not known.wholes:
            if len(_TEXTLESS) >= MOST_ALIKE:
                _TEXTLESS.clear()
            _TEXTLESS[alike] = known
        elif len(known.pieces) == 1 and not known.wholes and not known.ends:
            _remember(data, rest, known.pieces[0], loose)
    return known


def _framed(rest: bytes, loose: bool) -> Read | None:
    """What data bring that are like others but for one piece."""
    for head, tail, place, loosely in _FRAMES:
        if rest.startswith(head) and rest.endswith(tail) and loosely is loose:
            said = _said(rest[len(head) : -len(tail)]) if len(rest) > len(head) + len(tail) else None
            return Read([place._replace(text=said)], [], []) if said and _is_plain(said) else None
    return None


def _is_plain(text: str) -> bool:
    """Whether a text is neither the address of a file nor JSON."""
    return not text.startswith("data:") and text.lstrip()[:1] not in {"{", "["}


def _remember(data: bytes, rest: bytes, place: Place, loose: bool) -> None:
    """Keep the frame of a piece, if its member holds nothing but words."""
    start, end = spans(data)[place.number[0]]
    shift = len(data) - len(rest)
    if place.path.rpartition(".")[2] in TOLD and start >= shift and not place.holds_json:
        _FRAMES.appendleft(Frame(rest[: start + 1 - shift], rest[end - 1 - shift :], place, loose))


def _read(data: bytes, loose: bool) -> Read:
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
    return Form(head, tail, _varying(head, tail), place, key_of(place), len(head), len(tail))


def _varying(head: bytes, tail: bytes) -> tuple[Sequence[bytes], Sequence[bytes]] | None:
    parts = _COUNTER.split(head), _COUNTER.split(tail)
    return parts if max(map(len, parts)) > 1 else None


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
