"""Reads a request body within its bound of size. Time is ``sweep``'s to keep."""

from __future__ import annotations

from torana.core.errors import GatewayError
from torana.edge.house import Bounds, Receive


class ClientGone(Exception):
    """The caller hung up before its request was whole."""


async def read_body(receive: Receive, declared: int | None, bounds: Bounds) -> bytes:
    """The whole body.

    Raises GatewayError REQUEST_TOO_LARGE, before reading what is declared too large; ClientGone. A body that
    dawdles is ended by ``sweep``: a timer of its own for each request would cost more than the reading.
    """
    limit = bounds.max_body_bytes
    if declared is not None and declared > limit:
        raise too_large(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def too_large(limit: int) -> GatewayError:
    """The refusal of a body over the bound."""
    return GatewayError(
        "REQUEST_TOO_LARGE",
        f"The body is larger than {limit // (1024 * 1024)} MB. The operator sets this as server.max_body_mb.",
        details={"limit_bytes": limit},
    )
