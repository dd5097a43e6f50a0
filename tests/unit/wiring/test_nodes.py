"""Nodes: how plain texts are typed, and how overlays change a tree."""

from __future__ import annotations

import pytest

from torana.wiring.nodes import append_at, from_plain, plain, put, scalar, set_at, typed
from torana.wiring.problems import Place
from torana.wiring.settings_read import as_plain

FILE, OVER = Place("file", 1, 1), Place("over")


@pytest.mark.parametrize(("text", "value"), [("8", 8), ("-1.5", -1.5), ("", None), ("yes", "yes"), ("1.2.3", "1.2.3")])
def test_a_plain_text_is_typed(text: str, value: object) -> None:
    assert typed(text) == value


def test_a_value_is_set_below_mappings_that_are_made_when_missing() -> None:
    root = from_plain({"a": {"b": 1}, "e": None}, FILE)
    for path in (("a", "c"), ("d", "x", "y"), ("e", "f")):
        set_at(root, path, scalar(2, OVER))
    assert as_plain(root) == {"a": {"b": 1, "c": 2}, "d": {"x": {"y": 2}}, "e": {"f": 2}}
    assert root.child("a").keys["c"] == OVER  # type: ignore[union-attr]


def test_what_is_no_mapping_on_the_way_is_left_for_the_binder() -> None:
    root = from_plain({"a": [1]}, FILE)
    set_at(root, ("a", "b"), scalar(2, OVER))
    put(scalar(1, FILE), "x", scalar(2, OVER))
    assert as_plain(root) == {"a": [1]}


def test_items_are_added_to_a_list_that_is_made_when_missing() -> None:
    root = from_plain({"a": [1], "b": None, "c": "no list"}, FILE)
    for key in "abcd":
        append_at(root, key, [plain("2", OVER)])
    append_at(root, "e", [])
    assert as_plain(root) == {"a": [1, 2], "b": [2], "c": "no list", "d": [2]}


def test_only_plain_values_become_nodes() -> None:
    with pytest.raises(TypeError, match="no setting is a set"):
        from_plain({"a": {1}}, FILE)
