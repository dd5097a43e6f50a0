"""``torana config import-litellm`` and ``import-portkey``: where results go, and what the exit codes say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.wiring.cli.conftest import Run

GOOD = "model_list: [{model_name: m, litellm_params: {model: groq/x, api_key: os.environ/MY_KEY}}]\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(GOOD)
    return path


def test_the_result_is_on_standard_output_and_the_report_beside_it(run: Run, source: Path) -> None:
    ran = run("config", "import-litellm", "config.yaml")
    assert ran.code == 0
    assert "models:\n  - name: m\n" in ran.out
    assert ran.err.startswith("2 carried, 0 changed, 0 lost\n")


def test_the_result_is_a_good_configuration(run: Run, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("config", "import-litellm", "config.yaml", "--out", "torana.yaml").code == 0
    assert run("config", "check").code == 1
    monkeypatch.setenv("MY_KEY", "some-key")
    assert run("config", "check").code == 0


def test_what_was_lost_is_an_exit_code_and_a_report(run: Run, source: Path, tmp_path: Path) -> None:
    source.write_text(GOOD + "guardrails: [{guardrail_name: pii}]\n")
    ran = run("config", "import-litellm", "config.yaml", "--out", "new.yaml", "--report", "report.txt")
    assert (ran.code, ran.out) == (1, "")
    assert (tmp_path / "report.txt").read_text() == ran.err
    assert 'guardrails[0]\n    the guardrail "pii"' in ran.err


@pytest.mark.parametrize("option", ["--out", "--report"])
def test_no_file_is_written_over(run: Run, source: Path, option: str) -> None:
    ran = run("config", "import-litellm", "config.yaml", option, "config.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "is there already" in ran.err
    assert source.read_text() == GOOD


@pytest.mark.parametrize("content", [None, "a: [", "\x00"])
@pytest.mark.parametrize("way", ["import-litellm", "import-portkey"])
def test_a_file_that_cannot_be_read_is_wrong_use(run: Run, tmp_path: Path, way: str, content: str | None) -> None:
    if content is not None:
        (tmp_path / "bad").write_text(content)
    ran = run("config", way, "bad")
    assert (ran.code, ran.out) == (2, "")
    assert "bad" in ran.err


def test_a_folder_that_is_not_there_is_said(run: Run, source: Path) -> None:
    ran = run("config", "import-litellm", "config.yaml", "--out", "nowhere/torana.yaml")
    assert ran.code == 2
    assert "nowhere" in ran.err


def test_a_portkey_config_gets_the_name_it_is_given(run: Run, tmp_path: Path) -> None:
    (tmp_path / "portkey.json").write_text(json.dumps({"provider": "groq", "api_key": "gsk-written-out"}))
    ran = run("config", "import-portkey", "portkey.json", "--model", "fast")
    assert ran.code == 0
    assert "name: fast" in ran.out
    assert "written-out" not in ran.out + ran.err
