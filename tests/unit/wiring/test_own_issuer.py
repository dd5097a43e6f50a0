"""The row of our own tokens is found, or made beside the others."""

from __future__ import annotations

from torana.wiring.nodes import from_plain
from torana.wiring.own_issuer import own_row
from torana.wiring.problems import Place

HERE = Place("test")


def test_a_row_that_is_there_is_taken() -> None:
    root = from_plain({"auth": {"jwt": [{"issuer": "x"}, {"issuer": "torana", "algorithm": "HS512"}]}}, HERE)
    found = own_row(root, HERE).child("algorithm")
    assert found is not None
    assert found.value == "HS512"


def test_a_missing_row_is_made_once_beside_the_others() -> None:
    for tree in ({}, {"auth": None}, {"auth": {"jwt": []}}, {"auth": {"jwt": [{"issuer": "x"}, "nonsense"]}}):
        root = from_plain(tree, HERE)
        made = own_row(root, HERE)
        assert own_row(root, HERE) is made
