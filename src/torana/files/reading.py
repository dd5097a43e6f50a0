"""What the reading of one file has come to: its pieces, notes, and what it took of its limits.

It knows no format. Made by ``opening`` for each file; modules that read formats write into it, also for files in files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from torana.ports.files import Edit, Extract, How, Note, Piece, Unreadable

if TYPE_CHECKING:
    from torana.files.eyes import Eyes

Put = Callable[[int, int, str], None]
"""Notes that a text stands from here to there in a piece; done by the ``copy`` of its document."""
MOST_NOTES = 500
SHOWN = 120


class Opened(Protocol):
    """A document that was read, and can be written once more."""

    @property
    def changed(self) -> bool:
        """Whether something was put into it."""
        ...

    def copy(self) -> bytes:
        """It, with what was put into it. Raises NoCopy."""
        ...


class Reading:
    """Of one file and the files in it."""

    def __init__(self, how: How, eyes: Eyes, opener: Callable[[bytes, Reading], Opened | None]) -> None:
        """``eyes``: who reads pictures. ``opener``: opens a file that lies in this one; None: nobody can."""
        self.how = how
        self.eyes = eyes
        self._opener = opener
        self._puts: list[Put | None] = []
        self._around = ""
        self._depth = 0
        self._characters = 0
        self._unpacked = 0
        self._entries = 0
        self.pages = 0
        self.pieces: list[Piece] = []
        self.notes: list[Note] = []
        self.unread: list[Note] = []

    def add(self, piece: Piece, put: Put | None = None) -> None:
        """One more piece. ``put``: how something is changed in it; None: nothing can be. Raises Unreadable over a limit."""
        if not piece.text or piece.text.isspace():
            return
        limits = self.how.limits
        self._characters += len(piece.text)
        if self._characters > limits.characters:
            raise Unreadable("too_much_text", f"the file has more than {limits.characters:,} characters of text")
        if len(self.pieces) >= limits.cells:
            raise Unreadable("too_many_cells", f"the file has more than {limits.cells:,} cells, lines or paragraphs")
        if self._around:
            piece = piece._replace(place=self._around + piece.place, unit=self._around + piece.unit)
        self.pieces.append(piece)
        self._puts.append(put)

    def note(self, kind: str, place: str) -> None:
        """Write something down about the file."""
        if len(self.notes) < MOST_NOTES:
            self.notes.append(Note(kind, self._around + shown(place)))

    def could_not_read(self, kind: str, place: str) -> None:
        """Write down that a part was not read."""
        if len(self.unread) < MOST_NOTES:
            self.unread.append(Note(kind, self._around + shown(place)))

    def turn_page(self) -> None:
        """Count one more page. Raises Unreadable over the limit."""
        self.pages += 1
        if self.pages > self.how.limits.pages:
            raise Unreadable("too_many_pages", f"the file has more than {self.how.limits.pages:,} pages")

    def unpack(self, packed: int, size: int) -> None:
        """Count what an entry takes. Raises Unreadable over a limit."""
        limits = self.how.limits
        self._entries += 1
        self._unpacked += size
        if self._entries > limits.entries:
            raise Unreadable("too_many_entries", f"the archive has more than {limits.entries:,} entries")
        if self._unpacked > limits.unpacked_bytes or (size > 1_000_000 and size > packed * limits.ratio):
            raise Unreadable("bomb", "the archive would be far larger unpacked than it is")

    def inner(self, content: bytes, place: str) -> Opened | None:
        """Read a file that lies in this one; None: nobody can. Raises Unreadable."""
        if self._depth >= self.how.limits.nesting:
            raise Unreadable("too_deep", f"files lie in files, deeper than {self.how.limits.nesting}")
        around = self._around
        self._around = f"{around}{shown(place)}: "
        self._depth += 1
        try:
            return self._opener(content, self)
        finally:
            self._depth -= 1
            self._around = around

    def put(self, edits: Sequence[Edit]) -> bool:
        """Give the edits to the documents; False when one of them is where nothing can be changed."""
        for edit in edits:
            put = self._puts[edit.piece]
            if put is None:
                return False
            put(edit.start, edit.end, edit.text)
        return True

    def put_instead(self, first: int, put: Put) -> None:
        """Change the pieces from the number ``first`` on in this way: what they lie in goes as a whole."""
        self._puts[first:] = [put] * (len(self._puts) - first)

    def extract(self, kind: str) -> Extract:
        """All of it."""
        found = tuple(self.pieces), tuple(self.notes), tuple(self.unread)
        return Extract(kind, *found, self.pages, self.eyes.memo())


def shown(name: str) -> str:
    """A name from a file, for people: one line, not long."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:SHOWN])
