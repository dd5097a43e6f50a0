"""YAML to Nodes: places, types, bounds; syntax errors as golden configurations show them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.wiring.nodes import Node
from torana.wiring.problems import ConfigError
from torana.wiring.settings_read import as_plain
from torana.wiring.yaml_text import MAX_BYTES, read_yaml


def node(text: str) -> Node:
    return read_yaml(text.encode(), "f")


def test_every_value_and_key_knows_its_line_and_column() -> None:
    root = node("a:\n  b: 1\n  c: [x, {d: y}]\n")
    inner = root.child("a")
    assert inner is not None
    assert inner.keys["c"][1:] == (3, 3)
    assert inner.child("b").place[1:] == (2, 6)  # type: ignore[union-attr]
    items = inner.child("c").value  # type: ignore[union-attr]
    assert items[1].child("d").place[1:] == (3, 14)  # type: ignore[union-attr,index]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("012", 12), ("2026-06-01", "2026-06-01"), ("1:30", "1:30"), ("~", None), ("null", None),
        ("True", True), ("1e3", 1000.0), (".5", 0.5), ("0x10", "0x10"), ("'8'", "8"), ('"~"', "~"), ("|-\n  a\n  b", "a\nb"),
        ("1_000", "1_000"), ("=", "="),
    ],
)  # fmt: skip
def test_plain_values_follow_yaml_1_2(text: str, value: object) -> None:
    assert as_plain(node(f"a: {text}"))["a"] == value


def test_anchors_and_merges_are_read_and_what_is_written_beside_a_merge_wins() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {z: 3}\none: {<<: *b, y: 5}\ntwo: {<<: [*b, *m]}\nlist: [*m]\n"
    assert as_plain(node(text))["one"] == {"x": 1, "y": 5}
    assert as_plain(node(text))["two"] == {"x": 1, "y": 2, "z": 3}
    assert as_plain(node(text))["list"] == [{"z": 3}]


def test_an_anchor_does_not_reach_a_value_that_stands_before_it() -> None:
    with pytest.raises(ConfigError, match=r"no anchor &b stands before"):
        node("a: *b\nb: &b 1")


def test_a_byte_order_mark_is_no_character() -> None:
    assert as_plain(read_yaml("\ufeffa: 1".encode(), "f")) == {"a": 1}


def test_a_file_beyond_the_bound_is_not_parsed() -> None:
    with pytest.raises(ConfigError, match="at most"):
        read_yaml(b"#" * (MAX_BYTES + 1), "f")


def test_ten_thousand_brackets_are_refused_without_recursion() -> None:
    with pytest.raises(ConfigError, match="nested deeper"):
        node("a: " + "[" * 10_000)
    with pytest.raises(ConfigError, match="nested deeper"):
        node("\n".join(f"{' ' * depth}a:" for depth in range(3000)))


def test_aliases_cannot_nest_deeper_than_text_can() -> None:
    rows = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200)]
    with pytest.raises(ConfigError, match="nested deeper"):
        node("\n".join(rows))


@pytest.mark.parametrize("text", ["? [a]\n: b", "{[a]: b}", "? {a: b}\n: c"])
def test_a_key_must_be_a_text(text: str) -> None:
    with pytest.raises(ConfigError, match="a key must be a text"):
        node(text)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        read_yaml(data, "f")
    except ConfigError as refused:
        assert refused.problems


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"], exclude_characters="\ufeff"), max_size=8
)
KEYS = TEXT.filter(lambda key: key != "<<")
"""In YAML that key merges mappings, as an anchor's user expects: the one place where JSON is not read as itself."""
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.floats(-1e9, 1e9), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_json_is_read_as_itself(value: dict[str, object]) -> None:
    assert as_plain(node(json.dumps(value, ensure_ascii=False))) == value
