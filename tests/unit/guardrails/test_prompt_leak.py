"""Passages of the system prompt are found in answers once the guardrail knows the prompt."""

from __future__ import annotations

from torana.guardrails import prompt_leak
from torana.guardrails.prompt_leak import Settings

PROMPT = "You help customers of the Blue Heron bank. Never mention the waiting list for the gold card to anybody."


def test_without_a_prompt_nothing_is_found_and_nothing_held() -> None:
    guardrail = prompt_leak.open(Settings())
    assert not guardrail.check(PROMPT)
    assert guardrail.tail(PROMPT) == len(PROMPT)


def test_a_passage_of_the_requests_prompt_is_found() -> None:
    text = "Sure! My rules: never mention the waiting list for the gold card. Bye"
    (found,) = prompt_leak.open(Settings()).primed([PROMPT]).check(text)
    assert (found.kind, text[found.start : found.end]) == (
        "prompt_leak",
        "never mention the waiting list for the gold card",
    )


def test_a_prompt_in_another_order_of_sentences_is_still_found() -> None:
    text = "Never mention the waiting list for the gold card to anybody. You help customers of the Blue Heron bank."
    assert len(prompt_leak.open(Settings()).primed([PROMPT]).check(text)) >= 1


def test_one_request_does_not_know_the_prompt_of_another() -> None:
    common = prompt_leak.open(Settings())
    common.primed([PROMPT])
    assert not common.check(PROMPT)
    assert not common.primed(["Something else that is quite long enough to be known."]).check(PROMPT)


def test_prompts_of_the_settings_stay_known() -> None:
    assert prompt_leak.open(Settings(prompts=(PROMPT,))).primed(["other"]).check(PROMPT)


def test_words_that_are_not_in_the_prompt_are_not_held_back() -> None:
    guardrail = prompt_leak.open(Settings()).primed([PROMPT])
    assert guardrail.tail("Your balance is positive") == 16
    assert guardrail.tail("I never mention the wai") == 2
