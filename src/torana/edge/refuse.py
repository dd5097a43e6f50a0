"""Writes errors and small JSON answers on the wire.

The body's shape is the dialect's; the status is the error table's. Nothing here decides.
"""

from __future__ import annotations

import math
from typing import Protocol

from torana.core.errors import GatewayError, LimitReached
from torana.edge.house import Send
from torana.edge.reply_head import FAMILY, limit_headers

JSON = (b"content-type", b"application/json")

LONGEST_WAIT_S = 86_400.0
"""What a caller is told to wait at most, whatever a provider said: its number may be nonsense, or not a number."""


class Refusing(Protocol):
    """What shapes a refusal: a dialect, or the errors of a family of them."""

    def refuse(self, error: GatewayError, request_id: str) -> bytes:
        """The JSON body of an error answer."""
        ...


async def send_whole(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """One answer that is complete."""
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_refusal(
    send: Send, error: GatewayError, dialect: Refusing, request_id: str, *, head: bool = False
) -> None:
    """The error in the dialect's shape, with Retry-After where waiting helps and ``x-ratelimit-*`` where a limit refused.

    ``x-should-retry`` is what the OpenAI and Anthropic SDKs obey before they look at the status.
    """
    status = error.status
    headers = [JSON, (b"x-request-id", request_id.encode("latin-1"))]
    if str(getattr(dialect, "ID", ""))[:10] == FAMILY:
        headers.append((b"request-id", request_id.encode("latin-1")))
    if error.retry_after_s is not None:
        wait_s = min(max(0.001, error.retry_after_s), LONGEST_WAIT_S)  # this order turns NaN into the least
        headers.append((b"retry-after", b"%d" % math.ceil(wait_s)))
        headers.append((b"retry-after-ms", b"%d" % math.ceil(wait_s * 1000)))
    elif status in (429, 503):
        headers.append((b"retry-after", b"1"))
    if isinstance(error, LimitReached) and error.room is not None:
        headers += limit_headers(*error.room)
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 405:
        allow = error.details.get("allow", "POST")  # RFC 9110 section 15.5.6; the paths of dialects take nothing else
        headers.append((b"allow", str(allow).encode()))
    if not error.retryable:
        headers.append((b"x-should-retry", b"false"))
    if status in (408, 413):
        # The rest of the body is not read: the connection cannot carry another request.
        headers.append((b"connection", b"close"))
    body = b"" if head else dialect.refuse(error, request_id)
    await send_whole(send, status, headers, body)
