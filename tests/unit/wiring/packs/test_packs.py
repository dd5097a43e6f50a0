"""Every pack can be opened as it stands, serves what it says, and is documented."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from tests.architecture.house import ROOT
from torana.wiring import find
from torana.wiring.packs import Rule, packs

RULES = [pytest.param(rule, id=rule.id) for pack in packs().values() for rule in pack.rules]


def test_the_packs_are_those_promised() -> None:
    assert set(packs()) == {"gdpr", "hipaa", "pci-dss", "dpdp", "bfsi"}


def test_ids_are_unique_among_all_packs_and_tell_their_pack() -> None:
    ids = [rule.id for pack in packs().values() for rule in pack.rules]
    assert len(set(ids)) == len(ids)
    assert all(rule.id.startswith(name.split("-")[0] + "-") for name, pack in packs().items() for rule in pack.rules)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_asks_for_what_its_guardrail_can_do(rule: Rule) -> None:
    module = find.module("guardrails", rule.kind)
    assert rule.mode in module.MODES
    sides = {"input", "output"} if rule.side == "both" else {rule.side}
    assert sides <= set(module.SIDES)
    assert module.open(msgspec.convert(rule.settings, module.Settings))


@pytest.mark.parametrize("name", ["gdpr", "hipaa", "pci-dss", "dpdp", "bfsi"])
def test_every_pack_keeps_secrets_in_and_injections_out(name: str) -> None:
    blocked = {rule.kind for rule in packs()[name].rules if rule.mode == "block" and rule.on_error == "closed"}
    assert {"secrets", "injection"} <= blocked


def test_the_page_of_the_packs_is_as_generated() -> None:
    done = subprocess.run([sys.executable, "scripts/packs_page.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run make gen"
