"""Opens a file by what it is: the one place that knows which module reads which type.

It runs in a process of its own (``worker``), where a fault ends nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from torana.files.archives import open_archive
from torana.files.eyes import Eyes
from torana.files.images import FORMATS, open_picture
from torana.files.ocr import Ocr
from torana.files.pages import open_page
from torana.files.pdf import open_pdf
from torana.files.plain import open_plain
from torana.files.reading import Opened, Reading
from torana.files.sheets import open_sheets
from torana.files.slides import open_slides
from torana.files.sniff import sniff
from torana.files.word import open_word
from torana.ports.files import Edit, Extract, How, NoCopy, Unreadable

OPENERS: Mapping[str, Callable[..., Opened]] = {
    "pdf": open_pdf,
    "docx": open_word,
    "xlsx": open_sheets,
    "pptx": open_slides,
    "zip": open_archive,
    **{kind: partial(open_plain, kind=kind) for kind in ("text", "csv", "json")},
    **{kind: partial(open_page, kind=kind) for kind in ("html", "svg", "xml")},
    **{kind: partial(open_picture, kind=kind) for kind in FORMATS},
}


def read(content: bytes, how: How, ocr: Ocr | None, memo: bytes = b"") -> Extract:
    """What is in the file. Raises Unreadable."""
    reading, _, kind = _opened(content, how, ocr, memo)
    return reading.extract(kind)


def redacted(content: bytes, how: How, ocr: Ocr | None, memo: bytes, edits: Sequence[Edit]) -> bytes:
    """The file with other texts in these places. Raises NoCopy, Unreadable."""
    reading, opened, _ = _opened(content, how, ocr, memo)
    if opened is None or any(not 0 <= edit.piece < len(reading.pieces) for edit in edits) or not reading.put(edits):
        raise NoCopy
    return opened.copy()


def _opened(content: bytes, how: How, ocr: Ocr | None, memo: bytes) -> tuple[Reading, Opened | None, str]:
    if len(content) > how.limits.max_bytes:
        raise Unreadable("too_large", f"the file has more than {how.limits.max_bytes:,} bytes")
    kind = sniff(content)
    reading = Reading(how, Eyes(ocr if how.ocr else None, how.limits.ocr_pages, memo), _inner)
    return reading, _by_kind(content, kind, reading), kind


def _inner(content: bytes, reading: Reading) -> Opened | None:
    return _by_kind(content, sniff(content), reading) if content else None


def _by_kind(content: bytes, kind: str, reading: Reading) -> Opened | None:
    opener = OPENERS.get(kind)
    if opener is None:
        reading.could_not_read("type", kind)
        return None
    return opener(content, reading=reading)
