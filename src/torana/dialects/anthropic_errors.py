"""Decides how a refusal looks to clients of the Messages API, and what an error inside a good answer means.

It does not decide statuses of ours (core.errors does) nor retries. Called by the dialects of that API.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.dialects.provider_words import own_error, told_message

TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "invalid_request_error",
    408: "timeout_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""HTTP status → ``error.type``. Source: https://docs.anthropic.com/en/api/errors"""

STATUS_OF = {"api_error": 500, "overloaded_error": 529, "timeout_error": 504} | {
    kind: status for status, kind in TYPES.items() if status < 500 and status not in (405, 408, 409, 422)
}


def refuse(error: GatewayError, request_id: str) -> bytes:
    """The body of an error answer: the API's ``error`` object and our flat members beside it, as one JSON object.

    The provider's own ``error`` object is kept as it is when its answer is passed on and has one of this shape.
    """
    message = told_message(error)
    shown = own_error(error, "anthropic_")
    if shown is None:
        shown = {"type": TYPES.get(error.status, "api_error"), "message": message}
    return msgspec.json.encode(
        {
            "type": "error",
            "error": shown,
            "request_id": request_id,
            "status": "error",
            "error_code": error.code,
            "message": message,
            "details": error.details,
        }
    )


def refuse_event(error: GatewayError, request_id: str) -> bytes:
    """The last event of a broken stream: ``event: error``, upon which the SDKs raise."""
    return b"event: error\ndata: " + refuse(error, request_id) + b"\n\n"


def fault_inside(error: object, data: bytes, dialect: str) -> StatusFault:
    """The fault for an ``error`` value found in a 200: the status of its type, else 502."""
    kind = error.get("type") if isinstance(error, dict) else None
    status = STATUS_OF.get(kind, 502) if isinstance(kind, str) else 502
    return StatusFault(status, data, dialect=dialect)
