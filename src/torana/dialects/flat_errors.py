"""Decides how a refusal looks in our own dialects: our members and nothing around them.

It does not decide statuses (core.errors does). Called by ``complete``, ``generate`` and ``envelope``.
"""

from __future__ import annotations

import msgspec

from torana.core.errors import GatewayError
from torana.dialects.provider_words import told_message


def refuse(error: GatewayError, request_id: str) -> bytes:
    """The body of an error answer: one flat JSON object."""
    return msgspec.json.encode(_shown(error, request_id))


def refuse_event(error: GatewayError, request_id: str) -> bytes:
    """The last event of a broken stream: the same object with ``type`` error."""
    return b"data: " + msgspec.json.encode({"type": "error", **_shown(error, request_id)}) + b"\n\n"


def _shown(error: GatewayError, request_id: str) -> dict[str, object]:
    return {
        "request_id": request_id,
        "status": "error",
        "error_code": error.code,
        "message": told_message(error),
        "details": error.details,
    }
