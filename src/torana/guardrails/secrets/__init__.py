"""Finds secrets: what issuers gave out, known by shape and checksum, and values that stand where secrets stand.

Placeholders, examples and references to variables pass; a finding is the value alone. Run by the guard room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from torana.guardrails.secrets import bare, contexts, issuers
from torana.guardrails.secrets.carriers import LONGEST_KEY
from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan.one_byte import one_byte
from torana.scan.widen import widened

SIDES = ("input", "output")
PRICE_CLASS = "instant"
MODES = ("block", "redact", "mask", "tokenise", "flag", "shadow")
UNIT = "span"

_NOWHERE = Where()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What counts as a secret."""

    by_context: bool = True
    """Whether values are found by the name, header or address they stand behind, and not only by an issuer's shape."""
    bare: bool = True
    """Whether long values are found that only a generator writes, although nothing around them says what they are."""
    samples: bool = False
    """Whether keys are found too that are published as samples and open nothing."""
    threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    """How sure a finding must be, from 0 to 1. Shapes 0.9, with a right checksum 1, with a wrong one 0.7; contexts 0.7 to 0.9;
    bare values 0.6."""
    ignore: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...], msgspec.Meta(max_length=500)
    ] = ()
    """Values that are no secrets: published samples, keys that are public by design."""


SAMPLE = Settings()
MUST_CATCH = (
    "deploy with ghp_" + "n2VbQ7xLd0KfT3aYwRz9HsJ4mUeC6pGi1oXk",
    "aws_access_key_id = AKIA" + "Q3EGRJ7WXK2NVTPL",
    'DB_PASSWORD="' + 'tr0ub4dor&3"',
    "postgres://app:" + "s3cr37-pw@db1.corp.internal:5432/orders",
    "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEAvT2k\n-----END RSA PRIVATE KEY-----",
    "Authorization: Bearer " + "9f8b2c71e5d64a03b1c7",
    "the API key is " + "q8Zt4Lm2Xv7Rb1Nc5Kd9",
    "curl -u admin:" + "Xk29fLq8 https://ci.corp.internal",
    "mysql -u root -p" + "Xk29fLq8 orders",
    "docker login -u ci -p " + "Xk29fLq8 registry.corp.internal",
    "My password is " + "sunflowerfield.",
    "use this one instead: 9Kq" + "T4vZ1mW8xR2bL7pN3cJ6sH0dF5gY",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0b3JhbmEifQ." + "c2lnbmF0dXJlLW9mLW5vdGhpbmc",
)  # fmt: skip
MUST_PASS = (
    "",
    "How many tokens does a password reset use?",
    'api_key = "your-api-key-here"',
    "export TOKEN=${CI_TOKEN}",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
    '{"max_tokens": 4096, "key": "customer_name"}',
    "postgres://user:password@localhost/db",
    "commit 43fc912ef59a83054ea7f6706df4d53a7dea4d80",
    "The secret of good tea is: warm the pot first.",
    "password: at least 12 characters",
    "The password is wrong. Your password is required.",
    "mkdir -p build/Release2024 && mysql -u root -p orders",
    "docker run -p 8080:80 web && ssh -p 2222 host",
    "checksum 9Kq" + "T4vZ1mW8xR2bL7pN3cJ6sH0dF5gY",
    "see https://docs.corp.internal/d/1Kq" + "T4vZ1mW8xR2bL7pN3cJ6sH0dF5gY/edit",
)

# Shapes and what only generators write are longer than words, but for those of two issuers; contexts have a word in them.
_STIRS = (
    r"[!-~]{19}|AKC|AP[0-9A-F]|xox|://|(?i:pass|pwd|secret|token|key|auth|cred|login|bearer|curl|mysql|mariadb|redis-cli"
    r"|mongo|ldap|sqlcmd|bcp|cqlsh|smbclient|7z|zip|xfreerdp)"
)
# What a value may consist of, at the end of a text; other alphabets and white space end it.
_SIGNS = "".join(map(chr, range(0x21, 0x7F)))
_OPEN_QUOTE = re.compile(r"""[=:(>]\s{0,20}\\?(["'`])([^"'`\n]{0,500})\Z""")
_OPEN_ARMOUR = re.compile(r"-{1,5}(?:B(?:E(?:G(?:I(?:N[ A-Z0-9]{0,40}-{0,5})?)?)?)?)?\Z")
_PUTTY = re.compile(r"PuTTY-User-Key-File-\d:? ?\Z")
_WINDOW = 4200


class Secrets:
    """The shapes and the contexts, compiled."""

    __slots__ = ("_bare", "_contexts", "_ignored", "_issuers", "_threshold", "triggers")

    stirs = _STIRS

    def __init__(self, settings: Settings) -> None:
        loaded = issuers.load()
        self._issuers = loaded._replace(published=frozenset()) if settings.samples else loaded
        self._contexts = contexts.load(self._issuers.prefixes, self._issuers.names) if settings.by_context else None
        self._bare = bare.Bare(self._issuers.prefixes) if settings.bare else None
        self._threshold = settings.threshold
        self._ignored = frozenset(settings.ignore)
        self.triggers: Sequence[str] = (
            *self._issuers.patterns,
            *(map(widened, contexts.PATTERNS.values()) if settings.by_context else ()),
            *((bare.TRIGGER,) if settings.bare else ()),
        )

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each secret once, from left to right; where several kinds overlap, the surest and longest."""
        data = one_byte(text)
        found = list(self._issuers.find(text, data))
        if self._contexts is not None:
            found += self._contexts.find(text, data)
        if self._bare is not None:
            found += self._bare.find(text, data)
        return _apart(
            one for one in found if one.score >= self._threshold and text[one.start : one.end] not in self._ignored
        )

    def tail(self, text: str) -> int:
        """The start of the last run of signs that a value may have, of an open quotation behind a name, of an open key."""
        start = max(len(text.rstrip(_SIGNS)), len(text) - _WINDOW)
        # Asked for with every piece of a stream: a pattern is looked for only where a sign of it stands.
        if "-" in text or '"' in text or "'" in text or "`" in text:
            start = min(start, _opened(text))
        return start


def _opened(text: str) -> int:
    """Where a quotation or a key begins that is open at the end."""
    start, end = _open_key(text), text[-_WINDOW:]
    window = len(text) - len(end)
    if match := _OPEN_ARMOUR.search(end):
        start = min(start, window + match.start())
    if "PuTTY" in end and (match := _PUTTY.search(end)):
        start = min(start, window + match.start())
    if match := _OPEN_QUOTE.search(end):
        start = min(start, window + match.start(2))
    return start


def _open_key(text: str) -> int:
    start = text.rfind("-----BEGIN")
    if start < 0 or len(text) - start > LONGEST_KEY or "-----END" in text[start:]:
        return len(text)
    return start


def _apart(found: Iterable[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for one in sorted(found, key=lambda finding: (-finding.score, finding.start - finding.end, finding.start)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda finding: finding.start)


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Secrets(settings)
