"""What may be asked twice is listed; everything else is asked once."""

from __future__ import annotations

import pytest

from torana.line.repeat import may_repeat


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages"])
def test_a_chat_may_be_asked_twice(dialect: str) -> None:
    assert may_repeat("chat", dialect)


def test_an_answer_that_the_provider_keeps_is_asked_for_once() -> None:
    assert not may_repeat("chat", "openai_responses")


@pytest.mark.parametrize("operation", ["files", "batches", "passthrough", "image_generations", "", "anything new"])
def test_what_leaves_something_behind_is_asked_once(operation: str) -> None:
    assert not may_repeat(operation, operation)
