"""An answer that is not JSON of the schema is found whole; a schema that is none is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from torana.guardrails import schema
from torana.guardrails.schema import Settings
from torana.ports.guardrail import Finding

NUMBER: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}


def fits(text: str, *, fenced: bool = True, is_a: dict[str, Any] = NUMBER) -> bool:
    found = schema.open(Settings(schema=is_a, fenced=fenced)).check(text)
    assert found in ((), (Finding("schema_violation", 0, len(text)),))
    return not found


@pytest.mark.parametrize("text", ['{"n": 1}', ' {"n": 1.5, "more": null}\n', '{"n": 1e9}'])
def test_json_of_the_schema_passes(text: str) -> None:
    assert fits(text)


@pytest.mark.parametrize(
    "text", ["{}", '{"n": "1"}', "[1]", "null", "n = 1", '{"n": 1} thanks', '{"n": NaN}', "{'n': 1}"]
)
def test_anything_else_is_found(text: str) -> None:
    assert not fits(text)


def test_a_code_fence_alone_around_it_is_nothing_where_that_is_allowed() -> None:
    assert fits('```json\n{"n": 1}\n```')
    assert not fits('```json\n{"n": 1}\n```', fenced=False)
    assert not fits('Here:\n```json\n{"n": 1}\n```')


@pytest.mark.parametrize("text", ["[" * 100_000, '{"n":' * 300 + "1" + "}" * 300, "9" * 10_000])
def test_nesting_and_numbers_beyond_all_measure_are_found_not_raised(text: str) -> None:
    assert not fits(text)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"type": "objekt"}, "/type"),
        ({"properties": {"a": {"pattern": "("}}}, "/properties/a/pattern"),
        ({"$ref": "http://127.0.0.1:9/other.json"}, "disabled"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place_and_nothing_is_fetched(wrong: dict[str, Any], place: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=place):
        msgspec.convert({"schema": wrong}, Settings)


def test_an_answer_is_held_until_it_is_whole() -> None:
    assert schema.open(Settings(schema=NUMBER)).tail('{"n": 1}') == 0
