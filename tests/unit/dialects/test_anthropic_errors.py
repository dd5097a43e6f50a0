"""Refusals in the shape that clients of the Messages API know, ours beside it."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import CODES, GatewayError, UpstreamAnswered
from torana.dialects.anthropic_errors import TYPES, fault_inside, refuse, refuse_event


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_type_that_sdks_know(code: str) -> None:
    said = json.loads(refuse(GatewayError(code, "no"), "r"))
    assert said["type"] == "error"
    assert said["error"] == {"type": TYPES[CODES[code].status], "message": "no"}
    assert (said["error_code"], said["request_id"]) == (code, "r")


def test_the_providers_own_words_are_passed_on() -> None:
    own = {"type": "invalid_request_error", "message": "max_tokens: field required"}
    error = UpstreamAnswered(
        "REQUEST_INVALID", "refused", upstream_status=400, body=json.dumps({"error": own}).encode(), dialect="d",
        passed_on=True,
    )  # fmt: skip
    said = json.loads(refuse(error, "r"))
    assert (said["error"], said["message"]) == (own, own["message"])


def test_a_broken_stream_ends_in_an_error_event() -> None:
    said = refuse_event(GatewayError("UPSTREAM_ERROR", "broke"), "r")
    assert said.startswith(b"event: error\ndata: {") and said.endswith(b"}\n\n")


@pytest.mark.parametrize(
    ("error", "status"), [({"type": "not_found_error"}, 404), ({"type": 3}, 502), (None, 502), ("x", 502)]
)
def test_an_error_inside_has_the_status_of_its_type(error: object, status: int) -> None:
    assert fault_inside(error, b"", "d").status == status
