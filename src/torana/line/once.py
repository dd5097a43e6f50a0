"""Idempotency keys: a request that comes again under its key gets what came of it the first time, and is not billed again.

It keeps nothing (``ports.cache.Once`` does) and sends nothing. Called by the cache room for requests that bring a key.
"""

from __future__ import annotations

import re
from hashlib import sha256

from torana.core.cache_entry import Entry
from torana.core.call import Prompt
from torana.core.errors import GatewayError
from torana.core.tickets import Grant
from torana.ports.cache import Mark, Once

LONGEST_KEY = 255
LIFE_S = 24 * 3600.0
RUNNING, DONE, ENDED = "running", "done", "ended"
AWAY = "Idempotency keys cannot be looked up now. Try again."
OTHER = "Idempotency-Key: it came with another request before. Send the same request, or a new key."
STILL = "Idempotency-Key: the request that came with it first is still being answered."
TOO_LONG = "Idempotency-Key: the answer was given once and is too long to be kept. A new key asks again."
BROKEN = (
    "Idempotency-Key: the request that came with it first ended before its answer was whole, and may have been billed. "
    "A new key asks again."
)
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


def name_of(grant: Grant, key: str) -> str:
    """Under which name the key is kept: nobody but its caller meets it. Raises GatewayError REQUEST_INVALID."""
    if not _KEY.fullmatch(key):
        message = f"Idempotency-Key: expected 1 to {LONGEST_KEY} printable ASCII characters."
        raise GatewayError("REQUEST_INVALID", message, param="Idempotency-Key")
    caller = grant.caller
    said = repr((caller.tenant, caller.key_id, caller.user if caller.token is not None else "", key))
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of(prompt: Prompt) -> str:
    """What makes two requests equal: route, model and body. The boundary of a form, new with each try, is none of it."""
    body = prompt.body
    if body[:2] == b"--":
        boundary = body[: body.find(b"\r\n")] if b"\r\n" in body[:256] else b""
        body = body.replace(boundary, b"--") if boundary else body
    digest = sha256(repr((prompt.dialect, prompt.operation, prompt.model, prompt.ask.stream)).encode())
    digest.update(body)
    return digest.hexdigest()


async def begun(once: Once, name: str, digest: str) -> Entry | None:
    """None: the request is to be made now; else the answer that was given. Raises GatewayError CONFLICT, OVERLOADED."""
    try:
        mark = await once.begin(name, digest)
    except OSError as fault:
        raise GatewayError("OVERLOADED", AWAY, retry_after_s=1) from fault
    if mark is None:
        return None
    if mark.digest != digest:
        raise _conflict(OTHER, "another_request")
    if mark.state == RUNNING:
        raise _conflict(STILL, "running", retry_after_s=1)
    if mark.entry is None:
        raise _conflict(TOO_LONG, "not_kept") if mark.state == DONE else _conflict(BROKEN, "ended")
    return mark.entry


def outcome(ending: str, entry: Entry | None, sent: bool, digest: str) -> Mark | None:
    """What is to be known of the key from now on; None: nothing was sent, so that it may come again."""
    if ending == "completed":
        return Mark(digest, DONE, entry)
    return Mark(digest, ENDED) if sent else None


def _conflict(message: str, why: str, retry_after_s: float | None = None) -> GatewayError:
    return GatewayError(
        "CONFLICT", message, param="Idempotency-Key", details={"reason": why}, retry_after_s=retry_after_s
    )
