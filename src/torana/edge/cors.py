"""Cross-origin answers for browsers, for the origins that are listed (Fetch standard, CORS protocol).

Nothing is allowed unless listed. Only used when origins are configured.
"""

from __future__ import annotations

from torana.edge.house import Message, Scope, Send

ALLOWED_METHODS = b"GET, POST, PUT, PATCH, DELETE, OPTIONS"
KEPT_S = b"600"


def origin_of(scope: Scope) -> bytes:
    """The Origin header, or nothing."""
    for name, value in scope["headers"]:
        if name == b"origin":
            return bytes(value)
    return b""


def is_allowed(origin: bytes, origins: tuple[str, ...]) -> bool:
    """Whether the origin is listed."""
    return bool(origin) and ("*" in origins or origin.decode("latin-1") in origins)


def allow_origin(scope: Scope, send: Send, origins: tuple[str, ...]) -> Send:
    """A ``send`` that adds the header for a listed origin."""
    origin = origin_of(scope)
    if not is_allowed(origin, origins):
        return send

    async def with_origin(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = [(b"access-control-allow-origin", origin), (b"vary", b"origin")]
            message["headers"] = [*message["headers"], *extra, (b"access-control-expose-headers", b"*")]
        await send(message)

    return with_origin


async def preflight(scope: Scope, send: Send, origins: tuple[str, ...]) -> None:
    """The answer to an OPTIONS request."""
    headers = [(b"content-length", b"0")]
    if is_allowed(origin_of(scope), origins):
        wanted = next((value for name, value in scope["headers"] if name == b"access-control-request-headers"), b"")
        headers += [
            (b"access-control-allow-methods", ALLOWED_METHODS),
            (b"access-control-allow-headers", wanted),
            (b"access-control-max-age", KEPT_S),
        ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
