"""What commands say, and where."""

from __future__ import annotations

import pytest

from torana.wiring.cli.say import refuse, say, table
from torana.wiring.problems import ConfigError, Place, Problem


def test_results_go_to_standard_output_and_all_else_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say("result")
    say("remark", err=True)
    assert capsys.readouterr() == ("result\n", "remark\n")


def test_a_refused_configuration_is_said_problem_by_problem(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(Place("f", 1, 2), "a", "wrong")
    assert refuse(ConfigError([problem, problem], [problem._replace(level="warning")])) == 1
    assert capsys.readouterr().err.splitlines() == [
        "f:1:2: warning: a: wrong", "f:1:2: error: a: wrong", "f:1:2: error: a: wrong", "2 errors; nothing was done",
    ]  # fmt: skip


def test_columns_of_a_table_line_up() -> None:
    assert table(["a", "bb"], [["ccc", "d"], ["", "e"]]) == "a    bb\nccc  d\n     e"
