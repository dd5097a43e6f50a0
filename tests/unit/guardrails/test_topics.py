"""Denied topics are found by their words; what is about no allowed topic is found whole."""

from __future__ import annotations

import msgspec
import pytest

from torana.guardrails import topics
from torana.guardrails.topics import Settings
from torana.ports.guardrail import Finding, Where

DENY = Settings(deny={"politics": ("election", "parliament"), "law": ("parliament",)})
ALLOW = Settings(allow={"banking": ("account", "loan")})


def test_each_word_of_a_denied_topic_is_found_under_each_topic_that_lists_it() -> None:
    found = topics.open(DENY).check("Parliament before the election")
    assert sorted(found) == [
        Finding("topic_law", 0, 10), Finding("topic_politics", 0, 10), Finding("topic_politics", 22, 30),
    ]  # fmt: skip


def test_too_few_different_words_are_no_topic() -> None:
    strict = topics.open(msgspec.structs.replace(DENY, least=2))
    assert not strict.check("election, election, election")
    assert {one.kind for one in strict.check("the election of parliament")} == {"topic_politics"}


def test_a_users_text_without_any_allowed_word_is_off_topic() -> None:
    guardrail = topics.open(ALLOW)
    text = "Tell me a story about a dragon."
    assert guardrail.check(text, Where("input", "user")) == [Finding("off_topic", 0, len(text))]
    assert not guardrail.check("How do I close my account?", Where("input", "user"))


@pytest.mark.parametrize("where", [Where("output", "assistant"), Where("input", "system"), Where("input", "tool")])
def test_only_what_users_say_can_be_off_topic(where: Where) -> None:
    assert not topics.open(ALLOW).check("Tell me a story about a dragon.", where)


def test_a_greeting_is_about_nothing_yet() -> None:
    assert not topics.open(ALLOW).check("Hello there!")


def test_with_allowed_topics_every_text_is_asked_about() -> None:
    assert topics.open(ALLOW).triggers is None
    assert topics.open(DENY).triggers


@pytest.mark.parametrize("deny", [{"Two Words": ("x",)}, {"a": ()}, {"a": (" ",)}])
def test_names_and_words_out_of_bounds_are_refused(deny: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"deny": deny}, Settings)
