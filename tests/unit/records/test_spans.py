"""Spans of a Receipt: whose they are, when they were, and that nobody reads a prompt in them."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.receipts import AT, a_receipt
from torana.core.trace import NO_PARENT, Timed, span_id
from torana.ports.receipt import Receipt
from torana.records.spans import is_traced, spans_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def traced(**fields: Any) -> Receipt:
    return a_receipt(0, trace=f"00-{TRACE}-{SPAN}-01", **fields)


def told(span: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


def test_only_a_sampled_receipt_is_traced() -> None:
    assert is_traced(traced())
    assert not is_traced(a_receipt())
    assert not is_traced(a_receipt(trace=f"00-{TRACE}-{SPAN}-00"))


def test_every_span_is_one_by_the_schema_and_lies_within_its_request() -> None:
    timed = [
        Timed("guardrail", "pii@1f0c", 1000, 500, "input"),
        Timed("cache", "miss", 2000, 100),
        Timed("attempt", "first/up-1", 3000, 10_000, "503", 1),
        Timed("attempt", "second/up/2", 14_000, 200_000, "ok", -2),
        Timed("guardrail", "pii@1f0c", 790_000, 90_000, "output"),
    ]
    receipt = traced(timed=timed, verdicts=["pii@1f0c:redact", "keywords@2:pass", "pii@1f0c:pass:output"])
    spans = spans_of(receipt)
    names = ["chat gpt-4o-mini", "guardrail pii", "cache", "chat up-1", "fallback chat up/2", "guardrail pii"]
    assert [span["name"] for span in spans] == names
    request = spans[0]
    for span in spans:
        json_format.ParseDict({**span, "traceId": "", "spanId": "", "parentSpanId": ""}, Span())
        assert span["traceId"] == TRACE
        assert int(request["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) <= int(request["endTimeUnixNano"])
    assert request["parentSpanId"] == SPAN
    assert {span["parentSpanId"] for span in spans[1:]} == {request["spanId"]} == {span_id(receipt.receipt_id, 0)}
    assert len({span["spanId"] for span in spans}) == len(spans)
    assert spans[4]["spanId"] == span_id(receipt.receipt_id, 2)
    assert int(spans[4]["endTimeUnixNano"]) == int(request["endTimeUnixNano"])
    assert spans[4]["events"][0]["name"] == "torana.first_content"
    assert [told(one)["torana.guardrail.verdict"] for one in (spans[1], spans[5])] == ["redact", "pass"]
    assert told(spans[3])["error.type"] == "503"
    assert spans[3]["status"]["code"] == 2
    assert "status" not in request


def test_a_request_without_a_caller_is_a_root() -> None:
    (span,) = spans_of(a_receipt(trace=f"00-{TRACE}-{NO_PARENT}-01"))
    assert "parentSpanId" not in span
    assert int(span["startTimeUnixNano"]) == int(AT * 1e9)


def test_a_failure_of_ours_or_of_a_provider_is_one_a_refusal_is_not() -> None:
    (failed,) = spans_of(traced(status=502, ending="upstream_error", error_code="UPSTREAM_ERROR"))
    assert failed["status"] == {"code": 2, "message": "UPSTREAM_ERROR"}
    (broken,) = spans_of(traced(status=200, ending="upstream_broken", error_code=""))
    assert broken["status"] == {"code": 2, "message": "upstream_broken"}
    (refused,) = spans_of(traced(status=403, ending="refused", error_code="GUARDRAIL_BLOCKED"))
    assert "status" not in refused
    assert told(refused)["error.type"] == "GUARDRAIL_BLOCKED"
