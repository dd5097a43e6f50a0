"""Texts beyond a limit are found whole, alone and together."""

from __future__ import annotations

import msgspec
import pytest

from torana.guardrails import size
from torana.guardrails.size import Settings
from torana.ports.guardrail import Finding, Where


@pytest.mark.parametrize(("text", "caught"), [("x" * 10, False), ("x" * 11, True), ("क" * 10, False), ("", False)])
def test_characters_are_code_points(text: str, caught: bool) -> None:
    assert size.open(Settings(characters=10)).check(text) == ((Finding("too_large", 0, len(text)),) if caught else ())


@pytest.mark.parametrize(("text", "caught"), [("x" * 40, False), ("x" * 41, True), ("क" * 13, False), ("क" * 14, True)])
def test_tokens_are_a_quarter_of_the_bytes(text: str, caught: bool) -> None:
    assert bool(size.open(Settings(tokens=10)).check(text)) is caught


def test_texts_that_are_too_long_together_are_all_found() -> None:
    texts = [("x" * 6, Where()), ("", Where()), ("y" * 6, Where())]
    assert [len(found) for found in size.open(Settings(total_characters=11)).check_all(texts)] == [1, 0, 1]
    assert not any(size.open(Settings(total_characters=12)).check_all(texts))
    assert any(size.open(Settings(total_tokens=3)).check_all(texts))


def test_of_all_texts_the_one_beyond_its_own_limit_is_found() -> None:
    texts = [("x" * 6, Where()), ("y" * 3, Where())]
    assert [len(found) for found in size.open(Settings(characters=5)).check_all(texts)] == [1, 0]


def test_system_prompts_and_tools_are_no_messages() -> None:
    texts = [("a", Where("input", role)) for role in ("system", "definition", "user", "assistant", "user")]
    assert not any(size.open(Settings(messages=3)).check_all(texts))
    assert any(size.open(Settings(messages=2)).check_all(texts))


@pytest.mark.parametrize("settings", [{}, {"characters": 0}, {"tokens": -1}])
def test_settings_without_a_limit_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(settings, Settings)
