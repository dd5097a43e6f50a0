"""What a start would refuse is found without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import written
from torana.core.clock import SystemClock
from torana.wiring import find
from torana.wiring.environment import Environ
from torana.wiring.options import Overrides
from torana.wiring.rehearsing import rehearsed
from torana.wiring.settings import Settings, load

OF_OPENAI = "models: [{name: gpt-4o-mini, deployments: [{provider: o, model: gpt-4o-mini}]}]\n"


def problems(folder: Path, text: str) -> list[str]:
    loaded = load(written(folder, text), Environ(), Overrides(), find.available())
    return [str(one) for one in rehearsed(loaded.settings, SystemClock())]


def test_what_serves_has_no_problem(tmp_path: Path) -> None:
    assert rehearsed(Settings(), SystemClock()) == ()
    assert problems(tmp_path, "providers: [{id: o, kind: openai, credentials: [{api_key: k}]}]\n" + OF_OPENAI) == []


@pytest.mark.parametrize(("text", "what"), [
    ("currency: INR\nproviders: [{id: o, kind: openai, credentials: [{api_key: k}]}]\n" + OF_OPENAI, "USD to INR"),
    ("providers: [{id: o, kind: bedrock, credentials: [{aws_access_key_id: a, aws_secret_access_key: b}]}]", "region"),
    ("guardrails: [{id: r, kind: nemo, mode: block, folder: /nope}]", "/nope"),
])  # fmt: skip
def test_what_no_single_setting_shows_is_found(tmp_path: Path, text: str, what: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert what in problem
