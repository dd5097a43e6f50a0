"""The system routes: who may, what they answer, and that no route is without a permission."""

from __future__ import annotations

import json

import pytest
from fastapi import Request

from tests.control.asking import application, ask, trail
from torana.control.admission import PREFIX
from torana.control.office import Reloaded

ROUTES = {
    ("POST", "/config/reload"): "config.reload",
    ("GET", "/config"): "system.read",
    ("GET", "/features/status"): "system.read",
    ("GET", "/system/info"): "system.read",
    ("POST", "/routing/explain"): "routing.read",
    ("POST", "/tokens/revoke"): "tokens.revoke",
    ("GET", "/guardrails"): "policies.read",
    ("GET", "/guardrails/policies"): "policies.read",
    ("GET", "/guardrails/bfsi"): "policies.read",
    ("POST", "/guardrails/test"): "policies.read",
    ("GET", "/guardrails/findings"): "policies.read",
    ("POST", "/guardrails/reveal"): "guardrails.reveal",
    ("GET", "/guardrails/reveals"): "guardrails.reveal",
    ("GET", "/guardrails/policy"): "policies.read",
    ("PUT", "/guardrails/policy"): "policies.write",
    ("GET", "/policies"): "policies.read",
    ("PUT", "/policies"): "policies.write",
    ("GET", "/policies/effective"): "policies.read",
    ("POST", "/policies/dry-run"): "policies.write",
    ("GET", "/policies/{name}"): "policies.read",
    ("PUT", "/policies/{name}"): "policies.write",
    ("DELETE", "/policies/{name}"): "policies.write",
    ("GET", "/policies/{name}/versions"): "policies.read",
    ("GET", "/admin/policy"): "policies.read",
    ("PUT", "/admin/policy"): "policies.write",
    ("POST", "/admin/policy"): "policies.write",
}
BODIES = {
    ("POST", "/tokens/revoke"): b'{"jti": "t1"}',
    ("POST", "/guardrails/test"): b'{"text": "x"}',
    ("POST", "/guardrails/reveal"): b'{"tokens": ["<EMAIL_0123abcd>"], "conversation": "c1", "reason": "a complaint"}',
    ("PUT", "/policies"): b'{"name": "x", "document": {}}',
    ("PUT", "/policies/{name}"): b'{"document": {}}',
    ("POST", "/policies/dry-run"): b'{"document": {}}',
}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_route_answers_who_has_its_permission_and_nobody_else(method: str, path: str) -> None:
    app = application()
    body = BODIES.get((method, path), b"" if method in ("GET", "DELETE") else b"{}")
    full = ("" if path.startswith("/admin") else PREFIX) + path.replace("{name}", "kept")
    assert (await ask(app, method, full, "operator", body)).status == 200
    stranger = await ask(app, method, full, "who", body)
    assert (stranger.status, stranger.body["error_code"]) == (401, "KEY_INVALID")
    assert (await ask(app, method, full, body=body)).status == 401
    denied = await ask(app, method, full, "nobody", body)
    assert (denied.status, denied.body["error_code"]) == (403, "PERMISSION_DENIED")
    assert denied.body["details"] == {"permission": ROUTES[method, path]}


async def test_a_reader_may_not_reload() -> None:
    assert (await ask(application(), "POST", PREFIX + "/config/reload", "reader")).status == 403


async def test_a_refused_configuration_is_a_conflict_with_its_problems() -> None:
    app = application(Reloaded(False, 7, "old", ("torana.yaml:1:2: error: no",)))
    said = await ask(app, "POST", PREFIX + "/config/reload", "operator")
    assert said.status == 409
    assert said.body == {
        "status": "refused",
        "snapshot_version": 7,
        "snapshot_digest": "old",
        "problems": ["torana.yaml:1:2: error: no"],
    }


@pytest.mark.parametrize(("taken", "outcome"), [(True, "ok"), (False, "failed")])
async def test_a_reload_is_in_the_trail(taken: bool, outcome: str) -> None:
    await ask(application(Reloaded(taken, 8, "new")), "POST", PREFIX + "/config/reload", "operator")
    actor, entry = trail.entries[-1]
    assert (actor.label, entry.kind, entry.action, entry.outcome) == (
        "key:operator",
        "config",
        "config.reload",
        outcome,
    )
    assert entry.details["snapshot_digest"] == "new"


async def test_a_taken_configuration_tells_its_version() -> None:
    said = await ask(application(Reloaded(True, 8, "new")), "POST", PREFIX + "/config/reload", "operator")
    assert (said.status, said.body["status"], said.body["snapshot_version"]) == (200, "taken", 8)


async def test_what_is_not_there_yet_is_said() -> None:
    said = await ask(application(), "GET", PREFIX + "/features/status", "reader")
    assert said.body == {"features": {"receipts": "on", "sso": "not yet"}}


async def test_a_fault_of_ours_is_told_in_our_own_shape() -> None:
    handler = application().exception_handlers[Exception]
    request = Request({"type": "http", "path": f"{PREFIX}/config", "headers": [], "torana.request_id": "req_1"})
    answer = handler(request, RuntimeError("sk-secret"))
    said = json.loads((await answer).body)  # type: ignore[misc]
    assert (said["error_code"], said["request_id"]) == ("INTERNAL", "req_1")
    assert "sk-secret" not in json.dumps(said)
