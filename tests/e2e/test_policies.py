"""Policies written while two gateways serve: both go by them within a second, a broken one changes nothing."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.process import until

OPERATOR_KEY = "sk-torana-e2e-operator-3Jx7"
ADMIN_KEY = "sk-torana-e2e-admin-of-acme-8Kf2"
OTHER_KEY = "sk-torana-e2e-other-tenant-4Hq9"
ADMIN = "/api/v1/admin"
WORDS = {"id": "words", "kind": "keywords", "words": ["falcon"], "mode": "flag", "side": "input"}


def settings(database: Path) -> dict[str, Any]:
    config = configuration([{"id": "echo", "kind": "echo"}], [model("one", "echo"), model("two", "echo")])
    config["database_url"] = f"sqlite:///{database}"
    config["tenants"] = [*config["tenants"], {"id": "globex"}]  # type: ignore[misc]
    config["guardrails"] = [WORDS]
    config["keys"] = [
        *config["keys"],  # type: ignore[misc]
        {"name": "operator", "key": OPERATOR_KEY, "permissions": ["policies.read", "policies.operate"]},
        {"name": "admin", "key": ADMIN_KEY, "tenant": "acme", "permissions": ["policies.read", "policies.write"]},
        {"name": "other", "key": OTHER_KEY, "tenant": "globex"},
    ]
    return config


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Gateway, Gateway]]:
    config = settings(tmp_path / "shared.db")
    one, two = Gateway(tmp_path / "one", config), Gateway(tmp_path / "two", config)
    for gateway in (one, two):
        assert until(lambda gateway=gateway: call(gateway, "GET", f"{ADMIN}/policies", OPERATOR_KEY)[0] == 200, 30.0)
    yield one, two
    for gateway in (one, two):
        assert gateway.process.stop() == 0, gateway.process.tail()


def call(gateway: Gateway, method: str, path: str, key: str, body: object = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def ask(gateway: Gateway, name: str = "one", text: str = "hello", key: str = CALLER_KEY) -> tuple[int, str]:
    body = {"model": name, "messages": [{"role": "user", "content": text}]}
    status, answer = call(gateway, "POST", "/v1/chat/completions", key, body)
    return status, answer.get("error_code", "")


def test_a_policy_is_live_on_both_within_a_second_under_load(pair: tuple[Gateway, Gateway]) -> None:
    one, two = pair
    over = Event()
    said: dict[int, list[tuple[float, int]]] = {0: [], 1: []}

    def load(number: int) -> None:
        while not over.is_set():
            status, _ = ask(pair[number], "two")
            said[number].append((time.monotonic(), status))

    threads = [Thread(target=load, args=(number % 2,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        status, row = call(one, "PUT", f"{ADMIN}/policies/models", OPERATOR_KEY, {"document": {"models": ["one"]}})
        written = time.monotonic()
        assert (status, row["version"], row["source"]) == (200, 1, "stored")
        assert ask(one, "two") == (403, "MODEL_NOT_ALLOWED"), "who wrote it goes by it at once"
        assert until(lambda: ask(two, "two") == (403, "MODEL_NOT_ALLOWED"), 10.0)
        live_after = time.monotonic() - written
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert live_after < 5.0, "a second, and what a busy test machine adds"
    assert {status for rows in said.values() for _, status in rows} <= {200, 403}
    assert ask(two) == (200, "")
    assert call(one, "DELETE", f"{ADMIN}/policies/models", OPERATOR_KEY)[0] == 200
    assert until(lambda: ask(two, "two") == (200, ""), 10.0)


def test_a_broken_policy_is_refused_with_its_field_and_changes_nothing(pair: tuple[Gateway, Gateway]) -> None:
    one, _ = pair
    before = call(one, "GET", f"{ADMIN}/policies", OPERATOR_KEY)
    for document, field in (
        ({"models": ["thre"]}, "models[0]"),
        ({"guardrails": ["nobody"]}, "guardrails[0]"),
        ({"guardrail": ["words"]}, "guardrail"),
        ({"shadows": 7}, "shadows"),
        ({"attach": [{"team": "ghosts"}]}, "attach[0].team"),
        ({"regions": "eu"}, "regions"),
    ):
        status, answer = call(one, "PUT", f"{ADMIN}/policies/broken", OPERATOR_KEY, {"document": document})
        assert (status, answer["error_code"]) == (400, "REQUEST_INVALID")
        assert [problem["field"] for problem in answer["details"]["problems"]] == [field], document
    assert call(one, "GET", f"{ADMIN}/policies", OPERATOR_KEY) == before
    assert ask(one) == (200, "")


def test_a_guardrail_is_made_to_refuse_by_the_short_form_for_one_tenant(pair: tuple[Gateway, Gateway]) -> None:
    one, _ = pair
    assert ask(one, text="the falcon") == (200, "")
    change = {"guardrails": [{"id": "words", "mode": "block"}]}
    status, row = call(one, "PUT", f"{ADMIN}/guardrails/policy", ADMIN_KEY, change)
    assert (status, row["name"], row["document"]["attach"]) == (200, "tenant-acme", [{"tenant": "acme"}])
    assert ask(one, text="the falcon") == (400, "GUARDRAIL_BLOCKED")
    assert ask(one, text="the falcon", key=OTHER_KEY) == (200, ""), "other tenants are as they were"
    status, row = call(one, "POST", "/admin/policy", ADMIN_KEY, {"models_denied": ["two"], "version": 1})
    assert (status, row["version"], sorted(row["document"])) == (200, 2, ["attach", "guardrails", "models_denied"])
    assert ask(one, "two") == (403, "MODEL_NOT_ALLOWED")
    assert call(one, "PUT", "/admin/policy", ADMIN_KEY, {"version": 1})[1]["error_code"] == "CONFLICT"
    assert call(one, "GET", "/admin/policy", ADMIN_KEY)[1] == row
    versions = call(one, "GET", f"{ADMIN}/policies/tenant-acme/versions", ADMIN_KEY)[1]["items"]
    assert [one["version"] for one in versions] == [2, 1]
    receipts = call(one, "GET", f"{ADMIN}/policies/effective", ADMIN_KEY)[1]
    assert [step["policy"] for step in receipts["chain"]] == ["default", "tenant-acme"]
    assert receipts["policy"].startswith("default+tenant-acme@")


def test_a_tenants_admin_writes_for_that_tenant_only(pair: tuple[Gateway, Gateway]) -> None:
    one, _ = pair
    for name, document in (
        ("default", {"guardrails": []}),
        ("mine", {"attach": [{"tenant": "globex"}]}),
        ("mine", {"upstream_keys": ["echo"]}),
    ):
        status, answer = call(one, "PUT", f"{ADMIN}/policies/{name}", ADMIN_KEY, {"document": document})
        assert (status, answer["error_code"]) == (403, "PERMISSION_DENIED"), (name, document)
    assert call(one, "PUT", f"{ADMIN}/policies/x", CALLER_KEY, {"document": {}})[0] == 403
    status, row = call(
        one, "PUT", f"{ADMIN}/policies/mine", ADMIN_KEY, {"document": {"attach": [{"team": "engineers"}]}}
    )
    assert (status, row["document"]["attach"]) == (200, [{"team": "engineers", "tenant": "acme"}])


def test_a_policy_is_tried_on_what_was_asked_and_its_findings_are_told(pair: tuple[Gateway, Gateway]) -> None:
    one, _ = pair
    for text in ("hello", "the falcon", "a falcon and a Falcon"):
        assert ask(one, text=text)[0] == 200
    assert ask(one, "two")[0] == 200

    def tried(document: object) -> Any:
        status, answer = call(one, "POST", f"{ADMIN}/policies/dry-run", ADMIN_KEY, {"document": document})
        assert status == 200, answer
        return answer

    assert until(lambda: tried({})["requests"] == 4, 20.0)
    harsh = tried({"guardrails": [{"id": "words", "mode": "block"}], "models_denied": ["two"]})
    assert (harsh["refused"], harsh["newly_refused"], harsh["unknown"]) == (3, 3, 0)
    assert harsh["reasons"] == {"guardrail words": 2, "model": 1}
    assert tried({})["flagged"] == 2
    assert ask(one, text="the falcon") == (200, ""), "nothing was switched on"
    page = call(one, "GET", f"{ADMIN}/guardrails/findings?limit=2", ADMIN_KEY)[1]
    assert {(item["guardrail"].split("@")[0], item["side"], item["user"]) for item in page["items"]} == {
        ("words", "input", "")
    }
    assert "falcon" not in json.dumps(page).lower().replace("words", "")


def test_a_policy_on_trial_is_recorded_and_refuses_nothing(pair: tuple[Gateway, Gateway]) -> None:
    one, _ = pair
    trial = {"guardrails": [{"id": "words", "mode": "block"}], "models_denied": ["two"], "shadow": True}
    assert call(one, "PUT", f"{ADMIN}/policies/trial", OPERATOR_KEY, {"document": trial})[0] == 200
    assert ask(one, text="the falcon") == (200, "") and ask(one, "two") == (200, "")
    path = f"{ADMIN}/guardrails/findings"
    assert until(lambda: call(one, "GET", path, ADMIN_KEY)[1]["items"] != [], 20.0)
    items = call(one, "GET", path, ADMIN_KEY)[1]["items"]
    assert {item["does"] for item in items} == {"flag", "shadow"}
    assert {item["policy"].partition("@")[0] for item in items} == {"default"}


def test_guardrails_are_listed_with_their_settings_and_tried_on_a_text(pair: tuple[Gateway, Gateway]) -> None:
    one, _ = pair
    kinds = {one["kind"]: one for one in call(one, "GET", f"{ADMIN}/guardrails", ADMIN_KEY)[1]["items"]}
    assert kinds["keywords"]["ids"] == ["words"]
    packs = call(one, "GET", f"{ADMIN}/guardrails/policies", ADMIN_KEY)[1]["items"]
    assert {"gdpr", "hipaa", "pci-dss", "dpdp", "bfsi"} <= {pack["name"] for pack in packs}
    assert [pack["name"] for pack in call(one, "GET", f"{ADMIN}/guardrails/bfsi", ADMIN_KEY)[1]["items"]] == ["bfsi"]
    body = {"text": "the falcon lands", "policy": "default", "is_input": True}
    status, tried = call(one, "POST", f"{ADMIN}/guardrails/test", ADMIN_KEY, body)
    assert (status, tried["blocked"], tried["passed"], tried["text"]) == (200, False, False, body["text"])
    assert [(one["kind"], one["start"], one["end"]) for one in tried["findings"]] == [("keyword", 4, 10)]
    assert call(one, "POST", f"{ADMIN}/guardrails/test", ADMIN_KEY, {"text": "x", "policy": "no"})[0] == 404
