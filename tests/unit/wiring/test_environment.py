"""The environment and .env: which wins, how lines are read, which file is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.wiring.environment import Environ, config_path, place_of, read_dotenv, read_environment


def dotenv(text: str) -> Environ:
    environ = Environ()
    read_dotenv(text, ".env", environ)
    return environ


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"), ("A = b ", "b"), ("export A=b", "b"), ("A=", ""), ("A=b # why", "b"), ("A=b#c", "b#c"),
        ("A='b # c'", "b # c"), ('A="b\\n\\"c\\""', 'b\n"c"'), ("A='b\\n'", "b\\n"), ("A=# nothing", ""),
        ("A=${B}", "${B}"), ('A="x" # why', "x"), ("A=a=b", "a=b"), ('A="\\q"', "\\q"),
    ],
)  # fmt: skip
def test_a_line_is_read(line: str, value: str) -> None:
    assert dotenv(line) == {"A": value}


def test_comments_and_blank_lines_are_nothing_and_places_count_them() -> None:
    environ = dotenv("# a\n\nA=b\r\n  # c\nB=d\n")
    assert environ == {"A": "b", "B": "d"}
    assert str(place_of(environ, "B")) == ".env:5"


@pytest.mark.parametrize("line", ["just words", "A", "- A=b", "A='b", "1A=b"])
def test_a_line_that_is_no_setting_is_left_out_with_a_warning(line: str) -> None:
    environ = dotenv(f"{line}\nB=c")
    assert environ == {"B": "c"}
    assert [warning.line for warning in environ.warnings] == [1]


def test_a_warning_about_a_line_does_not_show_it() -> None:
    assert "sk-secret" not in str(dotenv("KEY='sk-secret").warnings[0])


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    dotenv(text)


def test_the_process_environment_goes_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    environ = read_environment(tmp_path, {"A": "process"})
    assert environ == {"A": "process", "B": "file"}
    assert str(place_of(environ, "A")) == "environment A"


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    assert read_environment(tmp_path, {"A": "b"}) == {"A": "b"}


def test_an_environment_is_not_printable() -> None:
    assert "sk-secret" not in repr(dotenv("KEY=sk-secret"))


def test_the_file_is_the_one_asked_for_then_the_named_then_the_one_here(tmp_path: Path) -> None:
    assert config_path(None, {}, tmp_path) is None
    (tmp_path / "torana.yaml").touch()
    assert config_path(None, {}, tmp_path) == tmp_path / "torana.yaml"
    assert config_path(None, {"TORANA_CONFIG": "named.yaml"}, tmp_path) == Path("named.yaml")
    assert config_path(Path("asked.yaml"), {"TORANA_CONFIG": "named.yaml"}, tmp_path) == Path("asked.yaml")
