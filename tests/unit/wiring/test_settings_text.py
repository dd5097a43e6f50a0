"""Settings shown to people: no secret in them, and differences by the names of rows."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.unit.wiring.offer import read, written
from torana.wiring.settings_text import differences, shown

TEXT = """
keys: [{name: one, key: sk-secret-key-of-one}]
providers:
  - {id: a, kind: rented, credentials: [{api_key: sk-secret-provider}]}
  - {id: e, kind: echo}
models:
  - {name: m, deployments: [{provider: e, model: m}], prices: {input: "0.15", output: 1}}
"""


def test_what_is_shown_is_yaml_without_a_secret_and_reads_as_the_file_did(tmp_path: Path) -> None:
    settings = read(written(tmp_path, TEXT)).settings
    text = shown(settings)
    assert "sk-secret" not in text
    back = yaml.safe_load(text)
    assert back["providers"][0]["credentials"] == [{"api_key": "***", "weight": 1}]
    assert back["models"][0]["prices"]["input"] == "0.15"
    assert back["server"]["port"] == 8000


def test_what_is_shown_is_a_configuration_again(tmp_path: Path) -> None:
    settings = read(written(tmp_path, TEXT)).settings
    again = written(tmp_path, shown(settings).replace("'***'", "sk-put-in-by-hand"))
    assert differences(settings, read(again).settings) != []
    assert read(again).settings.models == settings.models


def test_rows_are_compared_by_name_whatever_their_order(tmp_path: Path) -> None:
    old = read(written(tmp_path, TEXT)).settings
    moved = TEXT.replace("  - {id: e, kind: echo}\n", "").replace(
        "providers:\n", "providers:\n  - {id: e, kind: echo}\n"
    )
    assert differences(old, read(written(tmp_path, moved)).settings) == []


def test_a_changed_secret_is_a_difference_and_is_not_shown(tmp_path: Path) -> None:
    old = read(written(tmp_path, TEXT)).settings
    new = read(
        written(tmp_path, TEXT.replace("sk-secret-provider", "sk-secret-changed") + "server: {port: 1}\n")
    ).settings
    lines = differences(old, new)
    assert [line.partition(":")[0] for line in lines] == [
        "- server.port", "+ server.port", "- providers[a].credentials[0].api_key", "+ providers[a].credentials[0].api_key",
    ]  # fmt: skip
    assert "sk-secret" not in "".join(lines)


def test_rows_that_came_and_went_are_named(tmp_path: Path) -> None:
    old = read(written(tmp_path, TEXT)).settings
    new = read(written(tmp_path, TEXT.replace("{name: one,", "{name: two,"))).settings
    lines = differences(old, new)
    assert any(line.startswith("- keys[one].name") for line in lines)
    assert any(line.startswith("+ keys[two].name") for line in lines)
