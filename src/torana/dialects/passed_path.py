"""Decides which paths may be passed on to a provider, and what of a query: nothing that leaves the provider's address.

It looks at text alone and sends nothing. Called by ``edge`` and ``passthrough``.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from torana.core.errors import GatewayError

LONGEST = 2048
_STEP = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
"""RFC 3986, section 3.3: a segment that is not empty."""
_NEEDLESS = re.compile(r"%(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|2[DdEe]|5[Ff])")
"""Letters, digits and marks that need no encoding (RFC 3986, section 6.2.2.2), but for the tilde, which old clients encode."""
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]-]|%[0-9A-Fa-f]{2})*")
_MODEL = re.compile(r"/(?:models|deployments|model|engines)/([^/]+?)(?=/|$)")
CREDENTIALS = frozenset({
    "key", "api_key", "api-key", "apikey", "access_token", "auth", "auth_token", "token", "authorization", "password",
    "secret", "sig", "signature", "subscription-key", "client_secret",
})  # fmt: skip
"""Names of query fields, in lower case, that carry credentials."""


def checked(path: str) -> str:
    """The path as it is. ``path``: percent-encoded, begins with a slash, as the caller sent it.

    Raises GatewayError NOT_FOUND for whatever somebody on the way might take for another place: empty steps, steps of
    dots, however often they are encoded, backslashes, control characters, what no path may have. Letters that are encoded
    without need too: a provider reads them as the words by which a path is known here, and a model found in it.
    """
    steps = path[1:].split("/")
    if steps[-1] == "" and len(steps) > 1:
        steps.pop()
    fine = path.startswith("/") and len(path) <= LONGEST and all(_STEP.fullmatch(step) for step in steps)
    if not fine or not _harmless(path):
        raise GatewayError("NOT_FOUND", "This path cannot be passed on.")
    return path


def _harmless(path: str) -> bool:
    """Whether no step becomes another place when it is decoded, once or several times."""
    for _ in range(4):
        steps = path[1:].removesuffix("/").replace("\\", "/").split("/")
        bare = [step.partition(";")[0].strip() for step in steps]
        if (
            _NEEDLESS.search(path)
            or "\\" in path
            or any(step in ("", ".", "..") for step in bare)
            or not path.isprintable()
        ):
            return False
        decoded = unquote(path, errors="replace")
        if decoded == path:
            return True
        path = decoded
    return False  # nobody encodes a name that often


def plain(path: str) -> str:
    """A path that was checked as somebody may read it who decodes before he looks for slashes and colons."""
    while "%" in path:
        decoded = unquote(path, errors="replace")
        if decoded == path:
            break
        path = decoded
    return path


def without_credentials(query: str) -> tuple[str, tuple[str, ...]]:
    """The query without fields that carry credentials, and the names of those.

    Raises GatewayError REQUEST_INVALID for a query that is none (RFC 3986, section 3.4).
    """
    if len(query) > LONGEST or not _QUERY.fullmatch(query):
        raise GatewayError("REQUEST_INVALID", "The query cannot be passed on.")
    kept: list[str] = []
    dropped: list[str] = []
    for field in query.split("&"):
        name = unquote(unquote(field.partition("=")[0].replace("+", " "))).strip().lower()
        if name in CREDENTIALS:
            dropped.append(name)
        elif field:
            kept.append(field)
    return "&".join(kept), tuple(dropped)


def model_in(path: str) -> str | None:
    """The model that a path names, as Google's, Azure's and Bedrock's do; None when it names none."""
    found = _MODEL.search(path) or _MODEL.search(plain(path))
    if found is None:
        return None
    name = unquote(found[1])
    head, colon, method = name.rpartition(":")
    return head if colon and method.isalpha() else name
