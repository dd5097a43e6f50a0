"""A provider dies and comes back, and no request pays for finding out: the gateway asked by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, provider
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stage import Stage
from torana.testing.plays import Plain, status

pytestmark = straight
PROBE = {"interval_s": 0.2, "timeout_s": 1, "failures": 2}
BODY = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def dying() -> Iterator[Stage]:
    with Stage(Plain()) as found:
        yield found


@pytest.fixture
def other() -> Iterator[Stage]:
    with Stage(Plain()) as found:
        yield found


@pytest.fixture
def gateway(dying: Stage, other: Stage, tmp_path: Path) -> Iterator[Gateway]:
    deployments = [
        {"provider": "dying", "model": "up", "priority": 1},
        {"provider": "other", "model": "up", "priority": 2},
    ]
    rows = [provider("dying", dying.origin), provider("other", other.origin, probe={"enabled": False})]
    routing = {"probe": PROBE, "breaker": None}
    found = Gateway(tmp_path, configuration(rows, [{"name": "m", "deployments": deployments}], routing=routing))
    yield found
    assert found.process.stop() == 0, found.process.tail()


def ask(gateway: Gateway) -> tuple[str, str]:
    """Who answered, and how many tries it took."""
    headers = {"authorization": f"Bearer {CALLER_KEY}"}
    answer = httpx2.post(f"{gateway.origin}/v1/chat/completions", json=BODY, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-torana-provider"], answer.headers["x-torana-attempts"]


def standings(gateway: Gateway) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {CALLER_KEY}"}
    answer = httpx2.get(f"{gateway.origin}/v1/providers/status", headers=headers)
    return {row["provider"]: row for row in answer.json()["data"]}


def down(gateway: Gateway) -> dict[str, str]:
    """Provider → value of the gauge."""
    lines = gateway.get("/metrics").splitlines()
    found = [line for line in lines if line.startswith("ai_gateway_deployment_down{")]
    return {line.split('provider="')[1].partition('"')[0]: line.rpartition(" ")[2] for line in found}


def test_a_provider_that_dies_is_seen_and_spared_and_used_again_when_it_is_back(
    gateway: Gateway, dying: Stage, other: Stage
) -> None:
    assert until(lambda: standings(gateway)["dying"]["probe"] == "up", 10)
    assert ask(gateway) == ("dying", "1")
    dying.play(status(503))
    assert until(lambda: standings(gateway)["dying"]["probe"] == "down", 10)
    assert down(gateway) == {"dying": "1"}
    assert [ask(gateway) for _ in range(3)] == [("other", "1")] * 3
    dying.play(Plain())
    assert until(lambda: standings(gateway)["dying"]["probe"] == "up", 10)
    assert ask(gateway) == ("dying", "1")
    assert down(gateway) == {"dying": "0"}

    assert until(lambda: len(gateway.audit()) == 5, 20)
    tried = [[attempt[2] for attempt in receipt["attempts"]] for receipt in gateway.audit()]  # type: ignore[attr-defined]
    assert tried == [["ok"]] * 5, "a request paid for it"
    dropped = [receipt["dropped"] for receipt in gateway.audit()]
    assert json.dumps(dropped[1]).count("down: its probe failed (503)") == 1
    assert dropped[0] == dropped[4] == []
    assert gateway.metric("ai_gateway_short_circuits_total") == 3
    probed = standings(gateway)
    assert probed["dying"]["probed_at"] is not None
    assert (probed["other"]["probe"], probed["other"]["probed_at"]) == (None, None)
    assert other.last.target == "/v1/chat/completions"


def test_probes_are_no_requests_of_anybody(gateway: Gateway, dying: Stage) -> None:
    def probed() -> bool:
        page = gateway.get("/metrics")
        return "ai_gateway_probes_total{" in page and gateway.metric("ai_gateway_probes_total") >= 3

    assert until(probed, 10)
    assert (dying.last.method, dying.last.target) == ("GET", "/v1/models")
    assert gateway.audit() == []
    assert gateway.metric("ai_gateway_in_flight") == gateway.metric("ai_gateway_holds_open") == 0
