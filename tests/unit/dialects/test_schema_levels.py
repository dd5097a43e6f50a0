"""Down-levelling of JSON schemas: what each level makes of a schema, what it names, and that nothing hostile gets far."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from torana.dialects.schema_levels import MAX_BYTES, levelled
from torana.dialects.schema_table import LEVELS

ALL = sorted(LEVELS)
TREE = {
    "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "n": {"type": "integer"}}}},
    "type": "object",
    "properties": {"head": {"$ref": "#/$defs/Node"}},
    "required": ["head"],
}


def made(schema: object, level: str) -> tuple[Any, tuple[str, ...]]:
    done = levelled(json.dumps(schema).encode(), level)
    return json.loads(done.schema), done.dropped


def prop(schema: object, level: str) -> tuple[Any, tuple[str, ...]]:
    """The levelled form of one required property's schema."""
    whole = {"type": "object", "properties": {"x": schema}, "required": ["x"], "additionalProperties": False}
    if not LEVELS[level].closed:
        del whole["additionalProperties"]
    done, dropped = made(whole, level)
    return done["properties"]["x"], dropped


# --- untouched bytes


@pytest.mark.parametrize("level", ALL)
def test_a_schema_that_fits_keeps_its_bytes(level: str) -> None:
    closed = ' "additionalProperties" :false,' if LEVELS[level].closed else ""
    text = ('{ "type":"object",' + closed + '"properties": {"a":\t{"type":"string"}}, "required":["a"]}').encode()
    assert levelled(text, level) == (text, ())


# --- references


@pytest.mark.parametrize("level", ["anthropic_output", "gemini_parameters", "bedrock_tools", "cohere_output"])
def test_a_cycle_is_cut_and_named_where_references_are_written_out(level: str) -> None:
    done, dropped = made(TREE, level)
    head = done["properties"]["head"]
    assert "$ref" not in json.dumps(done)
    assert "$defs" not in done
    assert head["properties"]["n"] == {"type": "integer"}
    assert head["properties"]["next"]["type"] == "object"
    assert "/$defs/Node/properties/next/$ref" in dropped


def test_references_and_cycles_stay_where_the_level_takes_them() -> None:
    done, dropped = made(TREE, "openai_strict")
    assert done["$defs"]["Node"]["properties"]["next"] == {"$ref": "#/$defs/Node"}
    assert done["$defs"]["Node"]["required"] == ["next", "n"]
    assert dropped == ()
    assert made(TREE, "gemini_json") == (TREE, ())


def test_what_stands_beside_a_reference_is_joined_with_its_target() -> None:
    schema = {
        "$defs": {"A": {"type": "string", "minLength": 2, "description": "of A"}},
        "type": "object",
        "properties": {"x": {"$ref": "#/$defs/A", "minLength": 5, "description": "mine"}},
    }
    done, dropped = made(schema, "gemini_parameters")
    assert done["properties"]["x"] == {"type": "string", "minLength": 5, "description": "mine"}
    assert dropped == ()


@pytest.mark.parametrize("reference", ["https://example.org/s.json", "#/$defs/None", "#nowhere", "file.json#/a"])
def test_a_reference_that_leads_nowhere_is_named_and_never_followed(reference: str) -> None:
    assert prop({"$ref": reference, "type": "string"}, "bedrock_tools") == ({"type": "string"}, ("/properties/x/$ref",))


def test_a_cycle_through_references_with_something_beside_them_is_cut() -> None:
    defs = {"a": {"$ref": "#/$defs/b", "minItems": 1}, "b": {"$ref": "#/$defs/a", "maxItems": 3, "type": "array"}}
    done, dropped = made({"$ref": "#/$defs/a", "$defs": defs}, "gemini_json")
    assert done.pop("$defs")["a"]["minItems"] == 1
    assert done == {"type": "array", "minItems": 1, "maxItems": 3}
    assert "/$defs/b/$ref" in dropped


def test_a_reference_at_the_root_is_written_out() -> None:
    done, _ = made({"$ref": "#/$defs/Node", "$defs": TREE["$defs"]}, "openai_strict")
    assert done["type"] == "object"
    assert done["properties"]["next"] == {"$ref": "#/$defs/Node"}


# --- choices


def test_one_of_becomes_any_of_and_is_named_unless_its_branches_exclude_each_other() -> None:
    loose = {"oneOf": [{"type": "string"}, {"type": "string", "maxLength": 3}]}
    assert prop(loose, "openai_strict")[1] == (
        "/properties/x/oneOf",
        "/properties/x/oneOf/1/maxLength",
    )
    exclusive = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    assert prop(exclusive, "openai_strict") == ({"anyOf": exclusive["oneOf"]}, ())


def test_a_tagged_union_loses_nothing() -> None:
    cat = {
        "type": "object",
        "properties": {"kind": {"const": "cat"}},
        "required": ["kind"],
        "additionalProperties": False,
    }
    dog = {**cat, "properties": {"kind": {"const": "dog"}}}
    schema = {
        "$defs": {"Cat": cat, "Dog": dog},
        "type": "object",
        "properties": {"pet": {"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]}},
    }
    done, dropped = made(schema, "anthropic_output")
    assert done["properties"]["pet"] == {"anyOf": [cat, dog]}
    assert dropped == ()


def test_all_of_is_joined_where_it_is_not_taken() -> None:
    schema = {
        "type": "object",
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"type": "number", "minimum": 1}, "a": {"pattern": "x"}}},
        ],
    }
    assert made(schema, "gemini_parameters") == (
        {
            "type": "object",
            "properties": {"a": {"type": "string", "pattern": "x"}, "b": {"type": "number", "minimum": 1}},
            "required": ["a"],
        },
        (),
    )


def test_a_choice_at_the_root_becomes_one_object_with_all_properties() -> None:
    one = {"type": "object", "properties": {"a": {"type": "string"}, "k": {"type": "string"}}, "required": ["a", "k"]}
    two = {"type": "object", "properties": {"b": {"type": "string"}, "k": {"type": "string"}}, "required": ["k"]}
    done, dropped = made({"anyOf": [one, two]}, "bedrock_tools")
    assert (done["type"], set(done["properties"]), done["required"]) == ("object", {"a", "b", "k"}, ["k"])
    assert dropped == ("/anyOf",)


def test_nothing_stands_beside_any_of_for_gemini() -> None:
    schema = {"description": "who", "anyOf": [{"type": "string"}, {"type": "integer"}]}
    assert prop(schema, "gemini_parameters") == (
        {"anyOf": [{"description": "who", "type": "string"}, {"description": "who", "type": "integer"}]},
        (),
    )


# --- types and values


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": ["string", "null"], "minLength": 1}, {"type": "string", "nullable": True, "minLength": 1}),
        ({"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "null"}], "title": "T"},
         {"type": "object", "nullable": True, "properties": {"a": {"type": "string"}}, "title": "T"}),
        ({"type": ["string", "integer"], "maxLength": 3, "maximum": 9},
         {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "maximum": 9}]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"type": ["string", "null"], "enum": ["a", None]}, {"type": "string", "nullable": True, "enum": ["a"]}),
        ({"type": ["string", "null"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "STRING"}, {"type": "string"}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
         {"anyOf": [{"type": "string", "nullable": True}, {"type": "integer"}]}),
    ],
)  # fmt: skip
def test_types_and_values_in_the_words_of_open_api(schema: object, wanted: object) -> None:
    assert prop(schema, "gemini_parameters") == (wanted, ())


def test_nullable_becomes_a_type_where_it_is_not_known() -> None:
    assert prop({"type": "string", "nullable": True}, "openai_strict") == ({"type": ["string", "null"]}, ())
    assert prop({"type": "string", "nullable": True}, "cohere_output") == (
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        (),
    )


def test_values_of_a_type_that_the_level_does_not_take_are_named() -> None:
    assert prop({"type": "integer", "enum": [1, 2]}, "gemini_parameters") == (
        {"type": "integer"},
        ("/properties/x/enum",),
    )
    assert prop({"const": "a"}, "gemini_json") == ({"enum": ["a"]}, ())


# --- objects


def test_openai_strict_closes_every_object_and_requires_every_property() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "default": "x"}, "b": {"type": "null"}}}
    assert made(schema, "openai_strict") == (
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "null"}},
            "additionalProperties": False,
            "required": ["a", "b"],
        },
        ("/properties/a/default",),
    )


def test_an_open_map_that_has_to_be_closed_is_named() -> None:
    done, dropped = prop({"type": "object", "additionalProperties": {"type": "string"}}, "anthropic_output")
    assert done == {"type": "object", "additionalProperties": False}
    assert dropped == ("/properties/x/additionalProperties",)
    assert prop({"type": "object"}, "anthropic_output")[1] == ("/properties/x/additionalProperties",)


def test_bedrock_gets_three_keywords_at_the_top_and_more_below() -> None:
    inner = {"type": "object", "properties": {}, "additionalProperties": False}
    schema = {"title": "T", "type": "object", "properties": {"x": inner}, "additionalProperties": False}
    assert made(schema, "bedrock_tools") == ({"type": "object", "properties": {"x": inner}}, ("/additionalProperties",))


def test_names_are_json_pointers() -> None:
    schema = {"type": "object", "properties": {"a/b~c": {"type": "string", "not": {}}}}
    assert made(schema, "gemini_parameters")[1] == ("/properties/a~1b~0c/not",)


# --- hostile schemas


def doubling(times: int) -> dict[str, object]:
    defs = {f"d{at}": {"properties": {key: {"$ref": f"#/$defs/d{at + 1}"} for key in "ab"}} for at in range(times)}
    return {"$defs": {**defs, f"d{times}": {"type": "string"}}, "$ref": "#/$defs/d0"}


def chain(length: int) -> dict[str, object]:
    defs: dict[str, object] = {f"d{at}": {"$ref": f"#/$defs/d{at + 1}"} for at in range(length)}
    return {"$defs": defs, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize("level", ["gemini_parameters", "anthropic_output"])
@pytest.mark.parametrize("schema", [doubling(30), chain(500)])
def test_a_schema_that_grows_without_end_is_refused(schema: object, level: str) -> None:
    with pytest.raises(ValueError, match="once its references are written out"):
        made(schema, level)


def test_choices_that_multiply_are_refused() -> None:
    schema = {"description": "d" * 100_000, "anyOf": [{"type": "string", "maxLength": at} for at in range(20)]}
    with pytest.raises(ValueError, match="choices"):
        made(schema, "gemini_parameters")


def test_a_schema_of_no_object_is_refused_where_an_object_is_needed() -> None:
    with pytest.raises(ValueError, match="object"):
        made({"type": "array"}, "openai_strict")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "not valid JSON"), (b"{", "not valid JSON"), (b"[]", "not a JSON object"), (b'{"a":"\xff"}', "JSON"),
        (b'{"not":' * 50_000 + b"1" + b"}" * 50_000, "longer than|valid JSON"),
        (b'{"not":' * 200 + b"{}" + b"}" * 200, "nested deeper"),
        (b'{"title":"' + b"a" * MAX_BYTES + b'"}', "longer than"),
        (b'{"allOf":[false]}', "no value"),
    ],
)  # fmt: skip
def test_what_is_no_schema_is_refused_in_a_sentence(text: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        levelled(text, "gemini_parameters")


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="no schema level"):
        levelled(b"{}", "other")


def test_so_many_losses_are_named_and_no_more() -> None:
    schema = {"type": "object", "properties": {str(at): {"type": "string", "not": {}} for at in range(500)}}
    dropped = made(schema, "cohere_output")[1]
    assert len(dropped) == 101
    assert dropped[-1] == "/..."


# --- properties


NAMES = st.sampled_from(["a", "b"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "#", "#/$defs/a", "string", "object"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.sampled_from(["type", "$ref"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYWORDS = sorted({name for row in LEVELS.values() for name in row.keywords} | {"not", "if", "$schema", "examples"})
HOSTILE = st.recursive(
    ANY_JSON, lambda inner: st.dictionaries(st.sampled_from(KEYWORDS), inner | st.lists(inner, max_size=3)
                                            | st.dictionaries(NAMES, inner, max_size=2), max_size=5), max_leaves=12,
)  # fmt: skip
TYPE = st.sampled_from(["string", "integer", "number", "null", "object", "array", "boolean"])


def sane(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    branches = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPE | st.lists(TYPE, min_size=1, max_size=3, unique=True),
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "anyOf": branches,
            "oneOf": branches,
            "allOf": branches,
            "$ref": st.sampled_from(["#/$defs/a", "#/$defs/b"]),
            "enum": st.lists(st.none() | st.sampled_from(["a", "bb"]) | st.integers(0, 2), min_size=1, max_size=3),
            "const": st.none() | st.sampled_from(["a", "bb"]) | st.integers(0, 2),
            "minimum": st.integers(0, 2),
            "minLength": st.integers(0, 2),
            "maxItems": st.integers(0, 1),
        },
    )


SANE = st.recursive(sane(st.just({})), sane, max_leaves=6)
SCHEMAS = st.builds(lambda root, a, b: {**root, "$defs": {"a": a, "b": b}}, SANE, SANE, SANE)
VALUES = st.recursive(
    st.none() | st.sampled_from(["a", "bb", ""]) | st.integers(-1, 2) | st.booleans(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=5,
)


def kind(value: object) -> set[str]:
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    return {{str: "string", list: "array", dict: "object", type(None): "null"}[type(value)]}


def same(one: object, two: object) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)


def valid(value: Any, schema: Any, root: Mapping[str, Any], fuel: list[None] | None = None) -> bool:
    """A validator for the keywords generated here, by the words of JSON Schema 2020-12 and OpenAPI's nullable.

    References that go round in a circle say nothing: such cases are passed over.
    """
    fuel = [None] * 300 if fuel is None else fuel
    assume(bool(fuel))
    fuel.pop()
    if isinstance(schema, bool):
        return schema
    if schema.get("nullable") is True and value is None:
        return True

    def under(part: Any, item: Any = value) -> bool:
        return valid(item, part, root, fuel)

    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    checks = [
        "type" not in schema or bool(kind(value) & set(types)),
        "const" not in schema or same(value, schema["const"]),
        "enum" not in schema or any(same(value, one) for one in schema["enum"]),
        "$ref" not in schema or under(root["$defs"][schema["$ref"][-1]]),
        all(under(one) for one in schema.get("allOf", [])),
        "anyOf" not in schema or any(under(one) for one in schema["anyOf"]),
        "oneOf" not in schema or sum(under(one) for one in schema["oneOf"]) == 1,
    ]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        checks.append(all(name in value for name in schema.get("required", [])))
        checks += [under(known.get(name, schema.get("additionalProperties", True)), one) for name, one in value.items()]
    elif isinstance(value, list):
        checks += [under(schema.get("items", True), one) for one in value]
        checks.append(len(value) <= schema.get("maxItems", 99))
    elif isinstance(value, str):
        checks.append(len(value) >= schema.get("minLength", 0))
    elif isinstance(value, int) and not isinstance(value, bool):
        checks.append(value >= schema.get("minimum", -99))
    return all(checks)


def keywords(schema: Any) -> set[str]:
    """Every keyword of a schema that stands where keywords stand."""
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for name in ("properties", "$defs", "definitions"):
        for inner in schema.get(name, {}).values():
            found |= keywords(inner)
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for inner in schema.get(name, []):
            found |= keywords(inner)
    for name in ("items", "additionalProperties"):
        found |= keywords(schema.get(name))
    return found


@given(schema=st.dictionaries(st.sampled_from(KEYWORDS), HOSTILE, max_size=6), level=st.sampled_from(ALL))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_is_refused_with_a_sentence_or_holds_only_keywords_of_the_level(
    schema: dict[str, object], level: str
) -> None:
    text = json.dumps(schema).encode()
    try:
        done = levelled(text, level)
    except ValueError as refused:
        assert str(refused).startswith("The schema")
        return
    assert keywords(json.loads(done.schema)) <= set(LEVELS[level].keywords)
    assert levelled(done.schema, level).schema == done.schema


@given(schema=SCHEMAS, value=VALUES, level=st.sampled_from(ALL))
@settings(max_examples=200, deadline=None)
def test_where_nothing_is_named_what_is_valid_after_was_valid_before(
    schema: dict[str, Any], value: object, level: str
) -> None:
    try:
        done, dropped = made(schema, level)
    except ValueError:
        return
    again = levelled(json.dumps(done).encode(), level)
    assert json.loads(again.schema) == done
    if not dropped and valid(value, done, done):
        assert valid(value, schema, schema)
