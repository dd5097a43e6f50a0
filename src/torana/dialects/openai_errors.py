"""Decides how a refusal looks to clients of OpenAI's API, and what an error inside a good answer means.

It does not decide statuses of ours (core.errors does) nor retries. Called by the OpenAI dialects.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torana.core.errors import CODES, GatewayError
from torana.core.faults import StatusFault
from torana.dialects.provider_words import own_error, told_message

FAMILIAR: Mapping[str, str] = {
    "KEY_INVALID": "invalid_api_key",
    "KEY_EXPIRED": "invalid_api_key",
    "MODEL_NOT_FOUND": "model_not_found",
    "RATE_LIMIT_EXCEEDED": "rate_limit_exceeded",
    "CONCURRENCY_EXCEEDED": "rate_limit_exceeded",
    "BUDGET_EXCEEDED": "insufficient_quota",
    "CONTEXT_TOO_LONG": "context_length_exceeded",
    "GUARDRAIL_BLOCKED": "content_policy_violation",
}
"""Our code → the ``error.code`` that users of OpenAI's SDKs test for; any other code is ours in lower case.

Source: https://platform.openai.com/docs/guides/error-codes
"""

DEFAULT_FAULT_STATUS = 502
STATUS_OF: Mapping[str, int] = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "account_deactivated": 401,
    "permission_error": 403,
    "unsupported_country_region_territory": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "insufficient_quota": 429,
    "billing_not_active": 429,
    "server_error": 500,
    "service_unavailable_error": 503,
    "overloaded_error": 503,
    "vector_store_timeout": 504,
    "content_filter": 400,
    "content_policy_violation": 400,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
    "image_file_not_found": 400,
    "failed_to_download_image": 400,
    "invalid_request_error": 400,
}
"""``error.code``, else ``error.type`` → the HTTP status it has where the error comes as an answer.

Source: https://platform.openai.com/docs/guides/error-codes, https://platform.openai.com/docs/api-reference/responses/object
"""


def refuse(error: GatewayError, request_id: str) -> bytes:
    """The body of an error answer: OpenAI's ``error`` object and our flat members beside it, as one JSON object.

    The provider's own ``error`` object is kept as it is when its answer is passed on and has one of this shape.
    """
    message = told_message(error)
    shown = own_error(error)
    if shown is None:
        shown = {
            "message": message,
            "type": CODES[error.code].kind,
            "param": error.param,
            "code": FAMILIAR.get(error.code) or error.code.lower(),
        }
    return msgspec.json.encode(
        {
            "error": shown,
            "request_id": request_id,
            "status": "error",
            "error_code": error.code,
            "message": message,
            "details": error.details,
        }
    )


def refuse_event(error: GatewayError, request_id: str) -> bytes:
    """The last event of a broken stream: the object of ``refuse`` as ``data``, without ``[DONE]`` after it.

    The Python and Node SDKs raise APIError on ``data.error`` and read no further; ``[DONE]`` would tell clients that
    do not look at ``error`` that the answer was whole.
    """
    return b"data: " + refuse(error, request_id) + b"\n\n"


def fault_inside(error: object, data: bytes, dialect: str) -> StatusFault:
    """The fault for an ``error`` value found in a 200: the status it names or its words stand for, else 502.

    OpenAI-like hosts put an HTTP status in ``error.code`` or ``error.status``, as a number or as digits.
    """
    status = None
    if isinstance(error, dict):
        status = _sane_status(error.get("code")) or _sane_status(error.get("status"))
        status = status or _status_of(error.get("code")) or _status_of(error.get("type"))
    return StatusFault(status or DEFAULT_FAULT_STATUS, data, dialect=dialect)


def _status_of(word: object) -> int | None:
    return STATUS_OF.get(word) if isinstance(word, str) else None


def _sane_status(value: object) -> int | None:
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and 400 <= value <= 599 else None
