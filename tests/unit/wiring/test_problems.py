"""Problems: how they read, where they are said to be, what they suggest."""

from __future__ import annotations

import pytest

from torana.wiring.problems import ConfigError, Place, Problem, Report, did_you_mean, dotted


def test_a_problem_reads_like_a_compiler_s() -> None:
    problem = Problem(Place("f.yaml", 3, 7), "a.b[0]", "wrong", "do this")
    assert str(problem) == "f.yaml:3:7: error: a.b[0]: wrong (do this)"
    assert (problem.file, problem.line, problem.column) == ("f.yaml", 3, 7)
    assert str(Problem(Place("environment X"), "", "wrong", level="warning")) == "environment X: warning: wrong"
    assert str(Place(".env", 4)) == ".env:4"


def test_paths_are_dotted() -> None:
    assert dotted(("models", 0, "deployments", 1, "provider")) == "models[0].deployments[1].provider"
    assert dotted(()) == ""


def test_suggestions_are_near_names_or_a_short_list() -> None:
    assert did_you_mean("wieghted", ["weighted", "priority"]) == 'did you mean "weighted"?'
    assert did_you_mean("HOST", ["host"]) == 'did you mean "host"?'
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", [str(n) * 3 for n in range(20)]) == ""
    assert did_you_mean("zzz", []) == ""


def test_a_path_that_was_not_written_stands_where_its_parent_does() -> None:
    report = Report("f")
    report.places[("a",)] = Place("f", 2, 1)
    report.error(("a", "b", 0), "wrong")
    report.error(("z",), "wrong")
    assert [str(problem.place) for problem in report.errors] == ["f:2:1", "f"]


def test_errors_are_raised_by_place_and_each_once() -> None:
    report = Report("f")
    for line in (9, 2, 9):
        report.error(("a",), "wrong", place=Place("f", line, 1))
    report.error((), "elsewhere", place=Place("environment A"))
    report.warn((), "only a warning")
    with pytest.raises(ConfigError) as refused:
        report.raise_errors()
    assert [problem.line for problem in refused.value.problems] == [2, 9, 0]
    assert [problem.message for problem in refused.value.warnings] == ["only a warning"]


def test_warnings_alone_raise_nothing() -> None:
    report = Report("f")
    report.warn((), "only a warning")
    report.raise_errors()


def test_what_is_wrong_below_a_path_is_known() -> None:
    report = Report("f")
    report.error(("limits", 1, "per"), "wrong")
    assert report.wrong_within(("limits", 1))
    assert report.wrong_within(("limits",))
    assert not report.wrong_within(("limits", 11))
    assert not report.wrong_within(("limit",))
    assert report.wrong_at(("limits", 1, "per"))
    assert not report.wrong_at(("limits", 1))
