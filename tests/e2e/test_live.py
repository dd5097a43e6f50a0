"""A running gateway takes a changed configuration and changed keys, and refuses a bad one while the old one serves."""

from __future__ import annotations

import http.client
import json
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import mould
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.process import bare_environment
from tests.e2e.process import until as wait_until

OPERATOR_KEY = "sk-torana-e2e-operator-3Jx7"
PERMISSIONS = ["config.reload", "system.read", "routing.read"]
ECHO = {"id": "echo", "kind": "echo"}


def until(fact: Callable[[], bool]) -> None:
    """Wait for a fact that must come true."""
    assert wait_until(fact, 20.0)


def settings(*models: str) -> dict[str, Any]:
    config = configuration([ECHO], [model(name, "echo") for name in models])
    config["keys"] = [
        *config["keys"],  # type: ignore[misc]
        {"name": "operator", "key": OPERATOR_KEY, "tenant": "acme", "permissions": PERMISSIONS},
    ]
    return config


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path / "live", settings("first"))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


def ask(gateway: Gateway, name: str, key: str = CALLER_KEY) -> tuple[int, Mapping[str, Any]]:
    body = json.dumps({"model": name, "messages": [{"role": "user", "content": "hello"}]})
    return call(gateway, "POST", "/v1/chat/completions", key, body)


def call(gateway: Gateway, method: str, path: str, key: str, body: str = "") -> tuple[int, Mapping[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def on_change(gateway: Gateway) -> None:
    """Nothing to do: the file is looked at."""


def on_signal(gateway: Gateway) -> None:
    gateway.process.send(signal.SIGHUP)


def on_request(gateway: Gateway) -> None:
    until(lambda: call(gateway, "GET", "/api/v1/admin/system/info", OPERATOR_KEY)[0] == 200)
    assert call(gateway, "POST", "/api/v1/admin/config/reload", OPERATOR_KEY)[0] == 200


@pytest.mark.parametrize("tell", [on_change, on_signal, on_request])
def test_a_changed_file_is_taken(live: Gateway, tell: Callable[[Gateway], None]) -> None:
    assert ask(live, "second")[0] == 404
    live.file.write_text(json.dumps(settings("first", "second")))
    tell(live)
    until(lambda: ask(live, "second")[0] == 200)
    assert ask(live, "first")[0] == 200


def test_a_bad_file_is_refused_with_its_reasons_while_the_old_one_serves(live: Gateway) -> None:
    until(lambda: call(live, "GET", "/api/v1/admin/system/info", OPERATOR_KEY)[0] == 200)
    live.file.write_text("models: [{name: first, deployments: [{provider: nobody, model: x}]}]\n")
    status, answer = call(live, "POST", "/api/v1/admin/config/reload", OPERATOR_KEY)
    assert (status, answer["status"]) == (409, "refused")
    assert any("nobody" in problem and "torana.yaml:1:" in problem for problem in answer["problems"])
    assert ask(live, "first")[0] == 200


def test_an_admin_route_wants_its_permission(live: Gateway) -> None:
    until(lambda: call(live, "GET", "/api/v1/admin/system/info", OPERATOR_KEY)[0] == 200)
    assert call(live, "POST", "/api/v1/admin/config/reload", CALLER_KEY)[0] == 403
    assert call(live, "GET", "/api/v1/admin/config", "sk-unknown")[0] == 401
    status, config = call(live, "GET", "/api/v1/admin/config", OPERATOR_KEY)
    assert status == 200
    assert OPERATOR_KEY not in json.dumps(config)


def test_the_way_of_a_request_is_explained_and_the_state_of_its_deployments_told(live: Gateway) -> None:
    path, body = "/api/v1/admin/routing/explain", json.dumps({"model": "first"})
    until(lambda: call(live, "POST", path, OPERATOR_KEY, body)[0] == 200)
    _, plan = call(live, "POST", path, OPERATOR_KEY, body)
    assert [one["provider"] for one in plan["attempts"]] == ["echo"]
    assert (plan["strategy"], plan["dropped"], plan["note"]) == ("priority", [], "")
    assert call(live, "POST", path, CALLER_KEY, body)[0] == 403
    assert call(live, "POST", path, OPERATOR_KEY, json.dumps({"model": "nope"}))[0] == 404
    assert ask(live, "first")[0] == 200
    status, health = call(live, "GET", "/v1/providers/status", CALLER_KEY)
    (row,) = health["data"]
    assert (status, row["provider"], row["breaker"], row["in_flight"]) == (200, "echo", "closed", 0)
    assert row["latency_ms"] is not None


def torana(gateway: Gateway, *words: str) -> str:
    options = ("--config", str(gateway.file), "--data-dir", str(gateway.data))
    done = mould.ran((*words, *options), gateway.folder, bare_environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_key_made_and_revoked_by_the_command_line_works_and_stops_while_the_gateway_runs(live: Gateway) -> None:
    out = torana(live, "keys", "create", "--name", "fresh", "--tenant", "acme")
    key = next(word for word in out.split() if word.startswith("sk-torana-") and "…" not in word)
    until(lambda: ask(live, "first", key)[0] == 200)
    listed = torana(live, "keys", "list")
    assert "fresh" in listed
    assert key not in listed
    key_id = next(
        word for line in listed.splitlines() if "fresh" in line for word in line.split() if word.startswith("key_")
    )
    torana(live, "keys", "revoke", key_id, "--tenant", "acme")
    until(lambda: ask(live, "first", key)[0] == 401)
    assert ask(live, "first", key)[1]["error_code"] == "TOKEN_REVOKED"


def test_keys_of_the_database_are_known_after_a_restart(live: Gateway) -> None:
    out = torana(live, "keys", "create", "--name", "lasting", "--tenant", "acme")
    key = next(word for word in out.split() if word.startswith("sk-torana-") and "…" not in word)
    until(lambda: ask(live, "first", key)[0] == 200)
    assert live.process.stop() == 0
    live.start()
    assert ask(live, "first", key)[0] == 200
