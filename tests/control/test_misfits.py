"""Stored rows that a changed file does not fit: nothing is left out by itself, it is said everywhere, and there is a way out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.control.conftest import made_database
from tests.control.standing import ADMIN, Standing, configuration, key_of
from tests.control.test_config_as_code import Ran, torana
from tests.databases import ENGINES
from tests.e2e.process import until

OTHER = {"id": "other", "kind": "echo"}


class House:
    """A gateway whose file changes, with a stored model and a stored policy."""

    def __init__(self, folder: Path, url: str) -> None:
        self.config: dict[str, Any] = configuration(url)
        self.config["providers"].append(OTHER)
        self.config["guardrails"] = [{"id": "words", "kind": "keywords", "words": ["forbidden"], "mode": "block"}]
        self.gateway = Standing(folder / "house", url, self.config)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        said = self.gateway.ask(method, f"{ADMIN}/{path}", key_of("operator"), body)
        assert said.status < 300, said.body
        return said.body

    def put(self, path: str, document: dict[str, Any]) -> None:
        self.ask("PUT", path, {"document": document})

    def written(self, **changes: Any) -> None:
        self.gateway.file.write_text(json.dumps({**self.config, **changes}))

    def chat(self, model: str, text: str = "hello") -> int:
        body = {"model": model, "messages": [{"role": "user", "content": text}]}
        return self.gateway.ask("POST", "/v1/chat/completions", key_of("user"), body).status

    def waits(self) -> list[str]:
        found: list[str] = self.ask("GET", "system/info")["configuration"]["problems"]
        return found

    def torana(self, *words: str) -> Ran:
        file, data = str(self.gateway.file), str(self.gateway.data)
        where = [file, "--data-dir", data] if words[0] == "check" else ["--config", file, "--data-dir", data]
        return torana(self.gateway.folder, "config", *words, *where)


@pytest.fixture(params=["sqlite"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path, made_database(request, tmp_path))
    yield found
    found.gateway.process.stop()


@pytest.mark.parametrize("house", ENGINES, indirect=True)
def test_a_file_that_stored_rows_do_not_fit_waits_and_what_was_before_serves_until_they_are_withdrawn(
    house: House,
) -> None:
    model = {"deployments": [{"provider": "other", "model": "x"}], "prices": {"input": "1", "output": "2"}}
    house.put("models/kept", model)
    house.put("policies/strict", {"guardrails": ["words"], "attach": [{"tenant": "acme"}]})
    assert until(lambda: (house.chat("kept"), house.chat("echo-1", "forbidden")) == (200, 400), 5)

    house.written(providers=[{"id": "echo", "kind": "echo"}], guardrails=[])
    assert until(lambda: bool(house.waits()), 10)
    assert "torana config withdraw models kept" in " ".join(house.waits())
    assert (house.chat("kept"), house.chat("echo-1", "forbidden")) == (200, 400), "limits and guardrails stay in force"
    ready = json.loads(house.gateway.get("/health/ready"))
    assert ready["dependencies"]["configuration"]["status"].startswith("refused")
    assert "kept" not in json.dumps(ready), "who has no credential learns of no names"
    assert house.gateway.metric("ai_gateway_configuration_refused") == 1

    ran = house.torana("check", "--stored")
    assert (ran.code, "torana config withdraw models kept" in ran.out + ran.err) == (1, True)
    ran = house.torana("withdraw", "models", "kept")
    assert ran.code == 0, ran.err
    assert until(lambda: "policies strict" in " ".join(house.waits()), 10), "one after the other"
    assert house.chat("echo-1", "forbidden") == 400
    assert house.torana("withdraw", "policies", "strict").code == 0
    assert until(lambda: not house.waits(), 10), "the file that was refused is read again by itself"
    assert house.chat("echo-1", "forbidden") == 200
    assert house.torana("check", "--stored").code == 0
    assert "configuration" not in json.loads(house.gateway.get("/health/ready"))["dependencies"]
    actions = {one["action"] for one in house.ask("GET", "audit/logs?limit=50")["items"]}
    assert "policies.write" in actions or "policies.create" in actions


def test_a_start_with_rows_that_do_not_fit_is_refused_with_the_way_out(house: House) -> None:
    house.put("models/kept", {"deployments": [{"provider": "other", "model": "x"}]})
    house.gateway.process.stop()
    house.written(providers=[{"id": "echo", "kind": "echo"}])
    ran = torana(
        house.gateway.folder, "serve", "--config", str(house.gateway.file), "--data-dir", str(house.gateway.data)
    )
    assert (ran.code, "torana config withdraw models kept" in ran.err) == (1, True), ran
    assert house.torana("withdraw", "models", "unheard-of").code == 2
    assert house.torana("withdraw", "models", "kept").code == 0
    house.gateway.start()
    assert house.chat("echo-1") == 200


def test_what_others_need_is_not_withdrawn(house: House) -> None:
    house.put("providers/mine", {"kind": "echo"})
    house.put("models/at-mine", {"deployments": [{"provider": "mine", "model": "x"}]})
    ran = house.torana("withdraw", "providers", "mine")
    assert (ran.code, "Others need it" in ran.err) == (2, True)
    assert until(lambda: house.chat("at-mine") in (200, 402), 5)
