"""What policies say of files, and how wide and narrow ones combine: whoever speaks may only restrict.

It reads no file. Part of ``policies.Terms``; acted upon by the file room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

MODES = ("flag", "redact", "replace", "block")
"""What becomes of a file in which something is to be replaced, from the mildest to the strictest."""
OCR = ("off", "auto", "required")
LETS = ("allow", "flag", "block")
ON_ERROR = ("open", "closed")
_T = TypeVar("_T", int, bool, frozenset[str])


class FileTerms(NamedTuple):
    """What is said of files; what is empty or None is not said."""

    mode: str = ""
    """One of MODES; ``redact`` where nobody says."""
    types: frozenset[str] | None = None
    """Types that may come in (``pdf``, ``docx``, ``image``, ``archive`` …); None: all."""
    archives: bool | None = None
    """Whether archives are opened and read; False where nobody says."""
    max_mb: int | None = None
    ocr: str = ""
    """``off``: pictures pass unread; ``auto``: they are read where OCR is at hand; ``required``: none passes unread."""
    remote: str = ""
    """Files that a request names by address, which nobody here sees: ``allow`` or ``block``."""
    active: str = ""
    """Macros, scripts, objects in documents, content from elsewhere: ``allow``, ``flag`` or ``block``."""
    on_error: str = ""
    """What becomes of what could not be read: ``open``, it passes, or ``closed``."""

    @property
    def does(self) -> str:
        """The mode."""
        return self.mode or "redact"

    @property
    def is_closed(self) -> bool:
        """Whether nothing passes unread: so it is wherever a policy speaks of files and does not say ``open``."""
        return (self.on_error or ("closed" if self != SILENT else "open")) == "closed"

    @property
    def lets_remote(self) -> bool:
        """Whether files that are named by address may pass."""
        return self.remote == "allow" or (not self.remote and not self.is_closed)


SILENT = FileTerms()


def both_files(one: FileTerms, other: FileTerms) -> FileTerms:
    """What both come to: the stricter of each. Associative, commutative and idempotent."""
    return FileTerms(
        _stricter(one.mode, other.mode, MODES),
        other.types if one.types is None else one.types if other.types is None else one.types & other.types,
        _least(one.archives, other.archives),
        _least(one.max_mb, other.max_mb),
        _stricter(one.ocr, other.ocr, OCR),
        _stricter(one.remote, other.remote, LETS),
        _stricter(one.active, other.active, LETS),
        _stricter(one.on_error, other.on_error, ON_ERROR),
    )


def _stricter(one: str, other: str, order: Sequence[str]) -> str:
    if not one or not other:
        return one or other
    return max(one, other, key=order.index)


def _least(one: _T | None, other: _T | None) -> _T | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
