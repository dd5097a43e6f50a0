"""Finds postal addresses that begin with a house number and name a street, and post-office boxes.

It knows no towns: an address without such words is not found. Called by the finder list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from torana.ports.guardrail import Finding

_STREET: Final = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Drive|Lane|Ln|Way|Court|Crescent|Boulevard|Blvd|Terrace|Square|Highway|Parkway|Close|Gardens"
    r"|Marg|Nagar|Colony|Vihar|Enclave|Chowk|Layout|Apartments|Society|Cross|Main|Sector \d{1,3}|strasse)"
)
_NUMBER: Final = r"\b(?:(?:H\.? ?No\.?|House|Flat|Plot|Door) ?(?:No\.?)? ?)?\d{1,5}[A-Za-z]?(?:[/-]\d{1,4}[A-Za-z]?)?"
_WORDS: Final = r"(?:[A-Z0-9][\pL\pN.']*,? ){1,4}"
_FLAT: Final = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor)\.? ?[A-Za-z0-9-]{1,6})?"
_TOWN: Final = r"(?:, ?[A-Z][\pL.]+\b(?: [A-Z][\pL]+\b){0,2}){0,3}(?:,? [A-Z]{2}\b)?"
_CODE: Final = r"(?:[ ,-]{1,3}(?:\d{5}-\d{4}|\d{6}|\d{5}|[A-Z]{1,2}\d[A-Z0-9]? \d[A-Z]{2})\b)?"
_BOX: Final = r"\bP\.? ?O\.? ?Box \d{1,6}\b"

# RE2.
TRIGGERS: Final = (rf"{_NUMBER},? {_WORDS}{_STREET}\b", _BOX)
CANDIDATE: Final = rf"(?:{_NUMBER},? {_WORDS}{_STREET}\b\.?|{_BOX}){_FLAT}{_TOWN}{_CODE}"
# Signs between words and signs of words are never the same here: else this backtracks without end.
UNFINISHED: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:H\.? ?No\.?|House|Flat|Plot|Door|P\.? ?O\.? ?Box) ?(?:No\.?)? ?\d?|P\.? ?O?\.?\s?(?:Box?)?|\d)[\dA-Za-z]{0,5}"
    r"(?:[/-]\d{0,4}[A-Za-z]?)?(?:[ ,.-]{1,3}[A-Z0-9][\w']*){0,14}[ ,.-]{0,3}\Z"
)
REACH: Final = 160
"""How many signs an address may have before it ends; a longer one is let go in a stream."""


def find(text: str, start: int, end: int) -> Iterator[Finding]:
    """The address, if it is not too long to be one."""
    if end - start <= REACH:
        yield Finding("address", start, end, 0.7)
