"""Decides which long pieces of a text are secrets although nothing around them says so: only a generator writes like this.

What is random but public (digests, ids, encoded data, addresses) passes. Called by the guardrail.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from torana.guardrails.secrets.values import entropy, placeholder, random_looking
from torana.ports.guardrail import Finding
from torana.scan.one_byte import Pattern, compiled

TRIGGER = "[a-z][0-9][A-Z]|[A-Z][0-9][a-z]|[0-9][a-z][A-Z]|[0-9][A-Z][a-z]|[a-z][A-Z][0-9]|[A-Z][a-z][0-9]"
"""Three signs of three sorts in a row: of random pieces of 28 signs 99 % have them, of words hardly any."""
CANDIDATE = r"(?:^|[\s\"'`(<>\[|])([A-Za-z0-9_+/\-]{28,88}={0,2})(?:$|[\s\"'`)<>\],;.|])"
SCORE = 0.6
LEAST_BITS = 4.1
CHANGES = 0.4
"""Least share of signs before which a sign of another sort stands."""

_MIXED = re.compile(TRIGGER)
_SORTS = re.compile(r"[a-z]+|[A-Z]+|\d+|[^A-Za-z\d]+")
# Said before what is random and no secret.
_PUBLIC = re.compile(
    r"(?i)(?:\b|_)(?:commit|sha\d*|md5|hash|digest|checksum|integrity|etag|(?:uu|gu|c|tx|ob)?ids?|address|wallet|fingerprint"
    r"|thumbprint|pub(?:lic|lishable)?\w*|signature|signed|nonce|salt|revision|build|blob|image|data|base64|encoded?|decoded?|encrypted|cipher\w*"
    r"|certificate|file|url|link|path|video|channel|docs?|document|cursor|page|sample|example|test|ssh-\w+)\b[\"']?[^\n]{0,24}$"
)
_KNOWN = re.compile(
    r"AAAA[BCE]3Nza|Qm[1-9A-HJ-NP-Za-km-z]{44}$|[1-9A-HJ-NP-Za-km-z]{25,34}$|MII|iVBOR|R0lGOD|/9j/|JVBER|UEsDB"
)
_NEAR = 48
_DECIDED = ("AIza", "eyJ", "pk_", "pk-", "pub-", "pypi-", "sk-", "sk_", "gh", "xox", "npm_", "AKIA")
# Behind a name and a sign of assignment the name decides.
_ASSIGNED = re.compile(r"=>?\s*\\?[\"'`]?\Z|[\w\"'`\]]\s?:\s*\\?[\"'`]\Z|:\Z|[\"'`]\s*:\s*\Z")


class Bare:
    """The pattern, compiled."""

    __slots__ = ("_candidate", "_prefixes")

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        """``prefixes``: what a value begins with that some issuer gave out: whether that is one, its shape decides."""
        self._candidate: Pattern = compiled(CANDIDATE)
        self._prefixes = (*prefixes, *_DECIDED)

    def find(self, text: str, data: bytes) -> Iterator[Finding]:
        """Each; ``data`` is the text as one byte a code point."""
        if not _MIXED.search(text):
            return
        for match in self._candidate.finditer(data):
            start, end = match.span(1)
            value, before = text[start:end], text[max(0, start - _NEAR) : start]
            if value.startswith(self._prefixes) or _ASSIGNED.search(before) or _PUBLIC.search(before):
                continue
            if generated(value):
                yield Finding("high_entropy", start, end, SCORE)


def generated(value: str) -> bool:
    """Whether a generator made the value, and neither an encoder nor a hash function."""
    if not _MIXED.search(value) or _KNOWN.match(value) or placeholder(value):
        return False
    if len(_SORTS.findall(value)) < CHANGES * len(value) or entropy(value) < LEAST_BITS or value.count("/") > 3:
        return False
    return random_looking(value, 28) and not _encoded(value)


def _encoded(value: str) -> bool:
    """Whether the value is base64 of text."""
    short = value.rstrip("=")[: len(value.rstrip("=")) // 4 * 4]
    try:
        plain = base64.b64decode(short, altchars=b"-_" if "-" in short or "_" in short else None, validate=True)
    except (binascii.Error, ValueError):
        return False
    return sum(0x20 <= one < 0x7F or one in b"\t\r\n" for one in plain) > 0.85 * len(plain)
