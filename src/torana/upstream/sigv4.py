"""AWS Signature Version 4: the headers that sign one request (docs.aws.amazon.com, "Create a signed AWS API request").

Pure: the time is an argument and nothing is sent. Used by the modules of ``providers`` that speak to AWS.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from torana.core.secret import Secret

ALGORITHM = "AWS4-HMAC-SHA256"
SESSION_TOKEN = "x-amz-security-token"  # noqa: S105 - the name of the header, not a secret
_PORTS = {"http": 80, "https": 443}

Headers = Sequence[tuple[str, str]]


class Identity(NamedTuple):
    """Who signs. ``session_token`` comes with temporary credentials (STS, roles)."""

    access_key_id: Secret
    secret_access_key: Secret
    session_token: Secret | None = None


class Signer:
    """Signs the requests of one identity to one service in one region. Keeps the key derived for the day."""

    __slots__ = ("_day", "_identity", "_key", "_region", "_service")

    def __init__(self, identity: Identity, region: str, service: str) -> None:
        self._identity = identity
        self._region = region
        self._service = service
        self._day = ""
        self._key = b""

    def sign(self, method: str, url: str, headers: Headers, body: bytes, now: float) -> list[tuple[str, str]]:
        """The headers to add to ``headers``: date, session token if there is one, authorization.

        ``url`` is what goes on the wire, escapes included; ``headers`` are all signed, besides ``host``, which the
        HTTP client writes; ``now`` is epoch seconds. AWS refuses a date that is off by more than five minutes.
        """
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        added = [("x-amz-date", moment)]
        if self._identity.session_token:
            added.append((SESSION_TOKEN, self._identity.session_token.reveal()))
        names, request = canonical_request(method, url, (*headers, *added), body)
        scope = f"{moment[:8]}/{self._region}/{self._service}/aws4_request"
        to_sign = f"{ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.new(self._key_of(moment[:8]), to_sign.encode(), sha256).hexdigest()
        credential = f"{self._identity.access_key_id.reveal()}/{scope}"
        value = f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
        added.append(("authorization", value))
        return added

    def _key_of(self, day: str) -> bytes:
        if day != self._day:
            key = f"AWS4{self._identity.secret_access_key.reveal()}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.new(key, part.encode(), sha256).digest()
            self._day, self._key = day, key
        return self._key


def canonical_request(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> tuple[str, str]:
    """The names of the signed headers, and the request in the form that is hashed.

    Every service but S3 wants the path of the wire encoded once more, so ``%3A`` of a model's name becomes ``%253A``.
    """
    parts = urlsplit(url)
    values: dict[str, list[str]] = {"host": [_authority(parts.scheme, parts.hostname or "", parts.port)]}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    ordered = sorted(values)
    names = ";".join(ordered)
    lines = "".join(f"{name}:{','.join(values[name])}\n" for name in ordered)
    path = quote(_normal(parts.path), safe="/~")
    return names, "\n".join((method, path, _query(parts.query), lines, names, sha256(body).hexdigest()))


def segment(text: str) -> str:
    """Text as one segment of a path on the wire: all but letters, digits, ``-``, ``.``, ``_`` and ``~`` is escaped."""
    return quote(text, safe="")


def _authority(scheme: str, host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None or port == _PORTS.get(scheme) else f"{name}:{port}"


def _normal(path: str) -> str:
    """The path without empty, ``.`` and ``..`` segments (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part and part != ".":
            kept.append(part)
    end = "/" if kept and path.rpartition("/")[2] in ("", ".", "..") else ""
    return "/" + "/".join(kept) + end


def _query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(f"{name}={value}" for name, value in sorted((_escaped(one[0]), _escaped(one[2])) for one in pairs))


def _escaped(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
