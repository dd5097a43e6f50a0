"""Guardrails are opened as plug-ins are, and looked through as the guard room does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from torana.ports.guardrail import Finding, Where
from torana.scan.gate import Gate
from torana.wiring.quality import opened as module
from torana.wiring.quality.opened import POLICIES, Opened, opened, opened_with
from torana.wiring.quality.rows import SETS

_NOWHERE = Where()


class Digits:
    """Finds the first run of three signs after ``no``."""

    triggers = ("no",)

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        at = text.find("no") + 2
        return [Finding("number", at, at + 3)]

    def tail(self, text: str) -> int:
        return len(text)


def test_what_no_trigger_lets_through_is_not_looked_at() -> None:
    guard = Opened(Digits(), Gate([Digits.triggers]), {})
    assert guard.look("123") == ()
    assert [(one.start, one.end) for one in guard.look("no123")] == [(2, 5)]


def test_places_are_those_of_the_text_as_it_came() -> None:
    guard = Opened(Digits(), Gate([Digits.triggers]), {})
    text = "n\u200bo1\u200b२3"
    (found,) = guard.look(text)
    assert text[found.start : found.end] == "1\u200b२3"


def test_policies_name_sets_only() -> None:
    assert all(set(guardrails) <= set(SETS) for guardrails in POLICIES.values())
    assert set(POLICIES["all"]) == set(SETS)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", SETS)
def test_every_guardrail_of_a_policy_opens_and_knows_a_harmless_text(policy: str, name: str) -> None:
    guard = opened(policy, name)
    assert (guard is None) == (name not in POLICIES[policy])
    if guard is not None:
        assert list(guard.look("Good morning, what is the weather like?")) == []


def test_what_lacks_something_is_opened_with_its_own_settings_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    policies: Mapping[str, Mapping[str, Any]] = {"odd": {"toxicity": {"nonsense": 1}}}
    monkeypatch.setattr(module, "POLICIES", policies)
    guard = opened("odd", "toxicity")
    assert guard is not None
    assert "nonsense" in guard.lacks
    assert guard.look("You are an idiot.")


def test_a_guardrail_is_opened_with_any_settings_of_its_own() -> None:
    assert opened_with("secrets", {"bare": False}).look("Good morning") == ()
    with pytest.raises(ValueError, match="nonsense"):
        opened_with("secrets", {"nonsense": 1})
