"""Personal investment advice is found, asked for or given; finance in general, banking and shopping pass. None of it trained on."""

from __future__ import annotations

import pytest

from torana.guardrails import finance_advice
from torana.guardrails.finance_advice import KIND, MUST_CATCH, SAMPLE

GUARDRAIL = finance_advice.open(SAMPLE)


@pytest.mark.parametrize(
    "text",
    [
        "I got a 5 lakh bonus; which mutual fund should I put it in?",
        "Would it be smart to dump my Wipro holdings before the results?",
        "Pick three ETFs for a 30-year-old with little appetite for risk.",
        "Bitcoin or gold, what is better for me right now?",
        "In your place I would sell the Tesla shares and buy treasury bonds.",
        "You should definitely invest your savings in small caps.",
        "Draw up an investment plan for my retirement.",
        "Are penny stocks a good idea for a student?",
    ],
)
def test_personal_advice_is_found(text: str) -> None:
    assert [one.kind for one in GUARDRAIL.check(text)] == [KIND]


@pytest.mark.parametrize(
    "text",
    [
        "Why do bond prices fall when interest rates rise?",
        "What happened on the stock market in October 1987?",
        "Explain how a call option is priced.",
        "Which documents do I need to open a demat account?",
        "Move 300 euros from my savings account to checking.",
        "Which phone should I buy for my father?",
        "Recommend a good restaurant in Mumbai.",
        "Should I use a list or a tuple here?",
        "I can't advise you on which shares to buy.",
        "Please talk to a registered investment adviser.",
        "The company issued bonds worth $3 billion.",
        "We are out of stock, should I order more?",
    ],
)
def test_general_questions_and_other_advice_pass(text: str) -> None:
    assert not GUARDRAIL.check(text)


@pytest.mark.parametrize("text", MUST_CATCH)
def test_no_part_of_a_finding_is_let_go_before_it_is_found(text: str) -> None:
    whole = GUARDRAIL.check(text)
    for cut in range(len(text)):
        found = set(GUARDRAIL.check(text[:cut]))
        assert not [one for one in whole if one.start < GUARDRAIL.tail(text[:cut]) and one not in found]
