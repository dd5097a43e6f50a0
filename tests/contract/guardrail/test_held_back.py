"""What guardrails promise to streams and to the one scan: nothing found was let go before, nothing found is missed by the gate."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torana.guardrails
from tests.contract.guardrail.stand_ins import opened
from torana.ports.guardrail import Finding
from torana.scan.gate import Gate, utf8

ALL = [import_module(f"torana.guardrails.{one.name}") for one in pkgutil.iter_modules(torana.guardrails.__path__)]
INSTANT = [one for one in ALL if one.PRICE_CLASS == "instant" and not getattr(one, "NEEDS_TOOLS", False)]
EACH = pytest.mark.parametrize("module", INSTANT, ids=lambda module: module.__name__.rpartition(".")[2])
CATCHES = pytest.mark.parametrize(
    ("module", "sample"), [pytest.param(module, text, id=text[:30]) for module in INSTANT for text in module.MUST_CATCH]
)
AROUND = st.sampled_from(["", " ", "x ", "said: ", "\n", "(", "मैं ", "🤖 ", "a b c d e f g h "])


def covered(findings: Iterable[Finding]) -> set[int]:
    return {place for one in findings for place in range(one.start, one.end)}


@CATCHES
@given(before=AROUND, after=AROUND)
@settings(max_examples=5)
def test_at_every_cut_what_was_let_go_is_no_part_of_a_finding_unless_it_was_found_then(
    module: ModuleType, sample: str, before: str, after: str
) -> None:
    guardrail = opened(module)
    text = before + sample + after
    found = covered(guardrail.check(text))
    for cut in range(len(text) + 1):
        tail = guardrail.tail(text[:cut])
        assert 0 <= tail <= cut
        gone = {place for place in found if place < tail}
        assert not gone or gone <= covered(guardrail.check(text[:cut])), text[:cut]


@EACH
@given(text=st.text())
def test_any_text_has_a_tail_within_it(module: ModuleType, text: str) -> None:
    assert 0 <= opened(module).tail(text) <= len(text)


@EACH
@pytest.mark.parametrize("text", ["a" * 20_000, " " * 20_000, "a b " * 5000, "-" * 20_000, "é" * 20_000, "\ud800"])
def test_long_and_strange_texts_have_a_tail_within_them(module: ModuleType, text: str) -> None:
    assert 0 <= opened(module).tail(text) <= len(text)


@EACH
def test_of_ordinary_prose_little_is_held_back(module: ModuleType) -> None:
    if getattr(module, "UNIT", "span") == "span":
        text = "The ship left the harbour at dawn and the crew waved to those who had stayed behind on the qua"
        assert len(text) - opened(module).tail(text) <= 40


@CATCHES
@given(before=AROUND, after=AROUND)
@settings(max_examples=5)
def test_whatever_is_found_a_trigger_matches(module: ModuleType, sample: str, before: str, after: str) -> None:
    guardrail = opened(module)
    text = before + sample + after
    if guardrail.triggers is not None and guardrail.check(text):
        assert Gate([guardrail.triggers]).asked(utf8(text))
