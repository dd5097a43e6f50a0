"""The dashboard's page, drawn by Streamlit itself from a running gateway: what a role may not see it is told, and the rest is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.control.standing import Standing, configuration, key_of
from tests.e2e.process import until
from torana.core.secret import Secret
from torana.wiring.dashboard import page
from torana.wiring.dashboard.api import Api, Refused


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any) -> Iterator[Standing]:
    folder = tmp_path_factory.mktemp("dashboard")
    (folder / "torana.db").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{folder / 'torana.db'}"
    more = {
        "guardrails": [{"id": "pii", "kinds": ["email"], "mode": "redact"}],
        "policies": [{"name": "default", "guardrails": ["pii"]}],
        "budgets": [{"id": "books", "scope": "team", "match": "books", "limit": "0.01", "per": "month"}],
    }
    found = Standing(folder, url, configuration(url, **more))
    body = {"model": "echo-1", "messages": [{"role": "user", "content": "write to ann.smith@example.org"}]}
    for _ in range(3):
        assert found.ask("POST", "/v1/chat/completions", key_of("user"), body).status == 200
    findings = "/api/v1/admin/guardrails/findings"
    assert until(lambda: len(found.ask("GET", findings, key_of("admin")).body["items"]) == 3, 10)
    yield found
    assert found.process.stop() == 0, found.process.tail()


def drawn(gate: Standing, monkeypatch: pytest.MonkeyPatch, role: str) -> AppTest:
    monkeypatch.setenv(page.URL, gate.origin)
    monkeypatch.setenv(page.TOKEN, key_of(role) if role else "")
    found = AppTest.from_file(str(Path(page.__file__)), default_timeout=60).run()
    assert not found.exception, found.exception
    return found


def test_providers_budgets_cost_and_findings_are_shown(gate: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(gate, monkeypatch, "admin")
    assert [one.value for one in found.subheader] == [
        "Provider health", "Budget use", "Cost trend", "Personal data and other findings",
    ]  # fmt: skip
    assert not found.error and not found.warning and not found.markdown
    well, cost = found.metric
    assert (well.value, cost.label) == ("1 of 1", "Cost of 30 days")
    assert float(cost.value.split()[0]) > 0
    health, budgets, findings = (one.value.to_dict("records") for one in found.dataframe)
    assert (health[0]["provider"], health[0]["state"]) == ("echo", "well")
    assert (budgets[0]["budget"], budgets[0]["about"]) == ("books", "team books") and budgets[0]["used %"] > 0
    assert (findings[0]["kind"], findings[0]["led to"], findings[0]["times"]) == ("email", "redact", 3)
    assert "ann.smith" not in json.dumps(findings)


def test_a_role_that_may_not_see_a_part_is_told_so_and_sees_the_others(
    gate: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = drawn(gate, monkeypatch, "user")
    assert found.warning and not found.error
    assert len(found.subheader) == 4 and found.metric[0].value == "1 of 1"


def test_without_a_token_it_asks_for_one_and_shows_nothing(gate: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(gate, monkeypatch, "")
    assert found.info and not found.subheader
    found.text_input(key="token").input(key_of("admin")).run()
    assert len(found.subheader) == 4
    found.text_input(key="token").input("sk-of-nobody").run()
    assert len(found.warning) == 4


def test_a_gateway_that_is_away_is_said_without_the_token(gate: Standing) -> None:
    with pytest.raises(Refused, match="cannot be asked") as refused:
        Api("http://127.0.0.1:9", Secret("sk-very-secret")).get("/v1/providers/status")
    assert "very-secret" not in str(refused.value)
    with pytest.raises(Refused, match="http://"):
        Api("ftp://gateway", Secret("x"))
