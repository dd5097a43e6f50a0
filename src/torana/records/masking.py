"""Makes secrets unreadable in what is logged: known token shapes in any text, any text under a telling name.

It does not look for personal data (guardrails do) and never sees the hot path. Called by the log's last processor
and by the access log for texts that callers choose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256

from torana.core.secret import Secret

DEEPEST = 8
"""Structures nested deeper than this are told by their type only: a log line is no place for them."""

_TELLING_NAME = re.compile(
    r"(?:^|[_\-.])(?:authorization|api[_-]?key|token|secret|password|passwd|pwd|cookie|jwt|private[_-]?key|"
    r"credential|x-api-key|x-goog-api-key)s?$",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)(?P<scheme>[A-Za-z0-9._~+/=\-]{6,})"
    r"|\b(?:sk|pk|rk)-[A-Za-z0-9_\-]{6,}"
    r"|\beyJ[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)?"
    r"|\b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|hf|gsk|nvapi|AIza|ya29)[_\-.]?[A-Za-z0-9_\-.]{16,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?<=://)(?P<user>[^\s:/@]{0,256}):(?P<password>[^\s/@]{1,256})(?=@)"
)


def hint(value: str) -> str:
    """A short hash prefix that stands for a secret: equal secrets look equal, and none can be read."""
    return "sha256:" + sha256(value.encode("utf-8", "replace")).hexdigest()[:8]


def masked_text(text: str) -> str:
    """The text with everything that looks like a key or a token replaced by its hint."""
    return _TOKENS.sub(_replacement, text)


def masked(value: object, name: str = "", depth: int = 0) -> object:
    """The value with secrets replaced, recursively, as JSON can hold it. ``name``: the field it stands in."""
    if isinstance(value, Secret):
        return value.hint()
    if isinstance(value, str):
        if value and _TELLING_NAME.search(name):
            return hint(value)
        return masked_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= DEEPEST:
        return f"<{type(value).__name__}>"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return {_key(key): masked(item, str(key), depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item, name, depth + 1) for item in value]
    return masked_text(repr(value))


def _key(key: object) -> str:
    return masked_text(key) if isinstance(key, str) else masked_text(repr(key))


def _replacement(match: re.Match[str]) -> str:
    whole = match.group()
    scheme = match.group("scheme")
    if scheme is not None:
        return whole[: len(whole) - len(scheme)] + hint(scheme)
    password = match.group("password")
    if password is not None:
        return f"{match.group('user')}:{hint(password)}"
    return hint(whole)
