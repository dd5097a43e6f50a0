"""Decides which values are credentials in what carries them: headers, command lines, addresses, armour.

It does not look for these places, ``contexts`` does, and calls it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from torana.guardrails.secrets.names import NONE, strength
from torana.guardrails.secrets.values import password_like, placeholder, random_looking, uuid
from torana.ports.guardrail import Finding

_ARMOUR_END = re.compile(r"-----END[ A-Z0-9]{0,40}-----|-{5}[^E-]")
LONGEST_KEY = 16_384
"""Signs of a private key's body that are looked at."""
_STAND_IN_HOSTS = re.compile(
    r"(?:localhost|127\.0\.0\.1|\[?::1|host(?:name)?|server|db|example\.\w+|.{0,60}\.example(?:\.\w+)?|your.*|my.*|[<{$%*\[].*)",
    re.IGNORECASE,
)
COMMON = frozenset({"password", "pass", "passwd", "pwd", "secret", "token", "user", "username", "yyy", "apikey", "pw"})


class Place(NamedTuple):
    """A match: the text and the spans of its groups."""

    text: str
    spans: Sequence[tuple[int, int]]
    prefixes: tuple[str, ...] = ()
    """What a value begins with that some issuer gave out."""
    issuers: frozenset[str] = frozenset()
    """Their names, in lower case."""

    def group(self, number: int) -> str:
        """What a group matched; empty where it took no part."""
        start, end = self.spans[number]
        return self.text[start:end] if start >= 0 else ""

    def value(self, *numbers: int) -> tuple[int, int]:
        """The span of the first group that took part; (-1, -1) when none did."""
        return next((self.spans[number] for number in numbers if self.spans[number][0] >= 0), (-1, -1))


def header(place: Place) -> Iterator[Finding]:
    """A credential in an HTTP header."""
    name, scheme = place.group(1), place.group(2).strip().lower()
    start, end = place.spans[3]
    value = place.text[start:end]
    if placeholder(value) or strength(name) == NONE:
        return
    if scheme == "basic":
        if _basic(value):
            yield Finding("basic_credentials", start, end, 0.9)
    elif random_looking(value, 8) or (uuid(value) and name.lower() == "authorization") or value.startswith("sha256~"):
        yield Finding("bearer_token", start, end, 0.8)


def _basic(value: str) -> bool:
    """Whether the value is base64 of ``user:password``."""
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain and not plain.startswith(b"{")


def curl(place: Place) -> Iterator[Finding]:
    """The password of ``curl -u``, or the key that stands in for the user."""
    start, end = place.value(1, 2, 3, 4)
    pair = place.text[start:end]
    user, colon, password = pair.partition(":")
    if not colon:
        return
    bare = password.strip("'\"{}")
    if not bare:
        # A key as the user, as in -u "key:".
        if password_like(user) and not placeholder(user):
            yield Finding("basic_credentials", start, start + len(user), 0.7)
        return
    at = start + len(user) + 1 + password.index(bare)
    if placeholder(bare) or bare.lower() in COMMON or bare == user or not password_like(bare):
        return
    yield Finding("password", at, at + len(bare), 0.8)


def userinfo(place: Place) -> Iterator[Finding]:
    """The password in an address."""
    start, end = place.spans[1]
    value = place.text[start:end]
    host_stands_in = _STAND_IN_HOSTS.fullmatch(place.group(2)) is not None
    if placeholder(value) or value.lower() in {"port", "***"}:
        return
    if value.lower() in COMMON and host_stands_in:
        return
    yield Finding("connection_password", start, end, 0.8)


def armour(place: Place) -> Iterator[Finding]:
    """A private key in PEM or OpenPGP armour, from its first line to its last."""
    start = place.spans[0][0]
    head = place.text.find("-----", start + 5) + 5
    body = place.text[head : head + LONGEST_KEY]
    stop = _ARMOUR_END.search(body)
    end = head + (stop.end() if stop else len(body))
    if stop and sum(map(str.isalnum, body[: stop.start()])) < 16:
        return
    if "..." in body[:40] or "xxxx" in body[:80].lower() or "example" in body[:80].lower():
        return
    yield Finding("private_key", start, end, 1.0)


def whole(kind: str, group: int) -> Callable[[Place], Iterator[Finding]]:
    """The judge that finds a group as it is, but for placeholders."""

    def judged(place: Place) -> Iterator[Finding]:
        start, end = place.spans[group]
        if not placeholder(place.text[start:end]):
            yield Finding(kind, start, end, 0.9)

    return judged
