"""JSON in a text that comes in pieces, and JSON in its texts: read without being whole, and written into.

It judges nothing. Used by ``guard_channel``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torana.core.json_places import DEEPEST, literal
from torana.scan.normal import Normal

HALF_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)$")
"""The beginning of an escape at the end of a text."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_UNFINISHED = re.compile(r"\\+(?:u[0-9a-fA-F]{0,3})?$")
"""The same at any depth: there is a backslash before each of those that belong to one."""
_LOOK_BACK = 32
_INNER = re.compile(r"\"\s*[{\[]")
_BARE = re.compile(r"\s*[:,\[\]{}][\s:,\[\]{}0-9.eE+-]*")
"""What stands between a closed string and a number."""
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class Spread(Normal):
    """As ``Normal``, where a sign may have come of several."""

    __slots__ = ()

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that became this span of ``text``."""
        starts = self.starts or ()
        return starts[start], starts[end] if end > start else starts[start]


def unescaped(text: str) -> Spread:
    """JSON with its escapes read, and where each sign stood."""
    parts: list[str] = []
    starts: list[int] = []
    end = 0
    for found in _ESCAPE.finditer(text):
        parts += (text[end : found.start()], chr(int(found[1], 16)) if found[1] else _SIGNS.get(found[2], found[2]))
        starts += range(end, found.start() + 1)
        end = found.end()
    parts.append(text[end:])
    starts += range(end, len(text) + 1)
    return Spread("".join(parts), tuple(starts))


def deeper(plain: Spread) -> Iterator[Spread]:
    """The same read again, as long as there may be JSON in its texts: as deep as bodies are looked into.

    More generous than there: nobody knows yet whether it will be JSON.
    """
    for _ in range(1, DEEPEST):
        text = plain.text
        if "\\" not in text or _INNER.search(text) is None:
            return
        if (half := HALF_ESCAPE.search(text)) is not None:
            text = text[: half.start(1)]
        inner = unescaped(text)
        starts, outer = inner.starts or (), plain.starts or ()
        plain = Spread(inner.text, tuple([outer[start] for start in starts]))
        yield plain


def before_escape(text: str, place: int) -> int:
    """The last place up to ``place`` that is not within an escape."""
    while place > 0 and _UNFINISHED.search(text, max(0, place - _LOOK_BACK), place) is not None:
        place -= 1
    return place


def depth_at(text: str, place: int) -> int:
    """How deep the string is that was opened or closed last before that place: 1 for those of the text itself.

    With each level the backslashes before a quotation mark double, and one is added.
    """
    quote = text.rfind('"', 0, place)
    if quote < 0:
        return 1
    backslashes = quote - len(text[:quote].rstrip("\\"))
    depth = 1
    while backslashes & 1:
        backslashes >>= 1
        depth += 1
    return min(depth, DEEPEST)


def nested(new: str, text: str, place: int, quoted: bool) -> str:
    """A new text as it is to be written at that place. ``quoted``: whether a string of the text itself is open there."""
    depth = depth_at(text, place)
    if depth > 1:
        quoted = _BARE.fullmatch(text, text.rfind('"', 0, place) + 1, place) is None
    said = str(literal(new), "ascii")
    said = said[1:-1] if quoted else said
    for _ in range(1, depth):
        said = str(literal(said), "ascii")[1:-1]
    return said
