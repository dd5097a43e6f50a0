"""One event of a streamed answer as the guard room reads it: pieces of longer texts, and texts that are whole.

It knows the names that dialects give to pieces, no dialect. Called by the guard room's streams.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from torana.core.json_places import Place, parsed, places, spans

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

    prefix: bytes
    suffix: bytes
    place: Place
    key: Key
    varies: bool
    """Whether counters in it change from event to event, of which nobody reads a text."""

    def text_in(self, data: bytes) -> str | None:
        """The piece in an event that has the form; None for one that has not."""
        if self.varies:
            data = _COUNTER.sub(b"", data)
        start, end = len(self.prefix), len(data) - len(self.suffix)
        if start > end or not data.startswith(self.prefix) or not data.endswith(self.suffix):
            return None
        text = data[start:end]
        if b'"' not in text and b"\\" not in text:
            return str(text, "utf-8")
        try:
            read = json.loads(b'"' + text + b'"')
        except ValueError:
            return None  # a quotation mark of its own: another form that begins and ends alike
        return read if isinstance(read, str) else None


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


def form_of(data: bytes, place: Place) -> Form:
    """The form of an event with this one piece."""
    start, end = spans(data)[place.number[0]]
    prefix, suffix = data[: start + 1], data[end - 1 :]
    varies = _COUNTER.search(data) is not None
    if varies:
        prefix, suffix = _COUNTER.sub(b"", prefix), _COUNTER.sub(b"", suffix)
    return Form(prefix, suffix, place, key_of(place), varies)


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
