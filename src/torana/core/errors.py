"""One tree of errors and one table: code → status, kind, retryable, log level.

Rooms raise the right error once; nobody else writes an HTTP status. It does not shape bodies (each
dialect does) and never carries the text that tripped a rule, nor a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Meaning(NamedTuple):
    """What one error code means on the wire and in the log."""

    status: int
    kind: str
    """OpenAI's ``error.type``."""
    retryable: bool
    log_level: str
    cause: str


CODES: Mapping[str, Meaning] = {
    "KEY_INVALID": Meaning(401, "authentication_error", False, "warning", "no key, or one nobody issued"),
    "KEY_EXPIRED": Meaning(401, "authentication_error", False, "warning", "the key's expiry has passed"),
    "TOKEN_EXPIRED": Meaning(401, "authentication_error", False, "warning", "the JWT's expiry has passed"),
    "TOKEN_INVALID": Meaning(401, "authentication_error", False, "warning", "a JWT that does not verify"),
    "TOKEN_REVOKED": Meaning(401, "authentication_error", False, "warning", "a JWT or key that was revoked"),
    "SIGN_IN_FAILED": Meaning(
        401, "authentication_error", False, "warning", "no account: password or identity provider"
    ),
    "PERMISSION_DENIED": Meaning(403, "permission_error", False, "warning", "known caller, not allowed"),
    "MODEL_NOT_ALLOWED": Meaning(403, "permission_error", False, "warning", "the model exists, not for this key"),
    "MODEL_NOT_FOUND": Meaning(404, "not_found_error", False, "info", "no such model here"),
    "NOT_FOUND": Meaning(404, "not_found_error", False, "info", "no such path or thing"),
    "METHOD_NOT_ALLOWED": Meaning(405, "invalid_request_error", False, "info", "the path takes another method"),
    "REQUEST_INVALID": Meaning(400, "invalid_request_error", False, "info", "the request breaks its own format"),
    "CONFLICT": Meaning(409, "invalid_request_error", False, "info", "somebody else changed it meanwhile"),
    "REQUEST_TOO_LARGE": Meaning(413, "invalid_request_error", False, "info", "the body is over max_body_mb"),
    "REQUEST_TIMEOUT": Meaning(408, "invalid_request_error", True, "info", "the body did not arrive in time"),
    "CONTEXT_TOO_LONG": Meaning(400, "invalid_request_error", False, "info", "more tokens than the model takes"),
    "GUARDRAIL_BLOCKED": Meaning(400, "invalid_request_error", False, "warning", "a guardrail said no"),
    "RATE_LIMIT_EXCEEDED": Meaning(429, "rate_limit_error", True, "info", "a rate rule is used up"),
    "CONCURRENCY_EXCEEDED": Meaning(429, "rate_limit_error", True, "info", "too many requests at once"),
    "BUDGET_EXCEEDED": Meaning(402, "insufficient_quota", False, "warning", "a hard budget is used up"),
    "PRICE_UNKNOWN": Meaning(402, "insufficient_quota", False, "warning", "no price, and policy wants one"),
    "CAPABILITY_MISSING": Meaning(400, "invalid_request_error", False, "info", "the model cannot do this"),
    "UPSTREAM_ERROR": Meaning(502, "api_error", True, "warning", "the provider answered with an error"),
    "UPSTREAM_TIMEOUT": Meaning(504, "api_error", True, "warning", "the provider was too slow"),
    "UPSTREAM_UNAVAILABLE": Meaning(503, "api_error", True, "warning", "no provider could be reached"),
    "OVERLOADED": Meaning(
        503, "api_error", True, "warning", "this gateway is full, shutting down, or cannot check a limit"
    ),
    "INTERNAL": Meaning(500, "api_error", True, "error", "a fault of this gateway"),
}


REFUSED_FOR_GOOD = frozenset({401, 402, 403, 404})
"""Provider statuses that another try of the same request does not change."""


class GatewayError(Exception):
    """A refusal or failure that the caller is told about, in the caller's dialect.

    ``code`` is a key of CODES; ``param`` names the field at fault; ``details`` holds JSON values
    only; ``retry_after_s`` becomes ``Retry-After``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        param: str | None = None,
        details: Mapping[str, object] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.details = dict(details) if details else {}
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return CODES[self.code].status

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later: SDKs repeat by themselves what does not say no."""
        return CODES[self.code].retryable


class LimitReached(GatewayError):
    """A limit of rates or of requests at once that has no room for the request: 429.

    ``room``: the unit, the limit, what is left of it, and the seconds until there is more; None: no headers tell of it.
    ``fits``: whether the request would fit if nothing were used; what never fits need not be tried again.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Mapping[str, object],
        retry_after_s: float,
        room: tuple[str, int, int, float] | None = None,
        fits: bool = True,
    ) -> None:
        super().__init__(code, message, details=details, retry_after_s=retry_after_s)
        self.room = room
        self.fits = fits

    @property
    def retryable(self) -> bool:
        """Not when it can never fit."""
        return self.fits


class UpstreamAnswered(GatewayError):
    """The provider's own 4xx or 5xx, after the plan was walked to its end.

    ``upstream_status`` and ``body`` (bounded bytes, in ``dialect``) are the provider's; a 400, 413
    or 422 keeps its status on the way to the client, everything else becomes ours.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        upstream_status: int,
        body: bytes,
        dialect: str,
        passed_on: bool,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(code, message, details={"upstream_status": upstream_status}, retry_after_s=retry_after_s)
        self.upstream_status = upstream_status
        self.body = body
        self.dialect = dialect
        self.passed_on = passed_on

    def withhold(self, why: Mapping[str, object]) -> None:
        """Tell the caller nothing of what the provider said. ``why``: ``guardrail``, where it was one, and ``kinds``."""
        self.body = b""
        guardrail = why.get("guardrail")
        by = f" by the guardrail {guardrail}" if guardrail else ": guardrails could not look at them"
        self.message = f"{self.message} Its own words are withheld{by}."
        self.details["withheld"] = dict(why)

    @property
    def status(self) -> int:
        """The provider's status when its answer is passed on, else our code's."""
        return self.upstream_status if self.passed_on else CODES[self.code].status

    @property
    def retryable(self) -> bool:
        """Not when the provider refused our credential, our account or the model: repeating cannot help."""
        return self.upstream_status not in REFUSED_FOR_GOOD and CODES[self.code].retryable
