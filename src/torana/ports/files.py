"""What the line asks of whoever reads files: text with its places out of a document, and a copy without some of it.

It judges no text. Implemented by ``files``, which does the reading in other processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

MEBIBYTE = 1024 * 1024


class Limits(NamedTuple):
    """What one file may take. A file that takes more is refused."""

    max_bytes: int = 20 * MEBIBYTE
    pages: int = 300
    """Pages of a PDF, frames of a picture."""
    cells: int = 500_000
    """Cells, lines, paragraphs: pieces of text altogether."""
    characters: int = 4_000_000
    pixels: int = 60_000_000
    """Of one picture or page that is drawn."""
    entries: int = 2_000
    """In an archive or a document that is one (DOCX, XLSX, PPTX), those in it counted too."""
    unpacked_bytes: int = 256 * MEBIBYTE
    ratio: int = 200
    """How many times its packed size an entry of more than 1 MB may have."""
    nesting: int = 3
    """How deep files may lie in files."""
    ocr_pages: int = 20
    """Pictures and pages whose text is read by OCR."""
    seconds: float = 60.0
    """By the clock on the wall, OCR included."""
    memory_bytes: int = 1536 * MEBIBYTE
    """Address space."""


LIMITS = Limits()


class How(NamedTuple):
    """How a file is read."""

    ocr: bool = True
    """Whether text is looked for in pictures, where OCR is at hand."""
    archives: bool = False
    """Whether archives are opened; else they are unread."""
    limits: Limits = LIMITS


class Passage(Protocol):
    """A Piece, for those who read it: thousands are remembered, in the form that costs whoever remembers them least."""

    @property
    def text(self) -> str:
        """See Piece."""
        ...

    @property
    def place(self) -> str:
        """See Piece."""
        ...

    @property
    def unit(self) -> str:
        """See Piece."""
        ...

    @property
    def lead(self) -> str:
        """See Piece."""
        ...

    @property
    def kind(self) -> str:
        """See Piece."""
        ...

    @property
    def glued(self) -> bool:
        """See Piece."""
        ...


class Piece(NamedTuple):
    """One text of a file: a page, a paragraph, a cell, a line."""

    text: str
    place: str
    """For people: ``page 3``, ``sheet Pay cell B7``, ``slide 2``, ``line 40``, ``page 1 box 10,20,300,40`` (pixels)."""
    unit: str = ""
    """Pieces that follow each other and have the same are read as one text."""
    lead: str = ""
    """What stands before it for whoever reads it: the heading of a column."""
    kind: str = "text"
    """``text``, ``ocr``; or what a reader does not see: ``hidden``, ``comment``, ``metadata``, ``formula``, ``macro``, ``link``."""
    glued: bool = False
    """Whether it goes on from the piece before without anything between them."""


class Note(NamedTuple):
    """Something about a file that is no text: ``macro``, ``embedded_object``, ``external_link``, ``hidden_text`` and such."""

    kind: str
    place: str


class Extract(NamedTuple):
    """What was read."""

    type: str
    """``pdf``, ``docx``, ``xlsx``, ``pptx``, ``html``, ``csv``, ``text``, ``png`` … by content."""
    pieces: tuple[Passage, ...] = ()
    notes: tuple[Note, ...] = ()
    unread: tuple[Note, ...] = ()
    """Parts that nobody could read: a picture without OCR, an archive that is not to be opened, a type nobody knows."""
    pages: int = 0
    memo: bytes = b""
    """What OCR saw; given back to ``redacted``, so that it need not look again."""


class Edit(NamedTuple):
    """What stands in place of a part of a piece (code points, end exclusive)."""

    piece: int
    start: int
    end: int
    text: str


class Unreadable(Exception):
    """A file that is broken, hostile, or over a limit: ``reason`` is one short word for programs, the text is for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NoCopy(Exception):
    """The format has no copy without those texts."""


class Busy(Exception):
    """Too many files wait already."""


class Reader(Protocol):
    """Reads files in other processes."""

    async def read(self, content: bytes, how: How) -> Extract:
        """What is in the file. Raises Unreadable, Busy."""
        ...

    async def redacted(self, content: bytes, how: How, extract: Extract, edits: Sequence[Edit]) -> bytes:
        """The file with other texts in these places, in the same format. Raises NoCopy, Unreadable, Busy."""
        ...
