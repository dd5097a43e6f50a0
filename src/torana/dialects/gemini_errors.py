"""Decides how a refusal looks to clients of Gemini's API, and which word of Google's belongs to a status.

It does not decide statuses of ours (core.errors does) nor retries. Called by the dialects of that API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from torana.core.errors import GatewayError
from torana.core.faults import StatusFault, UpstreamFault
from torana.dialects.provider_words import own_error, told_message

_DELAY = re.compile(rb'"retryDelay"\s*:\s*"(\d{1,6}(?:\.\d{1,9})?)s"')

WORDS: Mapping[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""HTTP status → ``error.status``. Source: https://cloud.google.com/apis/design/errors; 402, 405, 408, 413, 422 and 502
have no word there and get the nearest."""

DOMAIN = "torana"
_TYPE = "type.googleapis.com/google.rpc."


def refuse(error: GatewayError, request_id: str) -> bytes:
    """The body of an error answer: Google's ``error`` object, and our flat members beside it.

    ``status`` is not among those, for Google's SDKs would take it for the word of ``error.status``. The provider's own
    ``error`` object is kept as it is when its answer is passed on and has this shape.
    """
    message = told_message(error)
    shown = own_error(error, "gemini_")
    if shown is None:
        word = WORDS.get(error.status, "UNKNOWN")
        details = _details(error, request_id)
        shown = {"code": error.status, "message": message, "status": word, "details": details}
    return msgspec.json.encode(
        {
            "error": shown,
            "request_id": request_id,
            "error_code": error.code,
            "message": message,
            "details": error.details,
        }
    )


def refuse_event(error: GatewayError, request_id: str) -> bytes:
    """The last event of a broken stream: the object of ``refuse``, upon which the SDKs raise."""
    return b"data: " + refuse(error, request_id) + b"\n\n"


def _details(error: GatewayError, request_id: str) -> list[dict[str, object]]:
    """``error.details``: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto."""
    details: list[dict[str, object]] = [
        {"@type": _TYPE + "ErrorInfo", "reason": error.code, "domain": DOMAIN},
        {"@type": _TYPE + "RequestInfo", "requestId": request_id},
    ]
    if error.param:
        violation = {"field": error.param, "description": error.message}
        details.append({"@type": _TYPE + "BadRequest", "fieldViolations": [violation]})
    if error.retry_after_s is not None and 0 <= error.retry_after_s < 1e9:
        details.append({"@type": _TYPE + "RetryInfo", "retryDelay": f"{error.retry_after_s:.3f}s"})
    return details


def mean(fault: UpstreamFault) -> None:
    """Make a fault of Google's say what is meant: a wrong key comes as a 400, and how long to wait stands in the body.

    Source: https://ai.google.dev/gemini-api/docs/troubleshooting, and ``google.rpc.RetryInfo`` for the delay.
    """
    if not isinstance(fault, StatusFault):
        return
    if fault.status == 400 and b'"API_KEY_INVALID"' in fault.body:
        fault.status = 401
    if fault.retry_after_s is None and (told := _DELAY.search(fault.body)) is not None:
        fault.retry_after_s = float(told[1])
