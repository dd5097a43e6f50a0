"""Cuts text into sentences, from left to right, so that what is cut once stays cut however the text goes on.

It knows no grammar: a stop followed by white space, a line's end, a picture sign, or too many words end a sentence.
Called by guardrails that judge sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 400
"""Signs after which the next white space ends a sentence that found no end of its own."""

MOST = 800
"""Signs after which a sentence ends wherever it stands."""

# Sentence ends: a run of stops (danda and full-width ones too) with closing marks and white space behind, line breaks,
# and signs outside the letters of living scripts: emoji and symbols.
_END = re.compile(
    r"(?<![.!?\u0964\u3002\uff01\uff1f])(?P<stop>[.!?\u0964\u3002\uff01\uff1f]++[\"'\u201d\u2019)\]*_]*+)\s+"
    r"|[\r\n\u2028\u2029\u2600-\u27bf\U0001f000-\U0001faff]+\s*"
)
_GAP = re.compile(r"\s+")


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, white space around it left out; empty ones are not given."""
    start = 0
    while start < len(text):
        end, following = _next(text, start)
        first, last = _trimmed(text, start, end)
        if first < last:
            yield first, last
        start = following if following >= 0 else len(text)


def last_start(text: str) -> int:
    """Where the sentence begins that more text would go on with: all before it is cut for good."""
    start = 0
    while start < len(text):
        _, following = _next(text, start)
        if following < 0:
            return start
        start = following
    return len(text)


def _next(text: str, start: int) -> tuple[int, int]:
    """Where the sentence that begins here ends, and where the next one begins; -1: it goes on."""
    found = _END.search(text, start, start + LONGEST + 1)
    if found:
        return found.end("stop") if found["stop"] else found.start(), found.end()
    gap = _GAP.search(text, start + LONGEST, start + MOST)
    if gap:
        return gap.start(), gap.end()
    if len(text) - start > MOST:
        return start + MOST, start + MOST
    return len(text), -1


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
