"""A source knows what nobody has looked at, and reads numbers exactly."""

from __future__ import annotations

from decimal import Decimal

from torana.wiring.imports.source import Source
from torana.wiring.yaml_text import read_yaml


def source(text: str) -> Source:
    return Source(read_yaml(text.encode(), "f"))


def test_what_was_not_read_is_known_by_its_path() -> None:
    root = source("a: {b: 1, c: [2, {d: 3}]}\ne: 4\nf: null\ng: []\n")
    a = root.get("a")
    assert a is not None
    b = a.get("b")
    assert b is not None
    assert b.text() == "1"
    assert [one.at for one in root.unread()] == ["a.c[0]", "a.c[1].d", "e"]
    a.whole()
    assert [one.at for one in root.unread()] == ["e"]


def test_numbers_are_exact_and_only_numbers() -> None:
    root = source("a: 0.1\nb: '1e-7'\nc: true\nd: x\ne: 3.0\nf: 1e99\n")
    found = {name: (one.number(), one.count()) for name, one in root.entries()}
    assert found["a"] == (Decimal("0.1"), None)
    assert found["b"][0] == Decimal("1e-7")
    assert found["c"] == found["d"] == (None, None)
    assert found["e"] == (Decimal("3.0"), 3)
    assert found["f"] == (None, None)
