"""Serves the console's files: the smallest form the browser takes, kept for ever where the name says so.

It reads no disc (wiring gives the files) and knows no page. Called by the application for paths nobody else serves.
"""

from __future__ import annotations

from collections.abc import Mapping

from torana.edge.house import House, Scope, Send
from torana.edge.open_routes import request_id, send_page
from torana.edge.static_file import StaticFile

CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    b"connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
GUARDS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
HASHED = "/assets/"
"""Below it the build puts a digest into every name: such a file never changes."""
FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
ASK_AGAIN = (b"cache-control", b"no-cache")
SHELL = "/index.html"
NOT_PAGES = ("/v1", "/v1beta", "/api", "/admin", "/auth", "/login", "/generate", "/health", "/metrics", "/scim",
             "/passthrough", "/openapi.json", "/docs", "/redoc", HASHED.rstrip("/"))  # fmt: skip
"""Paths of programs: an unknown one is refused in JSON, whatever the caller says it takes."""


def console_path(static: Mapping[str, StaticFile], scope: Scope) -> str | None:
    """The file that answers a GET of this path; None when the console has none.

    A path of a page (no file of ours, no API, and the browser asks for HTML) is answered by the shell, so that
    a reload stays where it was.
    """
    path: str = scope["path"]
    if path in static:
        return path
    if SHELL not in static or path.startswith(tuple(f"{begin}/" for begin in NOT_PAGES)) or path in NOT_PAGES:
        return None
    last = path.rsplit("/", 1)[-1]
    return SHELL if "." not in last and b"text/html" in header(scope, b"accept") else None


async def serve_console(house: House, scope: Scope, send: Send, path: str) -> None:
    """The file at ``path`` of ``house.static``, or 304 when the browser has it (RFC 9110 section 13.1.2)."""
    found = house.static[path]
    coding = chosen_coding(header(scope, b"accept-encoding"), found.packed)
    etag = b'"' + found.etag + (b"-" + coding if coding else b"") + b'"'
    headers = [
        (b"content-type", found.content_type),
        request_id(house, scope),
        *GUARDS,
        (b"etag", etag),
        (b"vary", b"accept-encoding"),
        FOR_EVER if path.startswith(HASHED) else ASK_AGAIN,
    ]
    if is_known(header(scope, b"if-none-match"), etag):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    if coding:
        headers.append((b"content-encoding", coding))
    await send_page(scope, send, 200, headers, found.packed[coding] if coding else found.body)


def header(scope: Scope, name: bytes) -> bytes:
    """All values of a header as one list; empty when it is not there."""
    return b",".join(bytes(value) for key, value in scope["headers"] if key == name)


def chosen_coding(accepted: bytes, packed: Mapping[bytes, bytes]) -> bytes:
    """The first coding we have that the browser takes; empty: the plain bytes (RFC 9110 section 12.5.3)."""
    taken: dict[bytes, bool] = {}
    for part in accepted.lower().split(b","):
        name, _, weight = part.partition(b";")
        taken[name.strip()] = weight.replace(b" ", b"").rstrip(b"0.") != b"q="
    return next((coding for coding in packed if taken.get(coding, False)), b"")


def is_known(known: bytes, etag: bytes) -> bool:
    """Whether an ``If-None-Match`` names this entity; compared weakly, as a cache does."""
    return any(part.strip().removeprefix(b"W/") in (etag, b"*") for part in known.split(b",") if part.strip())
