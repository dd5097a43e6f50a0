"""A text that is tried is judged on the side that was asked for, by those that look there."""

from __future__ import annotations

import pytest

from tests.line.finders import Emails, Finds
from tests.line.world import KEY_ENTRY, World
from torana.control.book import Tried
from torana.core.policies import Terms
from torana.core.tickets import Caller, Rule
from torana.line.guard_team import Guard
from torana.wiring.trying import tried

MAIL = "ann@example.org"
CALLER = Caller("acme", "key-1", KEY_ENTRY, user="ann")


async def tried_on(side: str, *rules: Rule, text: str = f"I am {MAIL}", finder: Finds | None = None) -> Tried:
    guards = {
        "pii": Guard("pii", Emails(), ("input",)),
        "out": Guard("out", finder or Finds("I am"), ("output",)),
    }
    world = World(guards=guards)
    return await tried(world.rooms, CALLER, Terms("p@1", guardrails=rules), text, side, world.clock.now)


@pytest.mark.parametrize("side", ["input", "output"])
async def test_a_rule_of_a_side_looks_there_and_not_at_the_other(side: str) -> None:
    found = await tried_on(side, Rule("pii", "redact", "input"))
    assert found.text == ("I am [EMAIL]" if side == "input" else f"I am {MAIL}")
    assert [one["side"] for one in found.findings] == (["input"] if side == "input" else [])


async def test_without_a_side_in_the_rule_a_guardrail_looks_where_its_kind_does() -> None:
    rules = (Rule("pii", "redact"), Rule("out", "redact"))
    assert (await tried_on("input", *rules)).text == "I am [EMAIL]"
    there = await tried_on("output", *rules)
    assert (there.text, there.verdicts) == (f"[WORD] {MAIL}", ("out:redact:output",))


async def test_as_an_answer_a_text_is_shown_as_the_models_words() -> None:
    finder = Finds("nothing")
    await tried_on("output", Rule("out"), finder=finder)
    assert finder.roles == ["assistant"]


async def test_what_blocks_leaves_no_text_and_says_which_side() -> None:
    there = await tried_on("output", Rule("out"))
    assert (there.blocked, there.text, "this answer" in there.message) == (True, "", True)
    asked = await tried_on("input", Rule("pii"))
    assert (asked.blocked, asked.text, "this request" in asked.message) == (True, "", True)


@pytest.mark.parametrize("text", ["", '{"a": 1}', 'a "quoted" \\ word\n', "\ud800"])
@pytest.mark.parametrize("side", ["input", "output"])
async def test_a_clean_text_comes_back_as_it_is(side: str, text: str) -> None:
    assert (await tried_on(side, Rule("pii"), Rule("out"), text=text)).text == text
