"""The pieces of a file as texts that guardrails read, and what is found in those as edits of the pieces.

Pieces that belong together are read together: a number in one cell with the heading of its column before it, a paragraph
with the one before. Called by the file room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torana.core.json_places import Place
from torana.line.guard_change import Change, Token, instead
from torana.ports.files import Edit, Passage

LONGEST = 32 * 1024
"""Signs after which a text ends with the piece that it has come to."""
ROLE = "tool"
"""Whose words a file's are: what somebody else wrote, as of a tool's result."""


class Spot(NamedTuple):
    """Where a piece stands in a text."""

    start: int
    end: int
    piece: int


class Reading(NamedTuple):
    """A file's texts."""

    places: list[Place]
    spots: list[list[Spot]]
    """For each place, in order."""


def read_pieces(pieces: Sequence[Passage], path: str) -> Reading:
    """The texts. ``path``: of the file in the body."""
    places: list[Place] = []
    spots: list[list[Spot]] = []
    parts: list[str] = []
    here: list[Spot] = []
    at = 0

    def close() -> None:
        nonlocal parts, here, at
        if here:
            marks = tuple((spot.start, f"{path} {pieces[spot.piece].place}".strip()) for spot in here)
            places.append(Place("".join(parts), (len(places),), ROLE, marks[0][1], spots=marks))
            spots.append(here)
        parts, here, at = [], [], 0

    unit = None
    for number, piece in enumerate(pieces):
        if piece.unit != unit or at > LONGEST:
            close()
            unit = piece.unit
        before = "" if not parts or piece.glued else "\n"
        if piece.lead:
            before += f"{piece.lead}: "
        start = at + len(before)
        parts += (before, piece.text)
        at = start + len(piece.text)
        here.append(Spot(start, at, number))
    close()
    return Reading(places, spots)


def edits_of(reading: Reading, place: int, changes: Sequence[Change], token: Token) -> list[Edit]:
    """The changes of one text as edits of its pieces; what a change puts stands in the first piece of it.

    The changes are in order and do not overlap.
    """
    found: list[Edit] = []
    text, spots = reading.places[place].text, reading.spots[place]
    first = 0
    for change in changes:
        said = instead(text[change.start : change.end], change, token)
        while first < len(spots) and spots[first].end <= change.start:
            first += 1
        for spot in spots[first:]:
            if spot.start >= change.end:
                break
            start, end = max(change.start, spot.start) - spot.start, min(change.end, spot.end) - spot.start
            found.append(Edit(spot.piece, start, end, said))
            said = ""
    return found


def edited(pieces: Sequence[Passage], edits: Sequence[Edit]) -> list[str]:
    """The texts of the pieces with the edits made."""
    texts = [piece.text for piece in pieces]
    for edit in sorted(edits, reverse=True):
        text = texts[edit.piece]
        texts[edit.piece] = text[: edit.start] + edit.text + text[edit.end :]
    return texts


def as_text(name: str, kind: str, pieces: Sequence[Passage], texts: Sequence[str]) -> str:
    """What stands in place of a file whose text goes on alone: what readers of it would see."""
    lines: list[str] = []
    unit = ""
    for piece, text in zip(pieces, texts, strict=True):
        if piece.kind not in ("text", "ocr"):
            continue
        if piece.unit != unit and piece.unit.startswith(("page", "sheet", "slide")):
            lines.append(f"[{piece.unit}]")
        unit = piece.unit
        lines.append(f"{piece.lead}: {text}" if piece.lead else text)
    shown = "".join(sign for sign in name if sign.isprintable())[:120]
    return "\n".join([f"[Text of the file {shown} ({kind})]" if shown else f"[Text of a file ({kind})]", *lines])
