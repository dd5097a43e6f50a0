"""Brings text into the one form that every guardrail reads, and finds places in it again in the text as it came.

It hides no letters and shows those that were made invisible: look-alikes of other alphabets, encodings and case are left to who looks for them.
Called by the guard room, once for each text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_FOLDED = {
    **dict.fromkeys(range(0x2010, 0x2014), "-"), 0x2212: "-", 0xFE58: "-",
    **dict.fromkeys((0x2018, 0x2019, 0x201B, 0x2032, 0x02BC), "'"), **dict.fromkeys((0x201C, 0x201D, 0x201F), '"'),
    0x3002: ".", 0xFF61: ".", 0x2024: ".",
}  # fmt: skip
_INVISIBLE = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0})
_REPLACEMENT = "\ufffd"
_REMEMBERED = 0x10000


def _fold(point: int) -> str:
    """What one code point becomes; nothing when it cannot be seen."""
    if point in _FOLDED:
        return _FOLDED[point]
    sign = chr(point)
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Cs":
        return _REPLACEMENT  # RE2 reads UTF-8, which has no lone surrogates.
    if smuggled := _smuggled(point):
        return smuggled
    # Format signs (zero width, directions, soft hyphen) and the other variation selectors.
    if category == "Cf" or point in _INVISIBLE or 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF:
        return ""
    return "".join(_FOLDED.get(ord(part), part) for part in unicodedata.normalize("NFKC", sign))


def _smuggled(point: int) -> str:
    """The letter that a tag or a variation selector stands for: people do not see it, models read it.

    Tags are ASCII moved to U+E0000 (RFC 2482); selectors hold bytes from 16 on in U+E0100 and above, where text is hidden behind
    one sign. Selectors below are what ideographs have.
    """
    if 0xE0020 <= point <= 0xE007E:
        return chr(point - 0xE0000)
    if 0xE0110 <= point <= 0xE016E:
        return chr(point - 0xE0100 + 16)
    return " " if point in {0xE0001, 0xE007F} else ""  # where tags begin and end


class _Table(dict[int, str]):
    """The fold of each code point seen so far, for ``str.translate``."""

    def __missing__(self, point: int) -> str:
        folded = chr(point) if point < 0x80 else _fold(point)
        if len(self) < _REMEMBERED:
            self[point] = folded
        return folded


_TABLE = _Table()


class Normal(NamedTuple):
    """A text in normal form."""

    text: str
    starts: tuple[int, ...] | None
    """For each sign of ``text`` the place of its origin, then the length of the original; None: places are the same."""

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that became this span of ``text``; signs left out in between belong to it."""
        if self.starts is None:
            return start, end
        first = self.starts[start]
        return first, self.starts[end - 1] + 1 if end > start else first


def normal(text: str) -> Normal:
    """The text with invisible signs left out and compatibility forms, digits, dashes and quotes in ASCII.

    Each sign is folded by itself, so the normal form of a beginning is the beginning of the normal form. ASCII stays as it is.
    """
    if text.isascii():
        return Normal(text, None)
    folded = _NOT_ASCII.sub(_folded, text)
    if folded == text:
        return Normal(text, None)
    # Only what is not ASCII is gone through: most texts have little of it.
    if all(len(_TABLE[ord(sign)]) == 1 for run in _NOT_ASCII.findall(text) for sign in run):
        return Normal(folded, None)
    places: list[int] = []
    end = 0
    for run in _NOT_ASCII.finditer(text):
        start = run.start()
        places += range(end, start)
        places += [start + place for place, sign in enumerate(run.group()) for _ in _TABLE[ord(sign)]]
        end = run.end()
    places += range(end, len(text) + 1)
    return Normal(folded, tuple(places))


_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def _folded(run: re.Match[str]) -> str:
    return run.group().translate(_TABLE)
