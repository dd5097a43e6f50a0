"""Rows that policies imply: guardrails of packs, of kinds without a row, the policy of everybody."""

from __future__ import annotations

from pathlib import Path

from tests.unit.wiring.offer import written
from torana.wiring.environment import Environ
from torana.wiring.find import available
from torana.wiring.options import Overrides
from torana.wiring.packs import packs
from torana.wiring.policy_rows import resolved
from torana.wiring.settings import Settings, load

WORDS = "guardrails: [{id: a, kind: keywords, words: [x]}, {id: b, kind: keywords, words: [y], side: input}]\n"


def settings(folder: Path, text: str) -> Settings:
    return load(written(folder, text), Environ(), Overrides(), available()).settings


def named(found: Settings) -> dict[str, list[str]]:
    return {policy.name: [one.id for one in policy.guardrails or ()] for policy in found.policies}


def test_without_a_default_policy_there_is_one_with_what_no_other_names(tmp_path: Path) -> None:
    assert named(settings(tmp_path, WORDS)) == {"default": ["a", "b"]}
    found = settings(tmp_path, WORDS + "policies: [{name: x, guardrails: [a]}]")
    assert named(found) == {"default": ["b"], "x": ["a"]}
    found = settings(tmp_path, WORDS + "policies: [{name: default, guardrails: [a]}]")
    assert named(found) == {"default": ["a"]}


def test_every_guardrail_has_its_sides(tmp_path: Path) -> None:
    kind = available().guardrails["keywords"]
    both = "both" if len(kind.sides()) == 2 else kind.sides()[0]
    assert [one.side for one in settings(tmp_path, WORDS).guardrails] == [both, "input"]


def test_a_kind_that_needs_no_settings_needs_no_row(tmp_path: Path) -> None:
    found = settings(tmp_path, "policies: [{name: default, guardrails: [{id: secrets, mode: flag}]}]")
    assert [(one.id, one.plugin, one.settings is not None) for one in found.guardrails] == [
        ("secrets", "secrets", True)
    ]


def test_a_pack_brings_its_guardrails_behind_the_policys_own(tmp_path: Path) -> None:
    found = settings(tmp_path, WORDS + "policies: [{name: default, guardrails: [a], packs: [pci-dss]}]")
    rules = packs()["pci-dss"].rules
    assert named(found) == {"default": ["a", *(rule.id for rule in rules)]}
    rows = {one.id: one for one in found.guardrails}
    assert [(rows[one.id].plugin, rows[one.id].mode, rows[one.id].side) for one in rules] == [
        (one.kind, one.mode, one.side) for one in rules
    ]


def test_every_pack_fits_the_guardrails_there_are(tmp_path: Path) -> None:
    found = settings(tmp_path, f"policies: [{{name: default, packs: [{', '.join(packs())}]}}]")
    assert {rule.id for pack in packs().values() for rule in pack.rules} <= {one.id for one in found.guardrails}


def test_completing_twice_changes_nothing(tmp_path: Path) -> None:
    found = settings(tmp_path, WORDS + "policies: [{name: x, guardrails: [a], packs: [gdpr]}]")
    assert resolved(found, available()) == found
