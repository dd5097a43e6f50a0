"""Finds links: all of them, those to hosts that are denied, or those to hosts that are not allowed.

It fetches nothing and knows no reputations. Run by the guard room.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple
from urllib.parse import unquote

import msgspec

from torana.ports.guardrail import Finding, Guardrail, Where

SIDES = ("input", "output")
PRICE_CLASS = "instant"
MODES = ("block", "redact", "mask", "tokenise", "flag", "shadow")
UNIT = "span"

_NOWHERE = Where()

Host = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]

_ENDINGS = (
    "com|net|org|info|biz|io|ai|app|dev|co|me|xyz|top|site|online|shop|store|club|live|link|click|cloud|tech|icu|vip|gov|edu|mil|int|eu|uk|us|in|de|fr|nl"
    "|ru|cn|jp|br|au|ca|ch|it|es|se|no|pl|tk|ml|ga|cf|gq|cc|tv|ly|gg|to|sh|ws|su|pw|bank|finance|arpa|onion"
)
_SPECIAL = r"(?i:https?|wss?|ftps?):[\\/]*"
# A browser takes one slash, three, or a backslash for two after these.
_URL = re.compile(
    rf"""(?:\b{_SPECIAL}|\b[A-Za-z][A-Za-z0-9+.-]{{1,30}}:(?:\\?/){{2}}|(?<![\w:/\\.])(?:\\?/){{2}}(?=[^\s/\\]{{1,250}}\.))(?P<rest>[^\s<>"'`{{}}|^]*)
    |\b(?P<script>(?i:javascript|vbscript|data)):(?=\S)[^\s<>"'`)]*
    |(?<![\w@.%/\\-])(?P<bare>(?:[^\W_](?:[\w-]{{0,62}}[^\W_])?\.){{1,10}}(?P<ending>(?i:{_ENDINGS})|xn--[a-z0-9-]{{2,59}}))\.?(?![\w@-]|\.[\w-]{{0,60}}\w@)(?::\d{{1,5}})?(?:[/?#\\][^\s<>"'`{{}}|^]*)?""",
    re.VERBOSE,
)
_DATA = re.compile(r"data:(?:image|audio|video|font)/", re.IGNORECASE)
_TRAILING = ".,;:!?)]}>*_~"
_LONGEST_NUMBER = 12
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|\d+")
_UP_TO_RUN = re.compile(r".*[\s\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]", re.DOTALL)
_LONGEST_RUN = 2048


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which hosts links may lead to. A host stands for all hosts under it, too."""

    allow: Annotated[tuple[Host, ...], msgspec.Meta(max_length=5000)] = ()
    """Where there are any, links to all others are found, as ``url_not_allowed``."""
    deny: Annotated[tuple[Host, ...], msgspec.Meta(max_length=5000)] = ()
    """Links to these are found, as ``url_denied``, allowed or not. With neither list every link is found, as ``url``."""
    bare: bool = True
    """Whether a host without a scheme is a link, as ``example.com/path``; by common endings and by the hosts denied."""

    def __post_init__(self) -> None:
        for host in (*self.allow, *self.deny):
            if not re.fullmatch(r"(?:\*\.)?[^\s/@:?#\\]+|\[?[0-9a-fA-F:.]+\]?", host):
                raise ValueError(f"{host!r} is no host: give it without scheme, port and path")


SAMPLE = Settings(allow=("torana.example", "docs.python.org"), deny=("old.torana.example",))
MUST_CATCH = (
    "see https://evil.example/x",
    "read [this](//evil.example/a.png) now",
    "https://torana.example@evil.example/",
    "https:\\\\evil.example\\@torana.example",
    "go to bad-host.com/login",
    "http://2130706433/admin",
    "https://xn--torna-1ra.example/",
    "https://old.torana.example/",
    "![x](https://torana.example.evil.example/?q=secret)",
    "javascript:alert(1)",
)
MUST_PASS = (
    "",
    "https://torana.example/a?b=https",
    "HTTPS://API.TORANA.EXAMPLE:8443/x",
    "mail me at someone@bad-host.com",
    "e.g. this, i.e. main.py or version 1.2.3",
    "either/or // not a link",
)


class Link(NamedTuple):
    """A link in a text: its host in ASCII, lower case; empty for one that runs a script or holds its data."""

    host: str
    start: int
    end: int


class Urls:
    """The two lists, made ready."""

    __slots__ = ("_allow", "_bare", "_deny", "triggers")

    def __init__(self, settings: Settings) -> None:
        self._allow = frozenset(map(_listed, settings.allow))
        self._deny = frozenset(map(_listed, settings.deny))
        self._bare = settings.bare
        bare = rf"\.(?i:{_ENDINGS}|xn--)"
        self.triggers: Sequence[str] = (
            r"(?i):[\\/]|(?:https?|wss?|ftps?|javascript|vbscript|data):|//|\\/",
            *([bare] if self._bare else []),
        )

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Each link that may not be there."""
        return [
            Finding(kind, one.start, one.end) for one in links(text, bare=self._bare) if (kind := self._kind(one.host))
        ]

    def tail(self, text: str) -> int:
        """The start of the last run without white space."""
        begin = max(len(text) - _LONGEST_RUN, 0)
        match = _UP_TO_RUN.match(text, begin)
        return match.end() if match else begin

    def _kind(self, host: str) -> str:
        if _under(host, self._deny):
            return "url_denied"
        if self._allow:
            return "" if _under(host, self._allow) else "url_not_allowed"
        return "" if self._deny else "url"


def links(text: str, *, bare: bool = True) -> Iterator[Link]:
    """Each link, from left to right. ``bare``: hosts without a scheme, too."""
    for match in _URL.finditer(text):
        start, end = match.span()
        end = start + len(_trimmed(text[start:end]))
        if match["script"]:
            if not _DATA.match(text, start):
                yield Link("", start, end)
        elif match["bare"]:
            if bare:
                yield Link(_ascii(match["bare"]), start, end)
        elif host := _host(match["rest"]):
            yield Link(host, start, end)


def _trimmed(link: str) -> str:
    """Without the punctuation of the sentence around it."""
    bare = link.rstrip(_TRAILING)
    # A bracket that was opened inside belongs to the link.
    return (
        link[: len(bare) + 1] if link[len(bare) : len(bare) + 1] == ")" and bare.count("(") > bare.count(")") else bare
    )


def _host(rest: str) -> str:
    """The host of what follows the scheme, as browsers read it: after the last @ before the first slash of either kind."""
    authority = re.split(r"[/\\?#]", rest.lstrip("\\/"), maxsplit=1)[0].rpartition("@")[2]
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    return _ascii(unquote(authority.partition(":")[0]).rstrip(_TRAILING))


def _ascii(host: str) -> str:
    host = host.rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return host
    if len(host) <= _LONGEST_NUMBER and _NUMBER.fullmatch(host):
        number = int(host, 0) if host.startswith("0x") else int(host)
        return str(ipaddress.IPv4Address(number)) if number < 1 << 32 else host
    return host


def _listed(host: str) -> str:
    return _ascii(host.removeprefix("*.").strip("[]"))


def _under(host: str, hosts: frozenset[str]) -> bool:
    """Whether the host or one that it lies under is among them."""
    while host:
        if host in hosts:
            return True
        host = host.partition(".")[2]
    return False


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Urls(settings)
