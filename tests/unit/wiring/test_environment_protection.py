"""Who asks for PII protection by an environment name of another gateway has it, or is told why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import written
from torana.wiring import find
from torana.wiring.environment import Environ
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Mode, Settings, load


def settings(folder: Path, text: str = "", **environ: str) -> Settings:
    return load(written(folder, text), Environ(environ), Overrides(), find.available()).settings


@pytest.mark.parametrize(("name", "value", "mode"), [
    ("PII_REDACTION_ENABLED", "true", "redact"), ("ENABLE_PII_MASKING", "1", "mask"), ("PATTERNS_TO_MASK", "email", "mask"),
])  # fmt: skip
def test_each_name_makes_a_guardrail_that_holds_for_everyone(tmp_path: Path, name: str, value: str, mode: str) -> None:
    found = settings(tmp_path, **{name: value})
    (one,) = found.guardrails
    assert (one.kind, one.mode, one.side) == ("pii", mode, "input")
    (policy,) = found.policies
    assert (policy.name, policy.attach) == ("default", ())
    assert [each if isinstance(each, str) else each.id for each in policy.guardrails or ()] == [one.id]


def test_patterns_are_kinds_by_their_names_here_or_elsewhere(tmp_path: Path) -> None:
    (one,) = settings(
        tmp_path, ENABLE_PII_MASKING="true", PATTERNS_TO_MASK="email, Phone,ssn,account_number,mobile"
    ).guardrails
    assert one.settings.kinds == ("email", "phone", "ssn", "bank_account")


def test_a_pattern_that_nobody_knows_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PATTERNS_TO_MASK"):
        settings(tmp_path, ENABLE_PII_MASKING="true", PATTERNS_TO_MASK="shoe_size")


@pytest.mark.parametrize(
    "environ", [{"PII_REDACTION_ENABLED": "false"}, {"ENABLE_PII_MASKING": "0", "PATTERNS_TO_MASK": "email"}]
)
def test_what_is_switched_off_makes_none(tmp_path: Path, environ: dict[str, str]) -> None:
    assert settings(tmp_path, **environ).guardrails == ()


@pytest.mark.parametrize("text", [
    "guardrails: [{id: mine, kind: pii, mode: flag}]", "policies: [{name: default, guardrails: [pii]}]",
    "guardrails: [{id: pii, mode: block}]\npolicies: [{name: p, guardrails: [pii]}]",
])  # fmt: skip
def test_what_the_file_says_of_personal_data_stands(tmp_path: Path, text: str) -> None:
    assert settings(tmp_path, text, PII_REDACTION_ENABLED="true") == settings(tmp_path, text)


def test_it_is_refused_where_the_file_says_what_holds_for_everyone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PII_REDACTION_ENABLED asks for PII protection"):
        settings(tmp_path, "policies: [{name: default, guardrails: [secrets]}]", PII_REDACTION_ENABLED="true")


@pytest.mark.parametrize("name", ["PII_REDACTION_ENABLED", "ENABLE_PII_MASKING"])
def test_the_demo_keeps_its_other_guardrails_beside_it(tmp_path: Path, name: str) -> None:
    environ = Environ({name: "true", "PATTERNS_TO_MASK": "email"})
    found = load(None, environ, Overrides(), find.available(), Mode(demo=True)).settings
    named = {policy.name: [one.id for one in policy.guardrails or ()] for policy in found.policies}
    assert named == {"default": [name.lower()], "demo": ["secrets", "injection"]}


def test_what_the_file_guards_is_all_that_the_demo_guards(tmp_path: Path) -> None:
    text = "policies: [{name: mine, guardrails: [secrets], attach: [{tenant: demo}]}]"
    found = load(written(tmp_path, text), Environ(), Overrides(), find.available(), Mode(demo=True)).settings
    assert "demo" not in [one.name for one in found.policies]
