"""What an exception of Amazon Bedrock means as an HTTP status, for the walker's table.

It neither retries nor words refusals. Used by the codec for exceptions inside an answer, and by the provider for others.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html and CommonErrors.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torana.core.faults import StatusFault

STATUSES: Mapping[str, int] = {
    "accessdeniedexception": 403,
    "conflictexception": 400,
    "expiredtokenexception": 403,
    "incompletesignatureexception": 403,
    "internalfailure": 500,
    "internalserverexception": 500,
    "invalidsignatureexception": 403,
    "missingauthenticationtokenexception": 403,
    "modelerrorexception": 502,
    "modelnotreadyexception": 503,
    "modelstreamerrorexception": 502,
    "modeltimeoutexception": 504,
    "resourcenotfoundexception": 404,
    "servicequotaexceededexception": 429,
    "serviceunavailableexception": 503,
    "throttlingexception": 429,
    "unrecognizedclientexception": 403,
    "validationexception": 400,
}
"""Name of an exception in lower case → status.

Four differ from the wire's own: 424 (the model failed) and 408 (it was too slow) are not the caller's doing, a model that
is still being loaded is no limit of the credential, and a quota that is used up is one.
"""

NO_SUCH_MODEL = (
    "access to the model",
    "model access is denied",
    "is not authorized to perform",
    "model identifier is invalid",
    "on-demand throughput isn",
)
"""Words of a 400 or 403 that say that this model cannot be had here: neither the credential nor the request is at fault."""

DEFAULT_STATUS = 502


class _Body(msgspec.Struct):
    message: str = ""
    upper: str = msgspec.field(name="Message", default="")
    kind: str = msgspec.field(name="__type", default="")


_decode = msgspec.json.Decoder(_Body).decode


def status_of(kind: str, body: bytes, otherwise: int) -> int:
    """The status an error stands for. ``kind``: ``x-amzn-errortype`` or the event's name; empty: the body says it."""
    try:
        said = _decode(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        said = _Body()
    # As a header it is name:address, in a body it is namespace#name.
    name = (kind or said.kind).partition(":")[0].rpartition("#")[2].strip().lower()
    status = STATUSES.get(name, otherwise)
    words = (said.message or said.upper).lower()
    return 404 if status in (400, 403) and any(one in words for one in NO_SUCH_MODEL) else status


def fault_of(kind: str, body: bytes, dialect: str) -> StatusFault:
    """The fault for an exception inside an answer that began well."""
    return StatusFault(status_of(kind, body, DEFAULT_STATUS), body, dialect=dialect)
