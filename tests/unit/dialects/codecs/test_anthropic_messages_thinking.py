"""What a Claude model of a name accepts, and how thinking is asked of it."""

from __future__ import annotations

import pytest

from torana.core.events import Choice, Reasoning, Request, Sampling, Text, Thinking, Tool, ToolCall, Turn
from torana.dialects.codecs.anthropic_messages_thinking import BUDGETS, Rules, rules_of, said_of

ASKED = Request("m", (Turn("user", (Text("hi"),)),))
OLD = Rules()
NEW = rules_of("claude-opus-4-7")


@pytest.mark.parametrize(
    ("model", "adaptive", "sampling", "off", "forced"),
    [
        ("claude-3-7-sonnet-20250219", False, True, "absent", True),
        ("claude-sonnet-4-20250514", False, True, "absent", True),
        ("claude-haiku-4-5-20251001", False, True, "absent", True),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", False, True, "absent", True),
        ("claude-opus-4-6", True, True, "absent", True),
        ("claude-opus-4.7", True, False, "absent", True),
        ("claude-sonnet-5", True, False, "disabled", True),
        ("claude-opus-5-5", True, False, None, False),
        ("claude-sonnet-5-5", True, False, "between_tools", False),
        ("claude-mythos-preview", True, False, None, True),
        ("claude-fable-5-1", True, False, None, False),
        ("deepseek-chat", False, True, "absent", True),
    ],
)
def test_a_name_tells_what_its_generation_accepts(
    model: str, adaptive: bool, sampling: bool, off: str | None, forced: bool
) -> None:
    rules = rules_of(model)
    assert (rules.adaptive, rules.sampling, rules.off, rules.forced) == (adaptive, sampling, off, forced)


@pytest.mark.parametrize(
    ("model", "both"), [("claude-opus-4-0", True), ("claude-opus-4-1", False), ("claude-sonnet-4-5", False)]
)
def test_temperature_and_top_p_together_were_taken_until_claude_4(model: str, both: bool) -> None:
    assert rules_of(model).both == both


def thinks(reasoning: Reasoning, rules: Rules, request: Request = ASKED) -> tuple[object, str, list[str]]:
    dropped: list[str] = []
    said = said_of(request._replace(reasoning=reasoning), rules, dropped)
    return said.thinking, said.effort, dropped


@pytest.mark.parametrize(("effort", "budget"), BUDGETS.items())
def test_an_effort_is_a_budget_where_only_budgets_are_known(effort: str, budget: int) -> None:
    roomy = ASKED._replace(sampling=Sampling(max_output=64_000))
    assert thinks(Reasoning(effort), OLD, roomy) == ({"type": "enabled", "budget_tokens": budget}, "", [])


def test_a_budget_that_the_api_would_refuse_is_raised_to_the_least() -> None:
    assert thinks(Reasoning("", 100), OLD)[0] == {"type": "enabled", "budget_tokens": 1024}


@pytest.mark.parametrize(("budget", "effort"), [(2048, "low"), (8192, "medium"), (8193, "high")])
def test_a_budget_is_an_effort_and_named_where_only_efforts_are_known(budget: int, effort: str) -> None:
    wanted = {"type": "adaptive", "display": "summarized"}
    assert thinks(Reasoning("", budget), NEW) == (wanted, effort, ["thinking.budget_tokens"])


def test_thinking_is_shown_or_hidden_as_the_caller_wants() -> None:
    assert thinks(Reasoning("minimal"), NEW)[:2] == ({"type": "adaptive", "display": "summarized"}, "low")
    assert thinks(Reasoning("high", shown=False), NEW)[0] == {"type": "adaptive", "display": "omitted"}
    assert thinks(Reasoning("high"), rules_of("claude-opus-4-6"))[0] == {"type": "adaptive"}


@pytest.mark.parametrize(
    ("model", "said", "dropped"),
    [
        ("claude-sonnet-4-5", None, []),
        ("claude-opus-5", {"type": "disabled"}, []),
        ("claude-sonnet-5-5", {"type": "between_tools"}, []),
        ("claude-opus-5-5", None, ["thinking"]),
    ],
)
@pytest.mark.parametrize("wanted", [Reasoning("off"), Reasoning("", 0)])
def test_thinking_is_switched_off_as_the_model_knows_it(
    wanted: Reasoning, model: str, said: object, dropped: list[str]
) -> None:
    assert thinks(wanted, rules_of(model)) == (said, "", dropped)


def test_a_budget_gives_way_to_a_tool_that_must_be_called() -> None:
    forced = ASKED._replace(choice=Choice("any"), tools=(Tool("f"),))
    assert thinks(Reasoning("high"), OLD, forced) == (None, "", ["thinking"])
    assert thinks(Reasoning("high"), NEW, forced)[1] == "high"


def test_a_budget_gives_way_when_the_thinking_before_a_call_is_not_there_to_replay() -> None:
    call = ToolCall("t", "f", "{}")
    unsigned = ASKED._replace(turns=(*ASKED.turns, Turn("assistant", (Thinking("hm"), call))))
    signed = ASKED._replace(turns=(*ASKED.turns, Turn("assistant", (Thinking("hm", "sig"), call))))
    assert thinks(Reasoning("high"), OLD, unsigned) == (None, "", ["thinking"])
    assert thinks(Reasoning("high"), OLD, signed)[2] == []
    assert thinks(Reasoning("high"), NEW, unsigned)[2] == []


def test_nothing_is_said_of_thinking_when_nothing_was_asked() -> None:
    dropped: list[str] = []
    assert not said_of(ASKED, NEW, dropped).on
    assert dropped == []
