"""The last shape of a schema: types in the words of the level, choices alone, objects closed."""

from __future__ import annotations

import pytest

from torana.dialects.schema_finish import Finish
from torana.dialects.schema_joins import Joins
from torana.dialects.schema_table import LEVELS


def finish(level: str) -> tuple[Finish, Joins]:
    joins = Joins()
    return Finish(LEVELS[level], joins), joins


def test_a_choice_with_null_of_one_branch_is_that_branch_or_null() -> None:
    made, joins = finish("gemini_parameters")
    given = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}], "description": "d"}
    wanted = {"type": "array", "items": {"type": "string"}, "nullable": True, "description": "d"}
    assert made.finished(given, ("x",)) == wanted
    assert joins.names() == ()


def test_null_is_not_allowed_by_a_branch_when_the_type_beside_it_forbids_it() -> None:
    made, _ = finish("gemini_parameters")
    given = {"type": "string", "anyOf": [{"minLength": 1}, {"type": "null"}]}
    assert made.finished(given, ("x",)) == {"type": "string", "minLength": 1}


def test_what_stands_beside_a_choice_goes_into_every_branch() -> None:
    made, joins = finish("gemini_parameters")
    given = {
        "type": "object", "description": "outer", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "anyOf": [{"required": ["a"], "description": "own"}, {"required": ["b"]}],
    }  # fmt: skip
    done = made.finished(given, ("x",))
    assert set(done) == {"anyOf"}
    assert [branch["required"] for branch in done["anyOf"]] == [["a"], ["b"]]
    assert [branch["description"] for branch in done["anyOf"]] == ["own", "outer"]
    assert joins.names() == ("/x/description",)


def test_several_types_beside_a_choice_are_named() -> None:
    made, joins = finish("cohere_output")
    assert made.finished({"type": ["string", "null"], "anyOf": [{}]}, ("x",)) == {"anyOf": [{}]}
    assert joins.names() == ("/x/type",)


def test_values_that_no_type_allows_are_named() -> None:
    made, joins = finish("gemini_parameters")
    assert made.finished({"type": "string", "enum": [None]}, ("x",)) == {"type": "string"}
    assert joins.names() == ("/x/enum",)


def test_what_is_required_must_be_there() -> None:
    made, joins = finish("gemini_parameters")
    given = {"type": "object", "properties": {"a": {}}, "required": ["a", "b"]}
    assert made.finished(given, ("x",))["required"] == ["a"]
    assert joins.names() == ("/x/required",)


def test_a_root_of_another_type_is_refused() -> None:
    made, _ = finish("bedrock_tools")
    with pytest.raises(ValueError, match="object"):
        made.finished({"type": "string"})
