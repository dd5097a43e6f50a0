"""Refusals as Google's SDKs read them: the word, the code, the details, and nothing that hides them."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import CODES, GatewayError, UpstreamAnswered
from torana.dialects.gemini_errors import WORDS, refuse, refuse_event


def told(error: GatewayError) -> dict:
    said: dict = json.loads(refuse(error, "req-1"))
    return said


def test_a_refusal_has_googles_shape_and_our_members_beside_it() -> None:
    said = told(GatewayError("MODEL_NOT_FOUND", "no such model", details={"a": 1}))
    assert said["error"] == {
        "code": 404, "message": "no such model", "status": "NOT_FOUND",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "MODEL_NOT_FOUND", "domain": "torana"},
            {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "req-1"},
        ],
    }  # fmt: skip
    del said["error"]
    assert said == {
        "request_id": "req-1", "error_code": "MODEL_NOT_FOUND", "message": "no such model", "details": {"a": 1},
    }  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_every_error_has_a_word_and_the_status_of_the_answer_as_its_code(code: str) -> None:
    error = GatewayError(code, "m")
    said = told(error)["error"]
    assert (said["code"], said["status"]) == (error.status, WORDS[error.status])


def test_the_field_at_fault_and_the_wait_are_in_googles_own_details() -> None:
    details = told(GatewayError("RATE_LIMIT_EXCEEDED", "m", param="contents", retry_after_s=1.5))["error"]["details"]
    assert details[2]["fieldViolations"] == [{"field": "contents", "description": "m"}]
    assert details[3] == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500s"}


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -1.0])
def test_a_wait_that_is_no_time_is_not_told(nonsense: float) -> None:
    assert b"RetryInfo" not in refuse(GatewayError("RATE_LIMIT_EXCEEDED", "m", retry_after_s=nonsense), "r")


def passed_on(dialect: str) -> GatewayError:
    body = b'{"error":{"code":400,"message":"theirs","status":"INVALID_ARGUMENT","details":[{"x":1}]}}'
    return UpstreamAnswered("UPSTREAM_ERROR", "ours", upstream_status=400, body=body, dialect=dialect, passed_on=True)


def test_the_providers_own_error_is_kept_as_it_is_in_its_dialect_and_told_in_another() -> None:
    own = told(passed_on("gemini_content"))["error"]
    assert own == {"code": 400, "message": "theirs", "status": "INVALID_ARGUMENT", "details": [{"x": 1}]}
    other = told(passed_on("openai_chat"))["error"]
    assert (other["code"], other["message"], other["status"]) == (400, "theirs", "INVALID_ARGUMENT")
    assert other["details"][0]["reason"] == "UPSTREAM_ERROR"


def test_the_last_event_of_a_broken_stream_begins_as_the_sdks_look_for_it() -> None:
    event = refuse_event(GatewayError("UPSTREAM_TIMEOUT", "m"), "r")
    assert event.startswith(b'data: {"error":{"code":504,')
    assert event.endswith(b"}\n\n")
