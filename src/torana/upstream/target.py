"""Turns an Outgoing into the bytes of an HTTP/1.1 request head, and refuses what could smuggle (RFC 9112).

It opens nothing and sends nothing. Used by the clients here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PATH = re.compile(r"[!-~]+")
_OURS = frozenset(
    {
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_PORTS = {"http": 80, "https": 443}
_known_names: dict[str, str] = {}


class Target(NamedTuple):
    """A URL taken apart. ``prefix`` follows the method in the request's head."""

    tls: bool
    host: str
    port: int
    prefix: str


def parse(url: str) -> Target:
    """Take an absolute http or https URL apart, its escapes untouched.

    Raises ValueError for anything else, for credentials in the URL, and for what is not visible ASCII.
    """
    parts = urlsplit(url)
    host = parts.hostname
    # urlsplit drops tabs and line ends silently, so the URL is judged as it came.
    if parts.scheme not in _PORTS or not host or not _PATH.fullmatch(url):
        raise ValueError("not an absolute http or https URL in plain ASCII")
    if parts.username is not None or parts.password is not None:
        raise ValueError("credentials in a URL end up in logs: give them as a header")
    port = parts.port or _PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    name = f"[{host}]" if ":" in host else host
    authority = name if port == _PORTS[parts.scheme] else f"{name}:{port}"
    prefix = f" {path} HTTP/1.1\r\nHost: {authority}\r\n"
    return Target(parts.scheme == "https", host, port, prefix)


def check_headers(headers: Sequence[tuple[str, str]]) -> bool:
    """Refuse headers that break framing; return whether ``accept-encoding`` is among them.

    Raises ValueError for a name that is no token or is the client's own business, and for CR, LF or NUL.
    """
    encoding = False
    for name, value in headers:
        lower = _known_names.get(name) or _learn(name)
        if "\n" in value or "\r" in value or "\0" in value:
            raise ValueError(f"the value of header {lower} breaks its line")
        if lower == "accept-encoding":
            encoding = True
    return encoding


def _learn(name: str) -> str:
    """The lower-case name, once judged. Names come from providers' code and settings, so they are few."""
    lower = name.lower()
    if not _TOKEN.fullmatch(name) or lower in _OURS:
        raise ValueError(f"header {lower[:60]!r} is not for callers to set")
    if len(_known_names) < 1024:
        _known_names[name] = lower
    return lower


def head(method: str, target: Target, headers: Sequence[tuple[str, str]], length: int) -> bytes:
    """The request's head for a body of ``length`` bytes. Raises ValueError as ``check_headers`` does."""
    return opening(method, target, headers) + ending(method, length)


def ending(method: str, length: int) -> bytes:
    """What of a head depends on the body."""
    return b"content-length: %d\r\n\r\n" % length if length or method not in ("GET", "HEAD") else b"\r\n"


def opening(method: str, target: Target, headers: Sequence[tuple[str, str]]) -> bytes:
    """What of a head is the same for every body. Raises ValueError as ``check_headers`` does."""
    lines = [method, target.prefix]
    if not check_headers(headers):
        lines.append("accept-encoding: identity\r\n")
    for name, value in headers:
        lines += (name, ": ", value, "\r\n")
    # Latin-1 is what header values are on the wire; anything else raises UnicodeEncodeError, a ValueError.
    return "".join(lines).encode("latin-1")
