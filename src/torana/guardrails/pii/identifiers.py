"""Finds identifiers of letters and digits: PAN, GSTIN, IFSC, IBAN, passports, driving licences, medical records.

What looks like one and fails its own rule needs a word before it. Called by the finder list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from torana.guardrails.pii import checksums, context
from torana.ports.guardrail import Finding

# RE2.
TRIGGERS: Final = (
    r"(?i)[A-Z]{5}\d{4}[A-Z]",
    r"(?i)[A-Z]{4}0[A-Z0-9]{6}",
    r"(?i)\b[A-Z]{2}\d{2}[ -]?[A-Z0-9]{4}",
    r"(?i)\b[A-Z]{1,2}\d{6,8}\b",
    (
        r"(?i)passport|licen[cs]e|\bMRN?\b|medical record|patient (?:id|no|num|record|mrn)|\bUHID\b|hospital (?:no|num|id)"
        r"|health (?:record|card|id)|\bABHA\b|\bDL\b|पासपोर्ट|ड्राइविंग"
    ),
)
CANDIDATE: Final = r"[A-Za-z0-9]*(?:\d[A-Za-z0-9]|[A-Za-z0-9]\d)[A-Za-z0-9]*(?:[ -][A-Z0-9]{1,7}\b)*"

_LETTERS: Final = 3
_SHORTEST: Final = 5
_BEGIN: Final = r"(?<![A-Za-z0-9_])"
_END: Final = r"(?![A-Za-z0-9_])"
_PAN: Final = re.compile(rf"{_BEGIN}[A-Za-z]{{5}}\d{{4}}[A-Za-z]{_END}")
_GSTIN: Final = re.compile(rf"{_BEGIN}\d{{2}}[A-Za-z]{{5}}\d{{4}}[A-Za-z][1-9A-Za-z][Zz][0-9A-Za-z]{_END}")
_IFSC: Final = re.compile(rf"{_BEGIN}[A-Za-z]{{4}}0[A-Za-z0-9]{{6}}{_END}")
_IBAN: Final = re.compile(rf"{_BEGIN}[A-Za-z]{{2}}\d{{2}}[ -]?[A-Za-z0-9]{{4}}(?:[ -]?[A-Za-z0-9]{{1,4}}){{1,7}}")
_PASSPORT: Final = re.compile(rf"{_BEGIN}[A-Za-z]{{1,2}}\d{{6,8}}{_END}")
_LICENCE: Final = re.compile(rf"{_BEGIN}[A-Z]{{2}}[ -]?\d{{2}}[ -]?(?:19|20)\d{{2}}[ -]?\d{{7}}{_END}")
_NAMED: Final = re.compile(rf"{_BEGIN}(?=[A-Za-z-]{{0,4}}\d)[A-Za-z0-9](?:-?[A-Za-z0-9]){{4,15}}{_END}")


def _pan(text: str, match: re.Match[str]) -> float:
    value = match.group()
    named = context.before(text, match.start()) == "pan"
    if checksums.pan(value) and (value.isupper() or value.islower()):
        return 0.97 if named else 0.9 if value.isupper() else 0.65
    return 0.8 if named else 0.0


def _gstin(text: str, match: re.Match[str]) -> float:
    value = match.group()
    if not checksums.gstin_state(value):
        return 0.0
    return 0.99 if checksums.gstin(value) else 0.92


def _ifsc(text: str, match: re.Match[str]) -> float:
    value = match.group()
    if sum(sign.isdigit() for sign in value) < 2:
        return 0.0
    return 0.93 if value[:4].isupper() else 0.7 if value.islower() else 0.0


def _passport(text: str, match: re.Match[str]) -> float:
    return 0.9 if context.before(text, match.start()) == "passport" else 0.0


def _licence(text: str, match: re.Match[str]) -> float:
    return 0.9


_RULES: Final = (
    ("pan", _PAN, _pan), ("gstin", _GSTIN, _gstin), ("ifsc", _IFSC, _ifsc), ("passport", _PASSPORT, _passport),
    ("driving_licence", _LICENCE, _licence),
)  # fmt: skip


def _iban(text: str, match: re.Match[str]) -> Finding | None:
    """The longest beginning that is as long as the country's IBANs, ending where a word ends."""
    length = checksums.iban_length(match.group()[:2])
    seen = 0
    for place in range(match.start(), match.end()):
        seen += text[place].isalnum()
        if seen and seen == length:
            if place + 1 < len(text) and (text[place + 1].isalnum() or text[place + 1] == "_"):
                return None
            value = "".join(sign for sign in text[match.start() : place + 1] if sign.isalnum())
            valid = checksums.iban(value)
            if not valid and context.before(text, match.start()) != "iban":
                return None
            return Finding("iban", match.start(), place + 1, 0.99 if valid else 0.7)
    return None


def find(text: str, start: int, end: int) -> Iterator[Finding]:
    """What the run of letters and digits from ``start`` to ``end`` holds."""
    if end - start < _SHORTEST:
        return
    # The look-aheads see two signs more than the candidate.
    stop = min(len(text), end + 2)
    # The letters of a state may stand before the digits, apart.
    start = max(0, start - _LETTERS)
    for kind, pattern, judge in _RULES:
        for match in pattern.finditer(text, start, stop):
            score = judge(text, match)
            if score:
                yield Finding(kind, match.start(), match.end(), score)
    for match in _IBAN.finditer(text, start, stop):
        found = _iban(text, match)
        if found:
            yield found
    for match in _NAMED.finditer(text, start, stop):
        named = context.before(text, match.start())
        if named in {"medical", "licence"}:
            yield Finding(
                "medical_record" if named == "medical" else "driving_licence", match.start(), match.end(), 0.85
            )
