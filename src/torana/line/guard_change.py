"""What stands in the place of a finding: a word for its kind, a part of it, or a token for it.

It looks for nothing. Called by the guard room for whole texts and by its streams for pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from torana.line.guard_team import REPLACING

RESTORE = "restore"
_ORDER = (RESTORE, *REPLACING)
LONGEST_MASK = 64
SHOWN_AT_THE_END = 4
NUMBERS = frozenset(
    {
        "phone", "ssn", "credit_card", "iban", "bank_account", "aadhaar", "pan", "gstin", "passport", "driving_licence",
        "medical_record", "ifsc",
    }
)  # fmt: skip
"""Kinds of which the last signs may stay: people tell their own numbers apart by them."""
NAMES = frozenset({"person", "address"})


class Change(NamedTuple):
    """A span of a text that is to be replaced."""

    start: int
    end: int
    kind: str
    mode: str
    """One of REPLACING, or RESTORE."""
    new: str = ""
    """What a token stands for."""


Token = Callable[[str, str], str]
"""Kind and value → what stands for it in this conversation."""


def merged(changes: Iterable[Change]) -> list[Change]:
    """The changes in order, those that overlap as one: of the strictest mode, and of the kind of the longest."""
    out: list[Change] = []
    longest = 0
    for change in sorted(changes):
        if out and change.start < out[-1].end:
            last = out[-1]
            length = change.end - change.start
            kind = change.kind if length > longest else last.kind
            mode = max(last.mode, change.mode, key=_ORDER.index)
            out[-1] = Change(last.start, max(last.end, change.end), kind, mode, last.new or change.new)
            longest = max(longest, length)
        else:
            out.append(change)
            longest = change.end - change.start
    return out


def changed(text: str, changes: Sequence[Change], token: Token) -> str:
    """The text with the changes made; they are in order and do not overlap."""
    parts: list[str] = []
    end = 0
    for change in changes:
        parts += (text[end : change.start], instead(text[change.start : change.end], change, token))
        end = change.end
    parts.append(text[end:])
    return "".join(parts)


def instead(value: str, change: Change, token: Token) -> str:
    """What stands in the place of the value."""
    if change.mode == RESTORE:
        return change.new
    if change.mode == "tokenise":
        return token(change.kind, value)
    if change.mode == "mask":
        return mask(value, change.kind)
    return f"[{change.kind.upper()}]"


def mask(value: str, kind: str) -> str:
    """The value with asterisks for letters and digits, but for the little by which its owner knows it."""
    if kind == "email":
        name, at, host = value.rpartition("@")
        return f"{name[:1]}***{at}{host}" if name else "***"
    if kind in NUMBERS:
        return _but_the_last(value)
    if kind in NAMES:
        return " ".join(word[:1] + "*" * min(len(word) - 1, LONGEST_MASK) for word in value.split())
    return "*" * min(len(value), LONGEST_MASK)


def _but_the_last(value: str) -> str:
    signs = sum(map(str.isalnum, value))
    hidden = signs - SHOWN_AT_THE_END if signs >= 2 * SHOWN_AT_THE_END else signs
    out: list[str] = []
    for sign in value:
        if sign.isalnum():
            out.append("*" if hidden > 0 else sign)
            hidden -= 1
        else:
            out.append(sign)
    return "".join(out)
