"""How guardrails are opened: once for as long as they stay as they are, with what they need, for as long as they may take."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.contract.guardrail.stand_ins import FOLDER, TOOLS
from torana.core.clock import SystemClock
from torana.line.vault import MemoryVault
from torana.testing.clock import FakeClock
from torana.wiring.fetching import fetching
from torana.wiring.find import available
from torana.wiring.guards import Opened, deadline_s_of, means_of, open_guards, text_of, tools_of, version_of
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Settings, load
from torana.wiring.specs import guardrail_specs

JUDGE = {"id": "advice", "kind": "judge", "model": "m", "categories": {"legal": "It is about the law."}}
WORDS = {"id": "words", "kind": "keywords", "words": ["falcon"]}
HOOK = {
    "id": "checks",
    "kind": "webhook",
    "url": "https://checks.example.com/",
    "secret": "a secret of 24 bytes, or more",
}


def settings(folder: Path, *guardrails: dict[str, Any]) -> Settings:
    config = {
        "providers": [{"id": "echo", "kind": "echo"}],
        "models": [{"name": "m", "deployments": [{"provider": "echo", "model": "m"}]}],
        "guardrails": list(guardrails),
    }
    path = folder / "torana.yaml"
    path.write_text(json.dumps(config))
    return load(path, {}, Overrides(), available()).settings


def test_each_is_opened_with_its_sides_price_and_unit(tmp_path: Path) -> None:
    found = open_guards(settings(tmp_path, WORDS, JUDGE, {**HOOK, "side": "both"}), TOOLS)
    told = {name: (guard.sides, guard.price, guard.unit) for name, guard in found.items()}
    assert told == {
        "words": (("input", "output"), "instant", "span"),
        "advice": (("input", "output"), "slow", "whole"),
        "checks": (("input", "output"), "slow", "whole"),
    }
    assert open_guards(settings(tmp_path, {**WORDS, "side": "output"}))["words"].sides == ("output",)


def test_those_that_stay_as_they_are_are_not_opened_anew(tmp_path: Path) -> None:
    opened: Opened = {}
    one = open_guards(settings(tmp_path, WORDS, JUDGE), TOOLS, opened)
    other = open_guards(settings(tmp_path, {**WORDS, "words": ["heron"]}, JUDGE), TOOLS, opened)
    assert other["advice"].guardrail is one["advice"].guardrail
    assert other["words"].guardrail is not one["words"].guardrail
    assert {guard.guardrail_id for guard in opened.values()} == {"words", "advice"}
    assert len(opened) == 2


def test_another_deadline_or_side_is_another_guard(tmp_path: Path) -> None:
    opened: Opened = {}
    one = open_guards(settings(tmp_path, JUDGE), TOOLS, opened)["advice"]
    slower = open_guards(settings(tmp_path, {**JUDGE, "deadline_ms": 30_000}), TOOLS, opened)["advice"]
    sided = open_guards(settings(tmp_path, {**JUDGE, "side": "input"}), TOOLS, opened)["advice"]
    assert (one.deadline_s, slower.deadline_s, sided.sides) == (10.0, 30.0, ("input",))


@pytest.mark.parametrize(
    ("row", "seconds"),
    [
        (WORDS, 1.0),
        (JUDGE, 10.0),
        ({**JUDGE, "timeout_s": 20}, 20.0),
        ({**JUDGE, "timeout_s": 20, "deadline_ms": 500}, 0.5),
        (HOOK, 2.0),
        ({"id": "names", "kind": "presidio"}, 5.0),
    ],
    ids=["of none", "of its kind", "its own", "said", "of another kind", "of a kind that loads much"],
)
def test_a_guardrail_may_take_what_it_says_it_takes(tmp_path: Path, row: dict[str, Any], seconds: float) -> None:
    (spec,) = guardrail_specs(settings(tmp_path, row))
    assert deadline_s_of(spec) == seconds


def test_a_version_changes_with_the_settings_and_with_nothing_else(tmp_path: Path) -> None:
    def version(**more: Any) -> str:
        (spec,) = guardrail_specs(settings(tmp_path, {**WORDS, **more}))
        return version_of(spec)

    assert version() == version(mode="flag") == version(side="input") == version(id="w")
    assert version() != version(words=["heron"])


def test_a_changed_file_of_a_folder_is_another_version(tmp_path: Path) -> None:
    folder = tmp_path / "rails"
    shutil.copytree(FOLDER, folder)
    (spec,) = guardrail_specs(settings(tmp_path, {"id": "rails", "kind": "nemo", "folder": str(folder)}))
    before = version_of(spec)
    (folder / "notes.txt").write_text("not read")
    assert version_of(spec) == before
    (folder / "more.co").write_text("define bot hello\n")
    assert version_of(spec) != before


def test_one_that_asks_somebody_is_refused_where_nobody_can_be_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="asks somebody, which is not possible here"):
        open_guards(settings(tmp_path, JUDGE))


def test_a_judge_whose_model_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='it asks the model "mm", which does not exist'):
        settings(tmp_path, {**JUDGE, "model": "mm"})
    assert settings(tmp_path, {**JUDGE, "model": "echo/any"}).guardrails


def test_a_folder_s_models_must_exist_under_the_names_given_for_them(tmp_path: Path) -> None:
    rails = {"id": "rails", "kind": "nemo", "folder": str(FOLDER)}
    with pytest.raises(ConfigError, match='it asks the model "nobody"'):
        settings(tmp_path, {**rails, "models": {"gpt-4o-mini": "nobody"}})
    assert settings(tmp_path, {**rails, "models": {"gpt-4o-mini": "m"}}).guardrails


async def test_tools_ask_through_the_line_and_fetch_through_the_one_client() -> None:
    fetch = fetching()
    tools = tools_of(SystemClock(), fetch)
    assert tools.fetch is fetch
    with pytest.raises(OSError, match="for a request only"):
        await tools.ask([], "m")
    await fetch.aclose()


def test_the_text_of_a_completion_is_that_of_its_first_choice() -> None:
    choices = [
        {"index": n, "finish_reason": "stop", "message": {"role": "assistant", "content": f"n{n}"}} for n in (0, 1)
    ]
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}
    assert text_of(json.dumps(whole).encode()) == "n0"


@pytest.mark.parametrize("answer", [b"", b"[]", b"{no", b'"text"'])
def test_what_is_no_completion_has_no_text(answer: bytes) -> None:
    with pytest.raises(ValueError, match=".+"):
        text_of(answer)


def test_what_all_processes_share_keeps_the_values_behind_tokens_where_there_is_such_a_thing() -> None:
    shared = MemoryVault(FakeClock())
    assert means_of(FakeClock(), b"k" * 32, shared).vault is shared
    assert means_of(FakeClock(), b"k" * 32).vault is not means_of(FakeClock(), b"k" * 32).vault


def test_what_outlives_a_snapshot_is_keyed_by_the_installation(tmp_path: Path) -> None:
    one, other = (means_of(FakeClock(), key).key for key in (b"a" * 32, b"b" * 32))
    assert len(one) == 32 and one != other and one != b"a" * 32
