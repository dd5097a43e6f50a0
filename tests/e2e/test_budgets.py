"""What was spent is known after a killed process, after a restart in the middle of a window, and to a budget added later."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import http.server
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.process import until

PRICES = {"input": "1", "output": "2"}
ECHO = {"id": "echo", "kind": "echo"}
CAP = {"id": "cap", "scope": "team", "limit": "1", "per": "month"}


def settings(budgets: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    return {**configuration([ECHO], [model("echo", "echo", prices=PRICES)]), "budgets": list(budgets)}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    found = Gateway(tmp_path / "budgets", settings([CAP]))
    yield found
    found.process.kill()


def call(gateway: Gateway, method: str, path: str, body: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {CALLER_KEY}", "Content-Type": "application/json"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def ask(gateway: Gateway) -> int:
    body = json.dumps({"model": "echo", "max_tokens": 50, "messages": [{"role": "user", "content": "hello there"}]})
    return call(gateway, "POST", "/v1/chat/completions", body)[0]


def spent(gateway: Gateway, budget: str = "cap") -> str:
    status, answer = call(gateway, "GET", "/v1/budget/engineers")
    assert status == 200, answer
    return next((str(row["spent"]) for row in answer["data"] if row["budget"] == budget), "no such budget")


def booked(gateway: Gateway) -> int:
    return int(gateway.rows("SELECT COUNT(*) FROM usage_facts")[0][0])


@pytest.mark.parametrize("wait", [True, False], ids=["in the database", "in the spool only"])
def test_what_was_spent_is_known_after_a_kill(gateway: Gateway, wait: bool) -> None:
    assert [ask(gateway) for _ in range(3)] == [200] * 3
    before = spent(gateway)
    assert before not in ("0.00", "no such budget")
    assert until(lambda: gateway.metric("ai_gateway_receipts_spooled_total") == 3, 20.0)
    if wait:
        assert until(lambda: gateway.metric("ai_gateway_receipts_sink_lag") == 0 and booked(gateway) == 3, 20.0)
    gateway.process.kill()
    gateway.start()
    assert spent(gateway) == before
    assert ask(gateway) == 200
    assert spent(gateway) != before


def test_a_full_budget_is_full_after_a_restart(gateway: Gateway) -> None:
    gateway.file.write_text(json.dumps(settings([{**CAP, "limit": "0.0005"}])))
    assert gateway.process.stop() == 0
    gateway.start()
    for _ in range(100):
        if ask(gateway) == 402:
            break
    assert ask(gateway) == 402
    before = spent(gateway)
    assert gateway.process.stop() == 0
    gateway.start()
    assert spent(gateway) == before
    assert ask(gateway) == 402


def test_a_budget_added_while_the_gateway_runs_knows_what_was_spent_before(gateway: Gateway) -> None:
    assert [ask(gateway) for _ in range(3)] == [200] * 3
    before = spent(gateway)
    more = {**CAP, "id": "more", "per": "week", "time_zone": "Asia/Kolkata"}
    gateway.file.write_text(json.dumps(settings([CAP, more])))
    assert until(lambda: spent(gateway, "more") == before, 20.0)
    assert spent(gateway) == before


def test_a_caller_sees_its_own_usage(gateway: Gateway) -> None:
    assert [ask(gateway) for _ in range(2)] == [200] * 2
    assert until(lambda: gateway.metric("ai_gateway_receipts_spooled_total") == 2, 20.0)
    status, mine = call(gateway, "GET", "/v1/usage/me")
    assert (status, mine["today"]["requests"], mine["month"]["requests"]) == (200, 2, 2)
    assert mine["today"]["cost"] == spent(gateway)
    assert [row["model"] for row in mine["today"]["models"]] == ["echo"]


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted."""

    got: ClassVar[list[tuple[bytes, str]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((body, self.headers["x-torana-signature"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *facts: object) -> None:
        pass


def test_a_webhook_is_told_of_a_share_that_was_spent(tmp_path: Path) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    webhook = {"url": f"http://127.0.0.1:{server.server_port}/", "secret": "shared", "allow_private": True}
    soft = {**CAP, "limit": "0.0001", "hard": False, "alerts": [0.5]}
    gateway = Gateway(tmp_path / "told", {**settings([soft]), "alerts": {"webhook": webhook}})
    try:
        for _ in range(20):
            assert ask(gateway) == 200
        assert until(lambda: bool(Hook.got), 20.0)
        assert gateway.metric("ai_gateway_budget_alerts_total") == 1
    finally:
        gateway.process.kill()
        server.shutdown()
        server.server_close()
    ((body, signed),) = Hook.got
    told = json.loads(body)
    assert (told["event"], told["budget"], told["share"], told["limit"]) == ("budget.alert", "cap", 0.5, "0.0001")
    assert signed == "sha256=" + hmac.new(b"shared", body, hashlib.sha256).hexdigest()


def test_while_the_database_is_away_a_hard_budget_refuses_and_a_soft_one_counts(tmp_path: Path) -> None:
    soft = {**CAP, "id": "soft", "hard": False}
    for number, (budget, status) in enumerate([(CAP, 503), (soft, 200)]):
        config = {**settings([budget]), "database_url": "postgresql://127.0.0.1:9/nobody"}
        gateway = Gateway(tmp_path / str(number), config)
        try:
            assert ask(gateway) == status
            if status == 200:
                assert spent(gateway, "soft") != "0.00"
        finally:
            gateway.process.kill()
