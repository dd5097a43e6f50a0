"""Golden imports: source → our file and report, byte for byte; every one loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.imports.offer import KINDS, NOT_YET
from torana.wiring.imports.check import loaded
from torana.wiring.imports.draft import Imported
from torana.wiring.imports.litellm import import_litellm
from torana.wiring.imports.portkey import import_portkey
from torana.wiring.problems import ConfigError

GOLDEN = Path(__file__).parents[3] / "golden" / "import"
CASES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())


def imported(case: Path) -> Imported:
    litellm = case / "litellm.yaml"
    if litellm.exists():
        return import_litellm(litellm.read_bytes(), "litellm.yaml", KINDS, NOT_YET)
    return import_portkey((case / "portkey.json").read_bytes(), "portkey.json", KINDS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_golden_case_comes_out_as_written_and_loads(case: Path) -> None:
    result = imported(case)
    assert result.text == (case / "torana.yaml").read_text(encoding="utf-8")
    assert result.findings.text() == (case / "report.txt").read_text(encoding="utf-8")
    assert loaded(result, KINDS).settings.providers


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_secret_that_is_written_out_is_repeated(case: Path) -> None:
    result = imported(case)
    said = result.text + result.findings.text() + repr(result.needs)
    assert "written-out" not in said
    assert "password" not in said


def test_there_are_cases_of_both() -> None:
    assert len(CASES) >= 5
    assert {path.name for case in CASES for path in case.iterdir()} == {
        "litellm.yaml", "portkey.json", "torana.yaml", "report.txt",
    }  # fmt: skip


def test_a_result_that_does_not_load_is_seen() -> None:
    result = imported(CASES[0])
    with pytest.raises(ConfigError):
        loaded(result._replace(text="models: 3\n"), KINDS)
