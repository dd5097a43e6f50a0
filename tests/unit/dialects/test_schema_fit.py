"""Schemas reach a target in the form it takes, and what was lost is named."""

from __future__ import annotations

import json

import pytest

from torana.core.errors import GatewayError
from torana.core.events import Format, Request, Text, Tool, Turn
from torana.dialects.schema_fit import LONGEST_KEPT, fit_of, fitted, told
from torana.dialects.schema_table import LEVELS
from torana.dialects.translation import CODECS

BOUNDED = b'{"type":"object","properties":{"a":{"type":"string","minLength":3}},"required":["a"],"additionalProperties":false}'
PLAIN = b'{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'
ASKED = Request("m", (Turn("user", (Text("x"),)),))


def formed(schema: bytes = BOUNDED, strict: bool | None = None) -> Request:
    return ASKED._replace(format=Format("schema", "s", schema, strict))


def tooled(schema: bytes = BOUNDED, strict: bool | None = None) -> Request:
    return ASKED._replace(tools=(Tool("get", "", schema, strict),))


def test_every_level_that_is_named_is_in_the_table() -> None:
    for dialect in (*CODECS, "bedrock_converse", "cohere_chat"):
        for model in ("m", "anthropic.claude-x"):
            assert {level for level in fit_of(dialect, model) if level} <= LEVELS.keys()


def test_a_bound_that_claude_does_not_take_is_taken_out_and_named_by_its_place() -> None:
    found = fitted(formed(), "anthropic_messages", "claude-opus-4-6")
    assert found.request.format is not None
    assert json.loads(found.request.format.schema) == json.loads(PLAIN)
    assert found.dropped == ("response_format#/properties/a/minLength",)


def test_what_a_tool_lost_is_named_with_the_tool() -> None:
    assert fitted(tooled(strict=True), "anthropic_messages", "c").dropped == ("tools.get#/properties/a/minLength",)


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses"])
def test_openai_binds_only_who_asks_for_strict(dialect: str) -> None:
    loose = b'{"type":"object","properties":{"a":{"type":"string"}}}'
    for request in (formed(loose), tooled(loose)):
        assert fitted(request, dialect, "gpt").request is request
    strict = fitted(formed(loose, strict=True), dialect, "gpt").request.format
    assert strict is not None
    assert json.loads(strict.schema) == json.loads(PLAIN)


def test_a_request_whose_schemas_fit_stays_the_same_object() -> None:
    for request in (ASKED, formed(PLAIN), tooled(PLAIN), ASKED._replace(format=Format("json"))):
        for dialect in CODECS:
            found = fitted(request, dialect, "m")
            assert found.request is request
            assert found.dropped == ()


@pytest.mark.parametrize(("model", "kept"), [("eu.anthropic.claude-opus-4-5", True), ("amazon.nova-pro-v1:0", False)])
def test_on_bedrock_the_model_says_what_its_tools_take(model: str, kept: bool) -> None:
    request = tooled(b'{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string"}}}')
    assert (fitted(request, "bedrock_converse", model).request is request) is kept


def test_a_schema_too_long_to_be_remembered_is_levelled_all_the_same() -> None:
    long = BOUNDED.replace(b'"a"', b'"' + b"a" * LONGEST_KEPT + b'"')
    assert fitted(formed(long), "anthropic_messages", "c").dropped[0].endswith("/minLength")


@pytest.mark.parametrize("schema", [b"[]", b'{"type":', b'{"a":' * 200 + b"1" + b"}" * 200])
def test_a_schema_that_no_target_could_keep_is_refused_by_the_place_it_stands_at(schema: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        fitted(formed(schema), "gemini_content", "g")
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", "response_format")


def test_names_in_a_header_are_ascii_in_one_line_and_not_without_end() -> None:
    assert told(("a b", "tools[0].x (y)", "ü\r\nx: y,")) == "a b, tools[0].x (y), %C3%BC%0D%0Ax: y%2C"
    many = told(tuple(f"member{number}" for number in range(1000)))
    assert len(many) < 2100
    assert many.endswith("more")
