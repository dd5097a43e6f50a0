"""Makes secrets and personal data unreadable in what is logged and recorded, however deep they lie.

Known token shapes and telling names it knows itself; the rest is found by whom it is given (the guardrails' own engine).
Called by the log's last processor, by the access log and by what sanitises Receipts; never on the hot path.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from torana.core.secret import Secret
from torana.ports.guardrail import Finding

DEEPEST = 8
"""Structures nested deeper than this are told by their type only: a log line is no place for them."""
LONGEST_CONTEXT = 64

Look = Callable[[str], Sequence[Finding]]
"""What is found in a text, without overlaps, from left to right."""

_TELLING_NAME = re.compile(
    r"(?:^|[_\-.])(?:authorization|api[_-]?key|token|secret|password|passwd|pwd|cookie|jwt|private[_-]?key|"
    r"credential|x-api-key|x-goog-api-key)s?$",
    re.IGNORECASE,
)
# What the engine masked begins with "<" and is not looked at again.
_TOKENS = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)(?P<scheme>[A-Za-z0-9._~+/=\-]{6,})"
    r"|\b(?:sk|pk|rk)-[A-Za-z0-9_\-]{6,}"
    r"|\beyJ[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)?"
    r"|\b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|hf|gsk|nvapi|AIza|ya29)[_\-.]?[A-Za-z0-9_\-.]{16,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?<=://)(?P<user>[^\s:/@]{0,256}):(?P<password>(?!<)[^\s/@]{1,256})(?=@)"
)


class Mask:
    """How values are made unreadable. Safe in threads when ``look`` is."""

    __slots__ = ("_key", "_look")

    def __init__(self, key: bytes = b"", look: Look | None = None) -> None:
        """``key``: of the hashes that stand for values; empty: they have none. ``look``: finds more than token shapes."""
        self._key = key
        self._look = look

    def hint(self, value: str) -> str:
        """A short hash prefix that stands for a secret: equal secrets look equal, and none can be read."""
        return f"{'hmac' if self._key else 'sha256'}:{self._digest(value)}"

    def text(self, text: str, name: str = "") -> str:
        """The text with every secret and personal value replaced. ``name``: the field it stands in, which may tell."""
        if self._look is not None and text:
            text = self._found(self._look, text, name)
        return _TOKENS.sub(self._token, text)

    def value(self, value: object, name: str = "", depth: int = 0) -> object:
        """The value with secrets and personal data replaced, recursively, as JSON can hold it."""
        if isinstance(value, Secret):
            return value.hint()
        if isinstance(value, str):
            if value and _TELLING_NAME.search(name):
                return self.hint(value)
            return self.text(value, name)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth >= DEEPEST:
            return f"<{type(value).__name__}>"
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        if isinstance(value, Mapping):
            return {self._name(key): self.value(item, str(key), depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, name, depth + 1) for item in value]
        return self.text(repr(value))

    def _name(self, key: object) -> str:
        return self.text(key if isinstance(key, str) else repr(key))

    def _found(self, look: Look, text: str, name: str) -> str:
        # A number is a phone's, a word a password, by the field it stands in.
        context = f"{name}: " if name and len(name) <= LONGEST_CONTEXT else ""
        pieces: list[str] = []
        at = 0
        for one in look(context + text):
            start, end = max(one.start - len(context), 0), one.end - len(context)
            if end > max(start, at):
                start = max(start, at)
                pieces += [text[at:start], f"<{one.kind}:{self._digest(text[start:end])}>"]
                at = end
        return "".join(pieces) + text[at:] if pieces else text

    def _digest(self, value: str) -> str:
        data = value.encode("utf-8", "replace")
        return hmac.digest(self._key, data, "sha256").hex()[:8] if self._key else sha256(data).hexdigest()[:8]

    def _token(self, match: re.Match[str]) -> str:
        whole = match.group()
        scheme = match.group("scheme")
        if scheme is not None:
            return whole[: len(whole) - len(scheme)] + self.hint(scheme)
        password = match.group("password")
        if password is not None:
            return f"{match.group('user')}:{self.hint(password)}"
        return self.hint(whole)


PLAIN = Mask()
"""Without a key and without the engine: before a process has its secrets."""
