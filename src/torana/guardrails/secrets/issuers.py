"""Decides which pieces of a text have the shape that an issuer gives its secrets, and how sure that is.

What makes any value a secret by what stands around it, ``contexts`` knows. Called by the guardrail.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple, cast

import re2  # type: ignore[import-untyped,unused-ignore]

from torana.guardrails.secrets.checksums import CHECKS
from torana.guardrails.secrets.values import random_looking
from torana.ports.guardrail import Finding
from torana.scan.one_byte import Pattern, compiled, options

UNCHECKED = 0.9
CHECKED = 1.0
FAILED = 0.7
"""How sure a finding is without a checksum, with a right one, with a wrong one: published fixtures have wrong ones."""

_FILLERS = frozenset("x0a*.-_#")
_BEFORE = r"\b("
_BEHIND = r")(?:[^\w-]|$)"


class Issuers(NamedTuple):
    """The table of shapes, compiled."""

    kinds: Sequence[str]
    patterns: Sequence[str]
    spans: Sequence[Pattern]
    which: re2.Set
    checks: Mapping[str, Callable[[str], bool]]
    strict: frozenset[str]
    loose: frozenset[str]
    prefixes: tuple[str, ...]
    """What a value begins with that some issuer gave out."""
    names: frozenset[str]
    """Of issuers, in lower case."""
    published: frozenset[str]

    def find(self, text: str, data: bytes) -> Iterator[Finding]:
        """Each shaped secret; ``data`` is the text as one byte a code point."""
        for number in self.which.Match(data) or ():
            kind = self.kinds[number]
            for match in self.spans[number].finditer(data):
                start, end = match.span(1)
                if score := self._score(kind, text[start:end]):
                    yield Finding(kind, start, end, score)

    def _score(self, kind: str, value: str) -> float:
        if _stands_in(value) or digest(value) in self.published or (kind in self.loose and not random_looking(value)):
            return 0.0
        check = self.checks.get(kind)
        if check is None:
            return UNCHECKED
        if check(value):
            return CHECKED
        return 0.0 if kind in self.strict else FAILED


def _stands_in(value: str) -> bool:
    """Whether a shaped value is an example: words like your-key inside it, or the same sign again and again."""
    body = value[value.find("_") + 1 :] if "_" in value[:12] else value[4:]
    low = value.lower()
    return "example" in low or "xxxxx" in low or set(body[-16:].lower()) <= _FILLERS or _counted(low)


def _counted(low: str) -> bool:
    return any(run in low for run in ("abcdefghij", "0123456789", "1234567890", "1231231231"))


def digest(value: str) -> str:
    """BLAKE2b-64 in hexadecimal: how ``published.txt`` names a sample without holding it."""
    return hashlib.blake2b(value.encode(), digest_size=8).hexdigest()


def _beside(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


@cache
def load() -> Issuers:
    """The table that lies beside this module, read and compiled once: that takes some tens of milliseconds."""
    table = tomllib.loads(_beside("issuers.toml"))
    rows = {**table["tokens"], **table["loose"]}
    anywhere = table["strict"]["anywhere"]
    patterns = [f"{'(' if kind in anywhere else _BEFORE}{pattern}{_BEHIND}" for kind, pattern in rows.items()]
    which = re2.Set.SearchSet(options())
    for pattern in patterns:
        which.Add(pattern.encode("ascii"))
    which.Compile()
    return Issuers(
        kinds=tuple(rows),
        patterns=tuple(patterns),
        spans=tuple(compiled(pattern) for pattern in patterns),
        which=which,
        checks={kind: CHECKS[name] for kind, name in table["checks"].items()},
        strict=frozenset(table["strict"]["refuse"]),
        loose=frozenset(table["loose"]),
        prefixes=tuple(cast("list[str]", table["prefixes"]["any"])),
        names=frozenset(table["issuers"]["names"]),
        published=frozenset(line for line in _beside("published.txt").split("\n") if line and not line.startswith("#")),
    )
