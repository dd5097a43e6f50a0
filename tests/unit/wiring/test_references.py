"""References: what they expand to, and that no text whatever breaks them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.wiring.nodes import from_plain, mapping, plain
from torana.wiring.problems import Place, Report
from torana.wiring.references import expand, expand_tree

VALUES = {"A": "one", "B": "two", "EMPTY": "", "TRICK": "${A} $${ }", "data_dir": "./data"}
HERE = Place("f", 1, 1)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
HARMLESS = st.text(st.characters(exclude_characters="${}", exclude_categories=["Cs"]), max_size=20)


def out(text: str) -> str:
    expanded = expand(text, VALUES.get)
    assert expanded.faults == ()
    return expanded.text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", ""),
        ("plain $A {A} $ $$ }", "plain $A {A} $ $$ }"),
        ("${A}", "one"),
        ("x${A}y${B}z", "xoneytwoz"),
        ("${A:-no}", "one"),
        ("${EMPTY:-yes}", "yes"),
        ("${EMPTY}", ""),
        ("${NONE:-}", ""),
        ("${NONE:-a:b-c}", "a:b-c"),
        ("${NONE:-${B}}", "two"),
        ("${NONE:-${ALSO:-x${A}}}!", "xone!"),
        ("$${A}", "${A}"),
        ("${data_dir}/a.jsonl", "./data/a.jsonl"),
    ],
)
def test_a_text_expands(text: str, result: str) -> None:
    assert out(text) == result


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${NONE}", "the environment variable NONE is not set"),
        ("${A", "not closed"),
        ("${A:-x", "not closed"),
        ("${}", "not followed by a name"),
        ("${1A}", "not followed by a name"),
        ("${A:?x}", "inside a reference"),
        ("${A B}", "inside a reference"),
        ("${NONE:-${ALSO}}", "ALSO is not set"),
        ("${N:-" * 9 + "}" * 9, "nested deeper"),
    ],
)
def test_a_wrong_reference_is_said(text: str, message: str) -> None:
    faults = expand(text, VALUES.get).faults
    assert len(faults) == 1
    assert message in faults[0][0]


def test_a_default_that_is_not_needed_is_not_judged() -> None:
    assert out("${A:-${NONE}}") == "one"


def test_an_unset_name_suggests_a_near_one() -> None:
    (fault,) = expand("${OPENAI_KEY}", {}.get, {"OPENAI_API_KEY": "sk"}).faults
    assert fault == ("the environment variable OPENAI_KEY is not set", 'did you mean "OPENAI_API_KEY"?')


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    expanded = expand(text, VALUES.get)
    assert expanded.used == ("${" in text)


@given(HARMLESS, NAMES, st.text(), HARMLESS)
def test_what_a_name_holds_arrives_as_it_is_and_is_not_read_again(a: str, name: str, value: str, b: str) -> None:
    assert expand(f"{a}${{{name}}}{b}", {name: value}.get).text == a + value + b


@given(HARMLESS, NAMES, HARMLESS)
def test_a_default_stands_in_for_a_name_that_is_unset_or_empty(default: str, name: str, after: str) -> None:
    assert expand(f"${{{name}:-{default}}}{after}", {}.get).text == default + after
    assert expand(f"${{{name}:-{default}}}{after}", {name: ""}.get).text == default + after


@given(HARMLESS)
def test_a_text_without_references_is_untouched(text: str) -> None:
    assert expand(text, VALUES.get) == (text, False, ())


def test_an_unquoted_text_takes_its_type_from_what_the_reference_gave() -> None:
    root = mapping(HERE, {"port": plain("${PORT:-8000}", HERE), "text": from_plain("${PORT:-8000}", HERE)})
    tree = expand_tree(root, {}, {}, Report("f"))
    assert (tree.value["port"].value, tree.value["text"].value) == (8000, "8000")  # type: ignore[index]


def test_secret_stores_are_refused_and_their_paths_not_repeated() -> None:
    report = Report("f")
    expand_tree(from_plain({"a": ["vault:secret/x#y", "aws-sm:x#y"]}, HERE), {}, {}, report)
    assert [problem.path for problem in report.errors] == ["a[0]", "a[1]"]
    assert "secret/x" not in str(report.errors)


def test_expanding_leaves_the_first_tree_as_it_was() -> None:
    root = from_plain({"a": ["${A}"], "b": {"c": "${A}"}}, HERE)
    expand_tree(root, {"A": "x"}, {}, Report("f"))
    assert root.value["a"].value[0].value == "${A}"  # type: ignore[index,union-attr]
