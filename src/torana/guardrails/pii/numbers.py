"""Finds what is written in digits: cards, Aadhaar, social security numbers, phones, bank accounts.

Which of them a number is, its shape, its check digit and the words before it decide together. Called by the finder list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from torana.guardrails.pii import context
from torana.guardrails.pii.checksums import luhn, verhoeff
from torana.ports.guardrail import Finding

# RE2. Seven digits with at most three separators between two of them.
TRIGGER: Final = r"\d(?:[ ().\-/]{0,3}\d){6}"
CANDIDATE: Final = r"[+(]{0,2}\d(?:[ ().\-/]{0,3}\d){6,}"

_BEGIN: Final = r"(?<![A-Za-z0-9_])(?<![A-Za-z][-./#])(?<!\d[-.])"
_END: Final = r"(?![A-Za-z0-9_])(?!-[A-Za-z0-9])(?!/[A-Za-z])(?!\.\d)"
_EXTENSION: Final = r"(?:[ ,]{0,2}(?:x|ext\.?|extn\.?)[ :]{0,2}\d{1,6})?"

_STRONG_CARD: Final = re.compile(r"4|5[1-5]|2[2-7]|3[47]|3[05689]|6(?:011|4|5|0|2)|8[12]")
_WEAK_CARD: Final = re.compile(r"[2-6]|8[12]|1800")  # 1800: JCB's old cards
_DATE: Final = re.compile(
    r"\d{1,2}([-./ ])\d{1,2}\1(?:19|20)?\d{2}(?![-.\d])|(?:19|20)\d{2}[-./]\d{1,2}[-./]\d{1,2}(?!\d)|20\d{6}(?:\d{4,6})?$"
)

_Judge = Callable[[str, str, str], float]


def _card(words: str, digits: str, shown: str) -> float:
    if not luhn(digits) or not _WEAK_CARD.match(digits):
        # A card that is named one but mistyped is still one.
        return 0.55 if words == "card" and len(digits) in {15, 16} and _STRONG_CARD.match(digits) else 0.0
    if words == "card":
        return 0.99
    if len(digits) not in {14, 15, 16} or not _STRONG_CARD.match(digits):
        return 0.0 if words == "other" else 0.55
    return 0.6 if words == "other" else 0.95


def _aadhaar(words: str, digits: str, shown: str) -> float:
    if words == "aadhaar":
        return 0.99 if verhoeff(digits) else 0.7
    if not verhoeff(digits):
        return 0.0
    if words == "other":
        return 0.6 if len(shown) > len(digits) else 0.0
    return 0.93


def _ssn(words: str, digits: str, shown: str) -> float:
    if digits in {"078051120", "219099999"}:  # printed in advertisements, never anybody's
        return 0.0
    if words == "ssn":
        return 0.98
    return 0.85 if words not in {"other", "phone"} else 0.55


def _loose_ssn(words: str, digits: str, shown: str) -> float:
    return 0.9 if words == "ssn" else 0.0


def _phone(words: str, digits: str, shown: str) -> float:
    if not 8 <= len(digits) <= 15 or len(set(digits)) == 1:
        return 0.0
    return 0.97 if words == "phone" else 0.9


def _national(words: str, digits: str, shown: str) -> float:
    if len(set(digits)) < 3 or _DATE.match(shown):
        return 0.0
    return {"phone": 0.97, "other": 0.55 if len(shown) > len(digits) + 1 else 0.0}.get(words, 0.8)


def _mobile(words: str, digits: str, shown: str) -> float:
    if len(set(digits)) < 3:
        return 0.0
    return {"phone": 0.97, "other": 0.6 if shown.startswith("+") else 0.0}.get(words, 0.75)


def _named_phone(words: str, digits: str, shown: str) -> float:
    return 0.8 if words == "phone" and 7 <= len(digits) <= 13 and not _DATE.match(shown) else 0.0


def _account(words: str, digits: str, shown: str) -> float:
    return 0.97 if words == "account" and 9 <= len(digits) <= 18 and len(set(digits)) > 1 else 0.0


def _passport(words: str, digits: str, shown: str) -> float:
    return 0.9 if words == "passport" else 0.0


class _Rule(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    judge: _Judge


def _rule(kind: str, pattern: str, judge: _Judge) -> _Rule:
    return _Rule(kind, re.compile(_BEGIN + pattern + _END), judge)


RULES: Final = (
    _rule(
        "credit_card",
        r"(?:\d{12,19}|\d{4}([ .-])\d{4}\1\d{4}(?:\1\d{4})?(?:\1?\d{1,3})?|\d{4}([ .-])\d{6}\2\d{4,5})",
        _card,
    ),
    _rule("aadhaar", r"(?<!\+)[2-9]\d{3}([ -]?)\d{4}\1\d{4}", _aadhaar),
    _rule("ssn", r"(?!000|666|9)\d{3}([- .])(?!00)\d{2}\1(?!0000)\d{4}", _ssn),
    _rule("ssn", r"(?!000|666|9)\d{3}[- .]?(?!00)\d{2}[- .]?(?!0000)\d{4}", _loose_ssn),
    _rule("phone", rf"\+91[ -]?\d{{5}}[ -]?\d{{5}}{_EXTENSION}", _phone),
    _rule("phone", rf"\+1[ .-]?\(?\d{{3}}\)?[ .-]?\d{{3}}[ .-]?\d{{4}}{_EXTENSION}", _phone),
    _rule("phone", rf"(?:\+|(?<!\d )00[ -]?)[1-9]\d{{0,14}}(?:[ .-]?\(\d{{1,5}}\) ?\d{{1,12}})?(?:[ .-]\d{{1,12}}){{0,5}}{_EXTENSION}", _phone),
    _rule("phone", rf"(?:1[ .-]?)?(?:\([2-9]\d{{2}}\) ?|[2-9]\d{{2}}[ .-])\d{{3}}[ .-]\d{{4}}{_EXTENSION}", _national),
    _rule("phone", r"(?:(?:\+?91|0)[ -]?)?[6-9]\d{4}[ -]?\d{5}", _mobile),
    _rule("phone", r"(?<!\d )(?!\d{3}[- .]\d{2}[- .]\d{4}(?!\d))0\d{1,4}(?:[ .-]\d{2,4}){2,4}", _national),
    _rule("phone", r"\(?0\d{1,4}\)?[ -]\d{6,8}", _national),
    _rule("phone", rf"\(?\d(?:[ ().\-]{{0,3}}\d){{6,12}}{_EXTENSION}", _named_phone),
    _rule("bank_account", r"\d(?:[ -]?\d){8,17}", _account),
    _rule("passport", r"\d{9}", _passport),
)  # fmt: skip
_ROOM_FOR_EXTENSION: Final = 16


def find(text: str, start: int, end: int) -> Iterator[Finding]:
    """What the run of digits from ``start`` to ``end`` holds."""
    named: dict[int, str] = {}
    stop = min(len(text), end + _ROOM_FOR_EXTENSION)
    for rule in RULES:
        for match in rule.pattern.finditer(text, start, stop):
            shown = match.group()
            digits = "".join(sign for sign in shown.partition("x")[0].partition("e")[0] if sign.isdigit())
            words = named.get(match.start())
            if words is None:
                words = named[match.start()] = context.before(text, match.start())
            score = rule.judge(words, digits, shown)
            if score:
                yield Finding(rule.kind, match.start(), match.end(), score)
