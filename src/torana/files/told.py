"""What a file worker told, taken apart: thousands of pieces of text in one go, for the interpreter is asked for nothing else meanwhile.

It asks nobody. Called by ``pool``, in a thread where much was told.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from torana.ports.files import Extract, Note


class Held(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A Piece. The collector of cycles does not count these: hundreds of thousands are remembered, and it would stop every
    request for a tenth of a second to walk them.
    """

    text: str
    place: str
    unit: str = ""
    lead: str = ""
    kind: str = "text"
    glued: bool = False


class Read(msgspec.Struct):
    """An Extract without its memo, which is the body of the message."""

    type: str
    pieces: tuple[Held, ...] = ()
    notes: tuple[Note, ...] = ()
    unread: tuple[Note, ...] = ()
    pages: int = 0


class Told(msgspec.Struct):
    """The head of an answer: one of these."""

    extract: Read | None = None
    unreadable: str = ""
    message: str = ""
    no_copy: bool = False
    held: list[str] = []


_decode = msgspec.json.Decoder(Told).decode


def told(head: bytes) -> Told:
    """What the head of an answer says. Raises ValueError for nonsense."""
    try:
        return _decode(head)
    except msgspec.DecodeError:
        # Half a character (a lone surrogate) is no text for this reader, and files may hold any: the slow one takes it.
        return _told(json.loads(head))


def _told(said: Any) -> Told:
    try:
        return msgspec.convert(said, Told)
    except msgspec.ValidationError as fault:
        raise ValueError("a worker talks nonsense") from fault


def extract_of(found: Told, memo: bytes) -> Extract:
    """The Extract in it. Raises ValueError when there is none."""
    if found.extract is None:
        raise ValueError("a worker talks nonsense")
    read = found.extract
    return Extract(read.type, read.pieces, read.notes, read.unread, read.pages, memo)
