"""The small decisions about JSON schemas: where a reference leads, what two schemas have in common, what excludes what.

It knows no level and names no loss. Called by ``schema_levels``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

Schema = dict[str, Any]
Path = tuple[str, ...]

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
ANNOTATIONS = frozenset(
    {"title", "description", "default", "example", "examples", "propertyOrdering", "$id", "$anchor"}
)
MAPS = ("properties", "$defs", "definitions")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLES = ("items", "additionalProperties")
_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
OF_TYPE: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": _NUMBER,
    "integer": _NUMBER,
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset(
        {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyOrdering"}
    ),
}
"""Keywords that say something of one type only."""
_HIGHER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_LOWER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_encode = msgspec.json.encode


def target_of(root: Schema, reference: object) -> tuple[object, Path] | None:
    """What a reference into the same document points at (RFC 6901 in a fragment) and where; None: nowhere in it."""
    if not isinstance(reference, str) or not reference.startswith("#") or reference[1:2] not in ("", "/"):
        return None
    found: object = root
    path = tuple(step.replace("~1", "/").replace("~0", "~") for step in unquote(reference[1:]).split("/")[1:])
    for step in path:
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and len(step) < 7 and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found, path


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types a schema names, in order, each once; empty when it names none that exist. Case does not matter."""
    said = schema.get("type")
    names = said if isinstance(said, list) else [said]
    known = [name.lower() for name in names if isinstance(name, str) and name.lower() in TYPES]
    return tuple(dict.fromkeys(known))


def type_of(value: object) -> str:
    """The JSON type of a value; ``number`` for every number."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def fits(value: object, types: Iterable[str]) -> bool:
    """Whether a value is of one of the types."""
    kind = type_of(value)
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return kind in types or (kind == "number" and whole and "integer" in types)


def joined(keyword: str, one: Any, two: Any) -> Any:
    """The value of ``keyword`` that says what both say; None when no single value does. Not for schemas in schemas."""
    if keyword == "required":
        return list(dict.fromkeys([*one, *two]))
    if keyword == "type":
        return _common_type({"type": one}, {"type": two})
    if keyword == "enum":
        there = {_encode(value) for value in two}
        return [value for value in one if _encode(value) in there] or None
    numbers = type_of(one) == type_of(two) == "number"
    if numbers and keyword in _HIGHER:
        return max(one, two)
    return min(one, two) if numbers and keyword in _LOWER else None


def _common_type(one: Schema, two: Schema) -> str | list[str] | None:
    first, second = types_of(one), types_of(two)
    common = [name for name in first if name in second]
    for wide, narrow in ((first, second), (second, first)):
        if "number" in wide and "integer" in narrow and not {"number", "integer"} & set(common):
            common.append("integer")
    return (common[0] if len(common) == 1 else common) or None


def exclusive(schemas: Sequence[object]) -> bool:
    """Whether surely no value is valid under two of the schemas: other types, or another constant in one property."""
    if len(schemas) < 2:
        return True
    plain = [one for one in schemas if isinstance(one, dict)]
    if len(plain) < len(schemas):
        return False
    kinds = [{"number" if name == "integer" else name for name in types_of(one)} for one in plain]
    if all(kinds) and not any(one.get("nullable") for one in plain) and _apart(kinds):
        return True
    if not all(types_of(one) == ("object",) for one in plain):
        values = [_constants(one) for one in plain]
        return all(values) and _apart(values)
    shared = [
        name for name in _texts(plain[0].get("required")) if all(name in _texts(one.get("required")) for one in plain)
    ]
    return any(all(values) and _apart(values) for name in shared for values in [[_tag(one, name) for one in plain]])


def _tag(schema: Schema, name: str) -> set[bytes]:
    properties = schema.get("properties")
    inner = properties.get(name) if isinstance(properties, dict) else None
    return _constants(inner) if isinstance(inner, dict) else set()


def _constants(schema: Schema) -> set[bytes]:
    """The only values a schema allows, as JSON text; empty when it does not list them, or lists numbers."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list) or any(type_of(value) == "number" for value in values):
        return set()  # 1 and 1.0 are one value in two texts
    return {_encode(value) for value in values}


def _apart(sets: Sequence[set[Any]]) -> bool:
    return sum(map(len, sets)) == len(set().union(*sets))


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
