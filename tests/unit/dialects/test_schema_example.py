"""schema_example: always a value, never an endless walk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.dialects.schema_example import MAX_LENGTH, example


@pytest.mark.parametrize(("schema", "value"), [
    ({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {}}}, {"a": 0}),
    ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [False, False]),
    ({"type": "array", "items": {}}, []),
    ({"enum": ["x", "y"]}, "x"), ({"const": None}, None), ({"type": ["null", "string"]}, ""),
    ({"type": "string", "minLength": 3}, "xxx"), ({"type": "integer", "minimum": 4, "multipleOf": 5}, 5),
    ({"type": "number", "exclusiveMinimum": 0}, 1), ({"type": "integer", "maximum": -2}, -2),
    ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}}, ""),
    ({"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"const": 1}}}]}, {"a": 1}),
    ({"$defs": {"n": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]}}, "$ref": "#/$defs/n"}, None),
    (
        {"$defs": {"n": {"type": "object", "required": ["next"], "properties": {"next": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]}}}},
         "$ref": "#/$defs/n"},
        {"next": None},
    ),
])  # fmt: skip
def test_a_value_for_a_schema(schema: dict, value: object) -> None:
    assert example(schema) == value


@pytest.mark.parametrize("schema", [
    {"$ref": "#"}, {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}, {"allOf": [{"$ref": "#"}]},
    {"type": "array", "minItems": 10**9, "items": {"type": "array", "minItems": 10**9}},
    {"$ref": "http://elsewhere.test/schema"}, None, 3, [], {"properties": 3, "type": "object", "required": 4},
])  # fmt: skip
def test_what_has_no_end_ends(schema: object) -> None:
    example(schema)


def test_lengths_are_bounded() -> None:
    assert len(str(example({"type": "string", "minLength": 10**9}))) == MAX_LENGTH


words = st.sampled_from([
    "type", "properties", "required", "items", "$ref", "anyOf", "allOf", "enum", "minItems", "minimum", "multipleOf", "maximum",
])  # fmt: skip
odd = st.recursive(
    st.none() | st.integers() | st.floats() | st.sampled_from(["object", "array", "#", "#/anyOf", "number", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
)


@given(odd)
def test_any_schema_gives_something(schema: object) -> None:
    example(schema)
