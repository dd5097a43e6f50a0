"""Finds what an administrator's own patterns match, in RE2 syntax: linear in the text whatever the pattern.

It checks patterns for being RE2 and for matching nothing empty, not for being right. Run by the guard room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
import re2  # type: ignore[import-untyped,unused-ignore]

from torana.ports.guardrail import Finding, Guardrail, Where

SIDES = ("input", "output")
PRICE_CLASS = "instant"
MODES = ("block", "redact", "mask", "tokenise", "flag", "shadow")
UNIT = "span"

_NOWHERE = Where()


def compile_pattern(pattern: str) -> Any:
    """The pattern for RE2. Raises ValueError with what is wrong."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as wrong:
        said = wrong.args[0]
        reason = said.decode() if isinstance(said, bytes) else str(said)
        raise ValueError(f"pattern {pattern!r} is not RE2: {reason}") from wrong


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pattern."""

    pattern: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    r"""RE2 syntax; ``(?i)`` for any case. ``\d``, ``\w``, ``\b`` are ASCII; no look-around, repeats to 1000."""
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9_]+$")] = "pattern"
    """What its findings are called."""
    group: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0
    """The group that is found; 0: the whole match."""

    def __post_init__(self) -> None:
        compiled = compile_pattern(self.pattern)
        if compiled.search("") is not None:
            raise ValueError(f"pattern {self.pattern!r} matches the empty text")
        if self.group > compiled.groups:
            raise ValueError(f"pattern {self.pattern!r} has no group {self.group}")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    patterns: Annotated[tuple[Pattern, ...], msgspec.Meta(min_length=1, max_length=500)]
    longest: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 200
    """Signs of the longest thing the patterns can match: that much of a stream is held back. A longer match is found in whole
    texts; of a stream its beginning may have left."""


SAMPLE = Settings(
    patterns=(
        Pattern(r"\bEMP-\d{6}\b", "employee_id"),
        Pattern(r"(?i)case no\. ?(\d{2}/\d{4})", "case_number", 1),
        Pattern(r"\p{Devanagari}{2}-\d{4}", "file_number"),
    ),
    longest=24,
)
MUST_CATCH = ("ask EMP-204417 about it", "in Case No. 17/2031 we said", "फ़ाइल कख-2041 देखिए")
MUST_PASS = ("", "EMP-20441", "XEMP-204417", "case no. 17-2031", "कख 2041")


class Patterns:
    """The patterns, compiled."""

    __slots__ = ("_longest", "_patterns", "triggers")

    def __init__(self, settings: Settings) -> None:
        self._patterns = [(one.kind, compile_pattern(one.pattern), one.group) for one in settings.patterns]
        self._longest = settings.longest
        self.triggers = tuple(one.pattern for one in settings.patterns)

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each match of each pattern."""
        return list(self._found(_SURROGATES.sub("\ufffd", text)))

    def tail(self, text: str) -> int:
        """The start of the first word among as many signs as a match may have."""
        return max(len(text) - self._longest, 0)

    def _found(self, text: str) -> Iterator[Finding]:
        for kind, pattern, group in self._patterns:
            for match in pattern.finditer(text):
                start, end = match.span(group)
                if 0 <= start < end:
                    yield Finding(kind, start, end)


# RE2 reads UTF-8, which has none of them.
_SURROGATES = re.compile("[\ud800-\udfff]")


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Patterns(settings)
