"""Rows of ``policies``: what they say where nothing is written, and the short way to name a guardrail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.core.policies import MEETS, STRICTNESS
from torana.wiring.problems import ConfigError
from torana.wiring.settings_policies import WIDEN, Policy, PolicyGuardrail

BASE = """tenants: [{id: acme, departments: [{id: it, teams: [red]}]}]
providers: [{id: echo, kind: echo}]
models: [{name: m, deployments: [{provider: echo, model: m, region: eu}]}]
guardrails: [{id: words, kind: keywords, words: [a]}]
limits: [{scope: key, requests: 5, per: 1m, id: slow, by_policy: true}, {scope: key, requests: 9, per: 1m, id: all}]
"""


def policies(folder: Path, rows: str) -> tuple[Policy, ...]:
    return read(written(folder, f"{BASE}policies: [{rows}]")).settings.policies


def problems(folder: Path, rows: str) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as refused:
        policies(folder, rows)
    return [(one.path.removeprefix("policies[0]."), one.message) for one in refused.value.problems]


def test_a_policy_says_nothing_unless_it_is_written() -> None:
    empty = Policy(name="x")
    assert all(
        getattr(empty, name) is None for name in ("guardrails", "models", "regions", "fallbacks", "upstream_keys")
    )


def test_a_guardrail_is_named_by_its_id_alone_or_by_a_row(tmp_path: Path) -> None:
    row = "{id: words, mode: flag, side: output}"
    (policy,) = policies(tmp_path, f"{{name: default, guardrails: [{row}, {{id: words, side: input}}]}}")
    assert policy.guardrails == (
        PolicyGuardrail(id="words", mode="flag", side="output"), PolicyGuardrail(id="words", side="input"),
    )  # fmt: skip
    (policy,) = policies(tmp_path, "{name: default, guardrails: [words]}")
    assert policy.guardrails == (PolicyGuardrail(id="words"),)


def test_everything_that_combines_can_be_widened() -> None:
    assert {"own_keys" if name == "upstream_keys" else name for name in WIDEN} == set(MEETS)
    assert set(STRICTNESS) == {"shadow", "flag", "mask", "tokenise", "redact", "block"}


@pytest.mark.parametrize(
    ("row", "path", "message"),
    [
        ("{name: a b}", "name", "may hold up to 64 letters, digits, dots, dashes and underscores only"),
        ("{name: x, attach: [{}]}", "attach[0]", "names nobody"),
        ("{name: x, attach: [{team: blue}]}", "attach[0].team", 'team "blue" does not exist'),
        ("{name: x, guardrails: [keywords]}", "guardrails[0]", 'guardrail "keywords" does not exist'),
        ("{name: x, guardrails: [words, words]}", "guardrails[1]", 'guardrail "words" is there twice'),
        ("{name: x, packs: [gdrp]}", "packs[0]", 'pack "gdrp" does not exist'),
        ("{name: x, models: [n]}", "models[0]", 'model "n" does not exist'),
        ("{name: x, models: ['g*t']}", "models[0]", '"*" may stand at the end only'),
        ("{name: x, providers_denied: [eco]}", "providers_denied[0]", 'provider "eco" does not exist'),
        ("{name: x, regions: [mars]}", "regions[0]", 'region "mars" does not exist'),
        ("{name: x, dialects: [openai]}", "dialects[0]", 'dialect "openai" does not exist'),
        ("{name: x, limits: [gone]}", "limits[0]", 'limit "gone" does not exist'),
        ("{name: x, limits: [all]}", "limits[0]", '"all" holds for everybody already'),
        ("{name: x, widen: [model]}", "widen[0]", 'field "model" does not exist'),
    ],
)
def test_what_a_policy_names_must_be_there(tmp_path: Path, row: str, path: str, message: str) -> None:
    assert problems(tmp_path, row) == [(path, message)]


def test_patterns_and_providers_with_models_are_models_too(tmp_path: Path) -> None:
    rows = "{name: x, models: ['gpt-*', m, echo/any], providers: [echo], regions: [eu], limits: [slow]}"
    assert [one.name for one in policies(tmp_path, rows)] == ["default", "x"]
