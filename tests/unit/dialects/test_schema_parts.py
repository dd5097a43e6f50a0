"""The small decisions: where references lead, what two values have in common, which schemas exclude each other."""

from __future__ import annotations

from typing import Any

import pytest

from torana.dialects.schema_parts import exclusive, fits, joined, target_of, types_of

ROOT: dict[str, Any] = {"$defs": {"a/b": {"x": 1}, "c d": [True, {"y": 2}]}}


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("#", (ROOT, ())), ("#/$defs/a~1b/x", (1, ("$defs", "a/b", "x"))), ("#/%24defs/c%20d/1", ({"y": 2}, ("$defs", "c d", "1"))),
        ("#/$defs/c%20d/2", None), ("#/$defs/c%20d/-1", None), ("#anchor", None), ("other#/a", None), (7, None), ("", None),
    ],
)  # fmt: skip
def test_a_reference_leads_into_the_document_or_nowhere(reference: object, found: object) -> None:
    assert target_of(ROOT, reference) == found


def test_types_are_read_once_each_whatever_their_case() -> None:
    assert types_of({"type": ["STRING", "string", "null", "what", 3]}) == ("string", "null")
    assert types_of({}) == ()


@pytest.mark.parametrize(
    ("keyword", "one", "two", "both"),
    [
        ("required", ["a"], ["b", "a"], ["a", "b"]), ("type", "number", "integer", "integer"),
        ("type", ["string", "null"], "null", "null"), ("type", "string", "null", None), ("enum", [1, True, "a"], ["a", True], [True, "a"]),
        ("enum", ["a"], ["b"], None), ("minimum", 1, 2, 2), ("maxLength", 1, 2, 1), ("pattern", "a", "b", None), ("minimum", 1, "2", None),
    ],
)  # fmt: skip
def test_two_values_have_one_in_common_or_none(keyword: str, one: object, two: object, both: object) -> None:
    assert joined(keyword, one, two) == both


def test_a_whole_number_is_an_integer_whichever_way_it_is_written() -> None:
    assert fits(1.0, ("integer",))
    assert not fits(1.5, ("integer",))
    assert not fits(True, ("integer", "number"))


def tagged(value: object, required: bool = True) -> dict[str, object]:
    return {"type": "object", "properties": {"k": {"const": value}}, "required": ["k"] if required else []}


@pytest.mark.parametrize(
    ("schemas", "apart"),
    [
        ([{"type": "string"}, {"type": "null"}], True), ([{"type": "integer"}, {"type": "number"}], False),
        ([{"type": "string"}, {}], False), ([tagged("a"), tagged("b")], True), ([tagged("a"), tagged("a")], False),
        ([tagged("a"), tagged("b", required=False)], False), ([tagged(1), tagged(1.0)], False),
        ([{"enum": ["a", "b"]}, {"const": "c"}], True), ([{"enum": ["a", "b"]}, {"const": "b"}], False), ([{}], True), ([{}, True], False),
    ],
)  # fmt: skip
def test_schemas_exclude_each_other_only_when_it_is_sure(schemas: list[object], apart: bool) -> None:
    assert exclusive(schemas) is apart
