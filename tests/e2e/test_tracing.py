"""A traced request: its spans as a collector of OpenTelemetry has them, and the trace as its provider is told it."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sink.far_sides import FarTraces
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, provider
from tests.e2e.process import until
from tests.e2e.stage import Stage
from torana.testing.plays import Chat, Plain, Stream, status

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-1] + "0"
PROMPT = "Write to priya.sharma@example.com about the falcon"
MODELS = [
    {
        "name": "m",
        "deployments": [
            {"provider": "bad", "model": "up-1", "priority": 1},
            {"provider": "good", "model": "up-2", "priority": 2},
        ],
    }
]


class Road:
    """A collector, two providers of which the first fails, and the gateway before them."""

    def __init__(self, folder: Path, **telemetry: Any) -> None:
        self.far = FarTraces()
        self.bad, self.good = Stage(status(503)), Stage(Chat(Plain(), Stream()))
        self.bad.__enter__()
        self.good.__enter__()
        config = {
            **configuration([provider("bad", self.bad.origin), provider("good", self.good.origin)], MODELS),
            "telemetry": {"otlp_endpoint": self.far.url, **telemetry},
            "guardrails": [{"id": "mail", "kind": "pii", "mode": "redact"}],
        }
        self.gateway = Gateway(folder, config)

    def end(self) -> None:
        assert self.gateway.process.stop() == 0, self.gateway.process.tail()
        for stage in (self.bad, self.good):
            stage.__exit__(None, None, None)
        self.far.stop()
        assert self.far.wrong == []

    def ask(self, stream: bool = False, **headers: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=20)
        body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": PROMPT}]})
        said = {"authorization": f"Bearer {CALLER_KEY}", **headers}
        connection.request("POST", "/v1/chat/completions", body, said)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        connection.close()

    def handed_on(self, stage: Stage) -> dict[str, str]:
        return {name.lower(): value for name, value in stage.last.headers if name.lower().startswith("trace")}


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    one = Road(tmp_path / "traced")
    yield one
    one.end()


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_has_its_spans_under_its_callers(road: Road, stream: bool) -> None:
    road.ask(stream, traceparent=PARENT, tracestate="vendor=1")
    assert until(lambda: len(road.far.bodies) >= 4, 20), road.far.wrong
    spans = {span.name: span for span in road.far.bodies}
    assert set(spans) == {"chat m", "chat up-1", "chat up-2", "guardrail mail"}
    request, failed, answered = spans["chat m"], spans["chat up-1"], spans["chat up-2"]
    assert {span.trace_id.hex() for span in spans.values()} == {PARENT.split("-")[1]}
    assert request.parent_span_id.hex() == PARENT.split("-")[2]
    assert {span.parent_span_id for span in spans.values() if span is not request} == {request.span_id}
    assert (request.kind, failed.kind, answered.kind) == (2, 3, 3)
    told = attributes(request)
    assert (told["gen_ai.operation.name"], told["gen_ai.request.model"], told["gen_ai.response.model"]) == (
        "chat", "m", "up-2",
    )  # fmt: skip
    assert (told["torana.tenant"], told["http.response.status_code"], told["torana.stream"]) == ("acme", 200, stream)
    assert told["gen_ai.usage.input_tokens"] > 0
    assert (failed.status.code, attributes(failed)["error.type"]) == (2, "503")
    assert answered.status.code == 0
    assert attributes(spans["guardrail mail"])["torana.guardrail.verdict"] == "redact"
    assert "priya" not in str(road.far.bodies)
    assert "falcon" not in str(road.far.bodies)
    handed = road.handed_on(road.good)
    assert handed == {
        "traceparent": f"00-{PARENT.split('-')[1]}-{answered.span_id.hex()}-01",
        "tracestate": "vendor=1",
    }
    assert road.handed_on(road.bad)["traceparent"].split("-")[2] == failed.span_id.hex()


def test_a_caller_that_does_not_sample_is_followed_and_one_that_says_nothing_is_traced(road: Road) -> None:
    road.ask(traceparent=UNSAMPLED)
    assert road.handed_on(road.good) == {"traceparent": UNSAMPLED}
    road.ask()
    assert until(lambda: len(road.far.bodies) >= 4, 20)
    (request,) = [span for span in road.far.bodies if span.kind == 2]
    assert not request.parent_span_id
    told = attributes(request)
    assert request.trace_id.hex() == "70aa" + told["torana.receipt_id"]
    assert re.fullmatch(rf"00-{request.trace_id.hex()}-[0-9a-f]{{16}}-01", road.handed_on(road.good)["traceparent"])
    assert len(road.far.bodies) == 4


def test_without_a_collector_the_trace_is_handed_on_as_it_came_and_nothing_else_is(tmp_path: Path) -> None:
    one = Road(tmp_path / "untraced", otlp_endpoint=None)
    try:
        one.ask(traceparent=PARENT, tracestate="vendor=1")
        assert one.handed_on(one.good) == {"traceparent": PARENT, "tracestate": "vendor=1"}
        one.ask()
        assert one.handed_on(one.good) == {}
        one.ask(traceparent="00-nonsense-01")
        assert one.handed_on(one.good) == {}
    finally:
        one.end()
    assert one.far.messages == 0


def test_a_collector_that_is_away_keeps_nobody_waiting(tmp_path: Path) -> None:
    one = Road(tmp_path / "away")
    one.far.stop()
    try:
        one.ask()
        assert until(lambda: "sink:traces" in one.gateway.get("/health/ready"), 5)
        assert until(lambda: one.gateway.metric("ai_gateway_receipts_sink_failures_total") > 0, 20)
        assert len(one.gateway.audit()) == 1
    finally:
        one.end()
