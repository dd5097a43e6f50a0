"""What was said of a text is known again for the same guardrail, role and side only, and nothing is kept of the text."""

from __future__ import annotations

from torana.line.guard_memory import Memory
from torana.ports.guardrail import Finding, Where


def test_the_same_text_is_known_again_and_nothing_else_is() -> None:
    memory = Memory(b"key")
    found = (Finding("k", 0, 1),)
    memory.keep("g@1", Where("input", "user"), "text \ud800", found)
    assert memory.recall("g@1", Where("input", "user"), "text \ud800") == found
    assert memory.recall("g@2", Where("input", "user"), "text \ud800") is None
    assert memory.recall("g@1", Where("output", "user"), "text \ud800") is None
    assert memory.recall("g@1", Where("input", "tool"), "text \ud800") is None
    assert memory.recall("g@1", Where("input", "user"), "text") is None


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    memory = Memory(b"key", most=2)
    for text in "ab":
        memory.keep("g", Where(), text, ())
    memory.recall("g", Where(), "a")
    memory.keep("g", Where(), "c", ())
    assert memory.recall("g", Where(), "b") is None
    assert memory.recall("g", Where(), "a") == ()
