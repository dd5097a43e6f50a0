"""Refusals of our own dialects are our members and nothing around them."""

from __future__ import annotations

import json

from torana.core.errors import GatewayError
from torana.dialects import flat_errors

ERROR = GatewayError("RATE_LIMIT_EXCEEDED", "too many", details={"limit": 100})
SHOWN = {
    "request_id": "req-1",
    "status": "error",
    "error_code": "RATE_LIMIT_EXCEEDED",
    "message": "too many",
    "details": {"limit": 100},
}


def test_a_refusal_is_one_flat_object() -> None:
    assert json.loads(flat_errors.refuse(ERROR, "req-1")) == SHOWN


def test_the_last_event_of_a_broken_stream_is_the_same_object_with_a_type() -> None:
    wire = flat_errors.refuse_event(ERROR, "req-1")
    assert wire.startswith(b"data: ") and wire.endswith(b"\n\n")
    assert json.loads(wire[6:]) == {"type": "error", **SHOWN}
