"""What every guardrail does with its own samples and with any text; a new file in the folder is covered unasked."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torana.guardrails
from tests.contract.guardrail.stand_ins import opened
from torana.ports.guardrail import Finding

FOUND = [import_module(f"torana.guardrails.{one.name}") for one in pkgutil.iter_modules(torana.guardrails.__path__)]
EACH = pytest.mark.parametrize("module", FOUND, ids=lambda module: module.__name__.rpartition(".")[2])
CATCHES = pytest.mark.parametrize(
    ("module", "sample"), [pytest.param(module, text, id=text[:30]) for module in FOUND for text in module.MUST_CATCH]
)
PASSES = pytest.mark.parametrize(
    ("module", "sample"), [pytest.param(module, text, id=text[:30]) for module in FOUND for text in module.MUST_PASS]
)

LONG = 20_000
HARD = [
    "", "\x00", "\ud800", "a" * LONG, " " * LONG, "\n" * LONG, "é" * LONG, "\u202e" + "x", "\ufeff", "🤖" * 50,
    "((((" * 500, "-" * LONG, "1" * LONG, "a b " * 5000, "İ" * 50, "ß" * 50, "ﬁ" * 50,
]  # fmt: skip


def assert_sane(findings: object, text: str) -> None:
    for finding in list(findings):  # type: ignore[call-overload]
        assert isinstance(finding, Finding)
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.kind and finding.kind.isascii() and finding.kind.isprintable() and " " not in finding.kind


def test_there_are_guardrails_to_check() -> None:
    assert FOUND


@EACH
def test_it_declares_what_it_is(module: ModuleType) -> None:
    assert set(module.SIDES) <= {"input", "output"} and module.SIDES
    assert module.PRICE_CLASS in {"instant", "fast", "slow"}
    assert set(module.MODES) <= {"block", "flag", "shadow", "redact", "mask", "tokenise"} and module.MODES
    assert isinstance(module.SAMPLE, module.Settings)
    assert module.MUST_CATCH and module.MUST_PASS


@CATCHES
def test_what_must_be_caught_is_caught_at_its_place(module: ModuleType, sample: str) -> None:
    findings = opened(module).check(sample)
    assert findings
    assert_sane(findings, sample)


@PASSES
def test_what_must_pass_passes(module: ModuleType, sample: str) -> None:
    assert not opened(module).check(sample)


@EACH
@settings(deadline=None)
@given(text=st.text() | st.text(st.characters(categories=["Cs", "Lu", "Zs", "Cf", "Mn"])))
def test_any_text_is_judged_without_a_fault(module: ModuleType, text: str) -> None:
    assert_sane(opened(module).check(text), text)


@EACH
@pytest.mark.parametrize("text", HARD, ids=lambda text: f"{len(text)} of {text[:4]!a}")
def test_long_and_strange_texts_are_judged_without_a_fault(module: ModuleType, text: str) -> None:
    assert_sane(opened(module).check(text), text)


@CATCHES
@settings(deadline=None)
@given(before=st.text(), after=st.text())
def test_offsets_are_code_points_wherever_the_finding_stands(
    module: ModuleType, sample: str, before: str, after: str
) -> None:
    text = f"{before} 🤖 {sample} 🤖 {after}"
    findings = opened(module).check(text)
    assert_sane(findings, text)
    (alone, *_) = opened(module).check(sample)
    words = sample[alone.start : alone.end]
    if getattr(module, "UNIT", "span") == "whole":
        place = 2 + len(before) + alone.start + 1
        assert any(one.start <= place < one.end for one in findings)
    else:
        assert any(text[one.start : one.end] == words for one in findings)


@CATCHES
def test_looking_twice_finds_the_same(module: ModuleType, sample: str) -> None:
    guardrail = opened(module)
    first = list(guardrail.check(sample))
    guardrail.check("something else")
    assert list(guardrail.check(sample)) == first
