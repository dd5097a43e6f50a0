"""Stored policies over the file's: the same shape, the same checks, told with the field that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.wiring.offer import OFFER, read, written
from torana.ports.policies import StoredPolicy
from torana.wiring.policy_overlay import DEEPEST, depth, field_of, laid_over
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Settings

TEXT = """providers: [{id: echo, kind: echo}]
models: [{name: m, deployments: [{provider: echo, model: m}]}]
guardrails: [{id: words, kind: keywords, words: [a]}]
policies: [{name: default, guardrails: [words]}, {name: other, fallbacks: false}]
"""


def stored(name: str, document: dict[str, Any] | None) -> StoredPolicy:
    return StoredPolicy(name, 1, "", document, 0.0, "")


def file_of(folder: Path) -> Settings:
    return read(written(folder, TEXT)).settings


def refused(folder: Path, *rows: StoredPolicy) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        laid_over(file_of(folder), rows, OFFER)
    return [(one.file, field_of(one)) for one in caught.value.problems]


def test_without_stored_policies_the_settings_are_the_files(tmp_path: Path) -> None:
    settings = file_of(tmp_path)
    assert laid_over(settings, [], OFFER) is settings
    assert laid_over(settings, [stored("other", None)], OFFER) is settings


def test_a_stored_policy_stands_for_the_files_of_its_name_or_behind_all(tmp_path: Path) -> None:
    rows = [stored("new", {"models": ["m"]}), stored("other", {"fallbacks": True})]
    found = laid_over(file_of(tmp_path), rows, OFFER).policies
    assert [(one.name, one.fallbacks, one.models) for one in found] == [
        ("default", None, None), ("other", True, None), ("new", None, ("m",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"models": ["n"]}, "models[0]"),
        ({"model": ["m"]}, "model"),
        ({"guardrails": [{"mode": "block"}]}, "guardrails[0]"),
        ({"guardrails": [{"id": "words", "mode": "shred"}]}, "guardrails[0].mode"),
        ({"attach": "acme"}, "attach"),
        ({"upstream_keys": ["echo"]}, "upstream_keys[0]"),
        ({"retention_days": 0}, "retention_days"),
        ({"assumed_max_tokens": 0}, "assumed_max_tokens"),
    ],
)
def test_what_is_wrong_is_told_by_policy_and_field(tmp_path: Path, document: dict[str, Any], field: str) -> None:
    assert refused(tmp_path, stored("mine", document)) == [("policy mine", field)]


def test_a_name_within_the_document_counts_for_nothing(tmp_path: Path) -> None:
    found = laid_over(file_of(tmp_path), [stored("mine", {"name": "default"})], OFFER)
    assert [one.name for one in found.policies] == ["default", "other", "mine"]


def test_a_document_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert depth(deep) == DEEPEST + 1
    assert refused(tmp_path, stored("mine", {"models": deep})) == [("policy mine", "")]
