"""A folder's rails judge as its author meant; whatever fails in them is not a verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.guardrails import nemo
from torana.guardrails.nemo import Settings, changed
from torana.ports.guardrail import Answered, Finding, Judge, Request, Said, Tools, Where

USER = Where("input", "user")
ASSISTANT = Where("output", "assistant")
ASKING = """
models:
  - {type: main, engine: openai, model: gpt-4o-mini, parameters: {base_url: "http://127.0.0.1:9/v1", api_key: unused}}
  - {type: content_safety, engine: nim, model: vendor/guard}
rails:
  input: {flows: [self check input]}
  output: {flows: [self check output]}
prompts:
  - {task: self_check_input, content: 'Is "{{ user_input }}" bad?'}
  - {task: self_check_output, content: 'Is the answer "{{ bot_response }}" bad?'}
"""
ACTING = """
rails:
  input: {flows: [check words, mask words]}
"""
FLOWS = """
define flow check words
  $fine = execute check_words
  if not $fine
    bot refuse to respond
    stop

define flow mask words
  $user_message = execute mask_words
"""
ACTIONS = """
from nemoguardrails.actions import action

@action()
async def check_words(context=None):
    if "boom" in context.get("user_message"):
        raise RuntimeError("cannot: " + context.get("user_message"))
    return "falcon" not in context.get("user_message")

@action()
async def mask_words(context=None):
    return context.get("user_message").replace("Priya", "<NAME>")
"""


class Model:
    def __init__(self) -> None:
        self.asked: list[tuple[Sequence[Said], str, int | None]] = []
        self.loops: set[asyncio.AbstractEventLoop] = set()

    async def __call__(
        self, messages: Sequence[Said], model: str, /, *, max_tokens: int | None = None, stop: Sequence[str] = ()
    ) -> str:
        self.asked.append((messages, model, max_tokens))
        self.loops.add(asyncio.get_running_loop())
        text = messages[-1].text
        if "boom" in text:
            raise OSError("no provider")
        if "wait" in text:
            await asyncio.Event().wait()
        return "Yes" if "falcon" in text else "No"


async def nothing(request: Request, /) -> Answered:
    raise AssertionError("nothing is fetched")


@pytest.fixture
def asking(tmp_path: Path) -> Path:
    (tmp_path / "config.yml").write_text(ASKING, encoding="utf-8")
    return tmp_path


@pytest.fixture
def acting(tmp_path: Path) -> Path:
    for name, text in (("config.yml", ACTING), ("rails.co", FLOWS), ("actions.py", ACTIONS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def opened(folder: Path, model: Model | None = None, **settings: object) -> Judge:
    return nemo.open(Settings(folder=str(folder), **settings), Tools(model or Model(), nothing))  # type: ignore[arg-type]


async def test_a_text_that_a_rail_stops_is_found_whole_under_the_rails_name(asking: Path) -> None:
    judge = opened(asking)
    texts = [("hello", USER), ("a falcon", USER), ("a falcon", ASSISTANT), ("hello", ASSISTANT)]
    assert await judge.judge(texts) == [
        [], [Finding("self_check_input", 0, 8)], [Finding("self_check_output", 0, 8)], [],
    ]  # fmt: skip


async def test_the_rails_models_are_asked_through_the_line_under_the_names_of_the_settings(asking: Path) -> None:
    model = Model()
    await opened(asking, model, models={"gpt-4o-mini": "small"}).judge([("hello", USER)])
    await opened(asking, model).judge([("hello", USER)])
    assert [(messages[-1].text, name) for messages, name, _ in model.asked] == [
        ('Is "hello" bad?', "small"),
        ('Is "hello" bad?', "gpt-4o-mini"),
    ]
    assert model.loops == {asyncio.get_running_loop()}


async def test_what_a_rail_replaces_is_found_from_the_first_to_the_last_change(acting: Path) -> None:
    (found,) = await opened(acting).judge([("Hi Priya, and Priya again", USER)])
    assert found == [Finding("changed_by_rail", 3, 19)]


async def test_a_rail_without_a_model_judges(acting: Path) -> None:
    assert await opened(acting).judge([("falcon", USER), ("hello", USER), ("falcon", ASSISTANT)]) == [
        [Finding("check_words", 0, 6)],
        [],
        [],
    ]


async def test_a_model_that_cannot_be_asked_is_no_verdict(asking: Path) -> None:
    for where in (USER, ASSISTANT):
        with pytest.raises(OSError, match="a rail failed"):
            await opened(asking).judge([("hello", where), ("boom", where)])


async def test_an_action_that_fails_is_no_verdict_and_its_text_is_not_told(
    acting: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OSError, match="a rail failed") as told:
        await opened(acting).judge([("boom", USER)])
    assert "boom" not in str(told.value) + caplog.text + "".join(capfd.readouterr())


async def test_rails_that_take_too_long_are_no_verdict(asking: Path) -> None:
    with pytest.raises(TimeoutError):
        await opened(asking, timeout_s=0.2).judge([("wait", USER)])


async def test_roles_that_are_not_judged_and_empty_texts_are_left_out(asking: Path) -> None:
    model = Model()
    judge = opened(asking, model, roles=("user",))
    assert await judge.judge([("falcon", Where("input", "system")), ("", USER), ("falcon", Where())]) == [
        [],
        [],
        [Finding("self_check_input", 0, 6)],
    ]
    assert len(model.asked) == 1


async def test_many_texts_are_judged_at_once_each_for_itself(asking: Path) -> None:
    words = ["falcon" if number % 3 == 0 else "heron" for number in range(12)]
    found = await opened(asking).judge([(f"{word} {number}", USER) for number, word in enumerate(words)])
    assert [bool(one) for one in found] == [word == "falcon" for word in words]


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_outside_a_change_both_texts_are_the_same(before: str, old: str, new: str, after: str) -> None:
    text, other = before + old + after, before + new + after
    found = changed(text, other)
    assert bool(found) == (text != other and bool(text))
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        assert other.startswith(text[: one.start]) and other.endswith(text[one.end :])
