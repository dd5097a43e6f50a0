"""A folder is opened so that only this gateway's models are asked; one that cannot be used is refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.unit.guardrails.quiet import connections
from torana.guardrails.nemo.loop import OwnLoop
from torana.guardrails.nemo.rails import Opened, open_rails, said
from torana.ports.guardrail import Said

LOOP = OwnLoop()


async def no(
    messages: Sequence[Said], model: str, /, *, max_tokens: int | None = None, stop: Sequence[str] = ()
) -> str:
    return "No"


def opened(folder: Path) -> Opened:
    return LOOP.call(lambda: open_rails(str(folder), {}, no))


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (None, "there is no folder"),
        ("models: []", "neither input nor output rails"),
        ("rails: {input: {flows: [no such flow]}}", "no such flow"),
        ("colang_version: 2.x\nrails: {input: {flows: []}}", "Colang is 2"),
        ("rails: {input: [", "cannot use it"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path, config: str | None, why: str) -> None:
    folder = tmp_path / "rails"
    if config is not None:
        folder.mkdir()
        (folder / "config.yml").write_text(config, encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        opened(folder)


def test_the_sides_are_those_that_have_rails_and_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text(
        "rails: {config: {regex_detection: {input: {patterns: [x]}}}, input: {flows: [regex check input]}}", "utf-8"
    )
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "facts.md").write_text("# Facts\nThe sky is blue.", encoding="utf-8")
    folder = opened(tmp_path)
    assert set(folder.sides) == {"input"}
    folder.rails.events_history_cache["key"] = ["text"]
    assert folder.rails.events_history_cache == {}


def test_a_package_that_is_missing_is_named_with_what_installs_it(tmp_path: Path) -> None:
    def load(name: str) -> ModuleType:
        raise ModuleNotFoundError(name=name)

    with pytest.raises(ValueError, match=r"nemoguardrails is not installed.*torana\[nemo\]"):
        open_rails(str(tmp_path), {}, no, load)


def test_prompts_of_both_forms_become_messages() -> None:
    assert said("Is it bad?") == (Said("user", "Is it bad?"),)
    message = SimpleNamespace(role=SimpleNamespace(value="system"), content="Judge.")
    assert said([message]) == (Said("system", "Judge."),)
    message.content = [{"type": "image_url"}]
    with pytest.raises(TypeError):
        said([message])


PROGRAM = """
import asyncio
from torana.guardrails import nemo
from torana.ports.guardrail import Tools, Where

async def no(messages, model, /, *, max_tokens=None, stop=()):
    return "No"

judge = nemo.open(nemo.Settings(folder={folder!r}), Tools(no, None))
print(end="" if asyncio.run(judge.judge([("hello", Where())])) == [[]] else "found")
"""


def test_nothing_is_told_to_its_maker_and_no_host_is_asked(tmp_path: Path) -> None:
    folder = Path(__file__).parents[3] / "contract" / "guardrail" / "rails"
    assert connections(PROGRAM.format(folder=str(folder)), tmp_path) == ""
    assert not list(tmp_path.rglob("*"))
