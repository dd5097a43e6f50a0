"""A running gateway and places outside for its records: one goes away, the gateway is killed, nothing is lost."""

from __future__ import annotations

import http.client
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sink.far_sides import KEY, FarElastic, FarSyslog, FarWebhook
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration
from tests.e2e.process import until

ECHO = [{"id": "echo", "kind": "echo"}]
MODELS = [{"name": "m", "deployments": [{"provider": "echo", "model": "m"}]}]


class Places:
    """The far sides of one gateway."""

    def __init__(self, folder: Path) -> None:
        self.webhook, self.elastic, self.syslog = FarWebhook(), FarElastic(), FarSyslog("tcp", "cef")
        private = {"allow_private": True}
        rows: list[dict[str, Any]] = [
            {"kind": "elasticsearch", "url": self.elastic.url, "username": "u", "password": "p", **private},
            {"kind": "syslog", "url": self.syslog.settings.url, "format": "cef", "events": ["request"], **private},
            {"kind": "webhook", "id": "hook", "url": self.webhook.url + "/records", "secret": KEY.decode(), **private},
            {"kind": "jsonl", "id": "lines", "path": str(folder / "lines" / "all.jsonl")},
            {"kind": "webhook", "id": "none", "url": "${NOBODY:-}"},
        ]
        config = {**configuration(ECHO, MODELS), "audit": {"sinks": rows}}
        self.lines = folder / "lines" / "all.jsonl"
        self.gateway = Gateway(folder / "sinks", config)

    def everywhere(self, ids: list[str]) -> bool:
        wanted = set(ids)
        lines = self.lines.read_text().splitlines() if self.lines.exists() else []
        return all(
            wanted <= set(taken)
            for taken in (
                self.webhook.taken,
                self.elastic.taken,
                self.syslog.taken,
                [json.loads(line)["id"] for line in lines],
            )
        )


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    found = Places(tmp_path)
    yield found
    assert found.gateway.process.stop() == 0, found.gateway.process.tail()
    for far in (found.webhook, found.elastic, found.syslog):
        far.stop()
        assert far.wrong == []


def ask(gateway: Gateway, times: int) -> list[str]:
    """The ids of so many requests' Receipts."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}]})
    before = len(gateway.audit())
    for _ in range(times):
        connection.request("POST", "/v1/chat/completions", body, {"authorization": f"Bearer {CALLER_KEY}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()
    assert until(lambda: len(gateway.audit()) >= before + times, 20)
    return [str(one["receipt_id"]) for one in gateway.audit()]


def ready(gateway: Gateway) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gateway.get("/health/ready"))["dependencies"]
    return found


def test_a_place_that_was_away_and_a_gateway_that_was_killed_lose_nothing(places: Places) -> None:
    gateway = places.gateway
    assert "sink:none" not in ready(gateway)
    assert "the sink is left out: its url is empty" in gateway.process.output()
    ids = ask(gateway, 20)
    assert until(lambda: places.everywhere(ids), 30)

    places.webhook.stop()
    ids = ask(gateway, 20)
    assert until(lambda: ready(gateway)["sink:hook"]["status"] == "failing", 30)
    assert ready(gateway)["sink:elasticsearch"]["status"] == "ok"
    page = gateway.get("/metrics")
    assert 'ai_gateway_sink_up{sink="hook"} 0' in page
    assert 'ai_gateway_sink_up{sink="elasticsearch"} 1' in page
    gateway.process.send(signal.SIGKILL)
    gateway.process.wait()
    gateway.start()
    time.sleep(1.5)
    ids = ask(gateway, 20)
    assert not set(ids) <= set(places.webhook.taken)

    places.webhook.start()
    assert until(lambda: places.everywhere(ids), 40), (ready(gateway), gateway.process.tail())
    assert len(ids) == 60
    assert until(lambda: ready(gateway)["sink:hook"] == {"status": "ok", "lag": 0}, 20)
    assert "sink.recovered" in gateway.process.output()
    assert sorted(set(places.elastic.taken)) == sorted(places.elastic.taken)
