"""One table of errors: every code has a sane meaning, and statuses come from nowhere else."""

from __future__ import annotations

import pytest

from torana.core.errors import CODES, GatewayError, UpstreamAnswered

PROMISED = {
    "TOKEN_EXPIRED": 401, "TOKEN_INVALID": 401, "TOKEN_REVOKED": 401, "KEY_INVALID": 401, "KEY_EXPIRED": 401,
    "PERMISSION_DENIED": 403, "MODEL_NOT_ALLOWED": 403, "MODEL_NOT_FOUND": 404, "RATE_LIMIT_EXCEEDED": 429,
    "CONCURRENCY_EXCEEDED": 429, "BUDGET_EXCEEDED": 402, "GUARDRAIL_BLOCKED": 400, "REQUEST_INVALID": 400,
    "REQUEST_TOO_LARGE": 413, "CONTEXT_TOO_LONG": 400, "UPSTREAM_ERROR": 502, "UPSTREAM_TIMEOUT": 504,
    "UPSTREAM_UNAVAILABLE": 503, "PRICE_UNKNOWN": 402, "INTERNAL": 500,
}  # fmt: skip
"""What the surface's documentation promises."""


def test_every_promised_code_has_the_promised_status() -> None:
    assert {code: CODES[code].status for code in PROMISED} == PROMISED


@pytest.mark.parametrize("code", CODES)
def test_a_code_means_something_sane(code: str) -> None:
    meaning = CODES[code]
    assert code == code.upper() and code.isascii()
    assert 400 <= meaning.status <= 599
    assert meaning.kind.endswith("_error") or meaning.kind == "insufficient_quota"
    assert meaning.log_level in {"info", "warning", "error"}
    assert len(meaning.cause) > 10


@pytest.mark.parametrize("code", CODES)
def test_what_cannot_be_helped_by_waiting_is_not_retryable(code: str) -> None:
    meaning = CODES[code]
    assert meaning.retryable is (meaning.status in {408, 429} or meaning.status >= 500)


@pytest.mark.parametrize("code", CODES)
def test_an_error_has_the_status_of_its_code(code: str) -> None:
    assert GatewayError(code, "told").status == CODES[code].status


def test_details_are_the_errors_own() -> None:
    details = {"limit": 1}
    error = GatewayError("INTERNAL", "told", details=details)
    details["limit"] = 2
    assert error.details == {"limit": 1}
    assert GatewayError("INTERNAL", "told").details == {}


@pytest.mark.parametrize(("passed_on", "status"), [(True, 422), (False, 502)])
def test_a_providers_status_is_kept_only_when_its_answer_is_passed_on(passed_on: bool, status: int) -> None:
    error = UpstreamAnswered(
        "UPSTREAM_ERROR", "told", upstream_status=422, body=b"", dialect="openai_chat", passed_on=passed_on
    )
    assert error.status == status
    assert error.details == {"upstream_status": 422}
