"""Finds dates of birth: dates that a word before them says to be one.

Other dates are nobody's own. Called by the finder list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from torana.guardrails.pii import context
from torana.ports.guardrail import Finding

# RE2.
TRIGGER: Final = r"(?i)\bd\.?\s?o\.?\s?b\b|birth|\bborn\b|\bjanm|जन्म"
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}"
CANDIDATE: Final = (
    r"(?i)\b(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}(?:st|nd|rd|th)?(?: of)?[ .-]" + _MONTH + r"\.?,?[ .-]\d{2,4}"
    r"|" + _MONTH + r"\.? \d{1,2}(?:st|nd|rd|th)?,? \d{2,4})\b"
)
UNFINISHED: Final = re.compile(
    rf"\b(?:\d{{1,4}}(?:[-./]\d{{0,4}}){{0,2}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of?)?[ .-][a-z]{{0,9}}\.?,?[ .-]?\d{{0,4}}"
    rf"|{_MONTH}\.? ?\d{{0,2}}(?:st|nd|rd|th)?,? ?\d{{0,4}})\Z",
    re.IGNORECASE,
)


def find(text: str, start: int, end: int) -> Iterator[Finding]:
    """The date, when it is one of birth."""
    if context.before(text, start) == "birth":
        yield Finding("date_of_birth", start, end, 0.9)
