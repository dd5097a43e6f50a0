"""Gemini's own schemas as JSON Schema, and names with underscores as the API's own."""

from __future__ import annotations

import json

import pytest

from torana.dialects.codecs.gemini_schema import camelled, json_schema


@pytest.mark.parametrize(
    ("own", "plain"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": "INTEGER", "nullable": True}, {"type": ["integer", "null"]}),
        ({"type": "STRING", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"anyOf": [{"type": "STRING"}], "nullable": True}, {"anyOf": [{"anyOf": [{"type": "string"}]}, {"type": "null"}]}),
        ({"type": "ARRAY", "items": {"type": "NUMBER"}, "maxItems": "3"}, {"type": "array", "items": {"type": "number"}, "maxItems": 3}),
        (
            {"type": "OBJECT", "properties": {"max_items": {"type": "STRING"}}, "property_ordering": ["max_items"]},
            {"type": "object", "properties": {"max_items": {"type": "string"}}},
        ),
    ],
)  # fmt: skip
def test_own_schemas(own: dict, plain: dict) -> None:
    assert json.loads(json_schema(json.dumps(own).encode())) == plain


@pytest.mark.parametrize("schema", [b'{ "type": "object" }', b"half", b"true"])
def test_what_needs_no_change_stays_byte_for_byte(schema: bytes) -> None:
    assert json_schema(schema) is schema


def test_names_change_but_for_what_is_the_callers_own() -> None:
    body = b'{"generation_config":{"top_p":1},"contents":[{"parts":[{"function_call":{"args":{"a_b":1}}}]}]}'
    assert json.loads(camelled(body)) == {
        "generationConfig": {"topP": 1},
        "contents": [{"parts": [{"functionCall": {"args": {"a_b": 1}}}]}],
    }


def test_a_body_without_underscores_is_the_same_object() -> None:
    body = b'{"generationConfig":{}}'
    assert camelled(body) is body
