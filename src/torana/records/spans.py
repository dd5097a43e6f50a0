"""The spans of a traced request, made from its Receipt once it is over: the request, each try, each guardrail that looked, the cache.

No prompt and no answer is in them. It sends nothing. Names of attributes: OpenTelemetry's semantic conventions for generative
AI, HTTP and errors; ``torana.*`` where they have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torana.core import otlp
from torana.core.trace import NO_PARENT, Timed, span_id
from torana.ports.receipt import Receipt

INTERNAL, SERVER, CLIENT = 1, 2, 3
"""Kinds of spans."""
FAILED = 2
"""The status of a span that ended badly."""
OPERATIONS = {"completions": "text_completion"}
"""Operations that have another name in the conventions."""
QUIET = frozenset({"", "ok"})


def is_traced(receipt: Receipt) -> bool:
    """Whether spans are to be made of it."""
    return receipt.trace.endswith("-01")


def spans_of(receipt: Receipt) -> list[dict[str, Any]]:
    """The spans in OTLP's JSON form, the request's first. Raises ValueError for a Receipt that belongs to no trace."""
    _, trace_id, parent, _ = receipt.trace.split("-")
    root = span_id(receipt.receipt_id, 0)
    began, ended = receipt.at, receipt.at + receipt.duration_ms / 1000
    request = _span(trace_id, root, parent, _name(receipt, receipt.model), SERVER)
    request |= _times(began, ended) | {"attributes": otlp.attributes(_about(receipt))}
    if receipt.status >= 500 or (receipt.ending != "completed" and receipt.status < 400):
        request["status"] = {"code": FAILED, "message": receipt.error_code or receipt.ending}
    last = next((one for one in reversed(receipt.timed) if one.what == "attempt"), None)
    spans = [request]
    for place, one in enumerate(receipt.timed):
        number = abs(one.number) if one.what == "attempt" else -1 - place
        starts = began + one.began_us / 1_000_000
        ends = min(starts + one.took_us / 1_000_000, max(starts, ended))
        span = _span(trace_id, span_id(receipt.receipt_id, number), root, "", INTERNAL)
        if one.what == "attempt":
            whole = one is last and one.outcome == "ok"
            span |= _times(starts, max(starts, ended) if whole else ends) | _attempt(receipt, one)
            if whole:
                span["events"] = [{"timeUnixNano": otlp.nanos(ends), "name": "torana.first_content"}]
        else:
            span |= _times(starts, ends) | (_guardrail(receipt, one) if one.what == "guardrail" else _cache(one))
        spans.append(span)
    return spans


def _span(trace_id: str, own: str, parent: str, name: str, kind: int) -> dict[str, Any]:
    span: dict[str, Any] = {"traceId": trace_id, "spanId": own, "name": name, "kind": kind, "flags": 1}
    return span if parent == NO_PARENT else {**span, "parentSpanId": parent}


def _times(began: float, ended: float) -> dict[str, Any]:
    return {"startTimeUnixNano": otlp.nanos(began), "endTimeUnixNano": otlp.nanos(ended)}


def _name(receipt: Receipt, model: str) -> str:
    return f"{_operation(receipt)} {model}".rstrip()


def _operation(receipt: Receipt) -> str:
    return OPERATIONS.get(receipt.operation, receipt.operation)


def _about(receipt: Receipt) -> Iterator[tuple[str, object]]:
    yield "gen_ai.operation.name", _operation(receipt)
    yield "gen_ai.request.model", receipt.model or None
    yield "gen_ai.provider.name", receipt.provider or None
    yield "gen_ai.response.model", receipt.upstream_model or None
    yield "gen_ai.response.finish_reasons", [receipt.finish] if receipt.finish else None
    yield "gen_ai.usage.input_tokens", receipt.input_tokens
    yield "gen_ai.usage.output_tokens", receipt.output_tokens
    yield "http.response.status_code", receipt.status or None
    yield "error.type", (receipt.error_code or receipt.ending) if receipt.ending != "completed" else None
    yield "client.address", receipt.address or None
    yield "user.id", receipt.user or None
    for name in ("tenant", "team", "key_id", "dialect", "request_id", "receipt_id", "policy", "cache", "ending"):
        yield f"torana.{name}", getattr(receipt, name) or None
    yield "torana.stream", receipt.stream
    yield "torana.cost_nano", receipt.cost_nano
    yield "torana.currency", receipt.currency
    yield "torana.first_chunk_ms", receipt.first_chunk_ms
    yield "torana.overhead_us", receipt.overhead_us
    yield "torana.verdicts", receipt.verdicts or None


def _attempt(receipt: Receipt, one: Timed) -> dict[str, Any]:
    provider, _, model = one.name.partition("/")
    pairs: list[tuple[str, object]] = [
        ("gen_ai.operation.name", _operation(receipt)),
        ("gen_ai.provider.name", provider),
        ("gen_ai.request.model", model),
        ("torana.attempt.number", abs(one.number)),
        ("torana.attempt.outcome", one.outcome),
        ("torana.attempt.fallback", one.number < 0),
        ("error.type", None if one.outcome in QUIET else one.outcome),
    ]
    name = f"fallback {_name(receipt, model)}" if one.number < 0 else _name(receipt, model)
    told: dict[str, Any] = {"name": name, "kind": CLIENT, "attributes": otlp.attributes(pairs)}
    return told if one.outcome in QUIET else told | {"status": {"code": FAILED, "message": one.outcome}}


def _guardrail(receipt: Receipt, one: Timed) -> dict[str, Any]:
    behind = ":output" if one.outcome == "output" else ""
    said = (text.removeprefix(one.name + ":") for text in receipt.verdicts if text.startswith(one.name + ":"))
    verdict = next(
        (
            text.removesuffix(behind)
            for text in said
            if text.endswith(behind) and (behind or not text.endswith(":output"))
        ),
        None,
    )
    pairs = [
        ("torana.guardrail", one.name),
        ("torana.guardrail.side", one.outcome),
        ("torana.guardrail.verdict", verdict),
    ]
    return {"name": f"guardrail {one.name.partition('@')[0]}", "attributes": otlp.attributes(pairs)}


def _cache(one: Timed) -> dict[str, Any]:
    return {"name": "cache", "attributes": otlp.attributes([("torana.cache", one.name)])}
