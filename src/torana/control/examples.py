"""Examples for the OpenAPI file, made of a schema: what fields say of themselves, else the simplest value that fits.

Pure. Called by ``description`` for whatever has no example of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 6
BY_FORMAT = {
    "date-time": "2026-11-21T09:30:00Z",
    "date": "2026-11-21",
    "email": "asha@acme.example",
    "uri": "https://acme.example/hook",
    "uuid": "0192f3a1-b2c3-7000-8000-000000000001",
    "binary": "…",
}
BY_NAME = {
    "id": "0192f3a1b2c30000000000000001",
    "email": "asha@acme.example",
    "password": "correct horse battery staple",
    "currency": "USD",
    "model": "gpt-4o-mini",
    "tenant": "acme",
    "team": "finance-team",
    "department": "finance",
    "cost": "0.001260",
    "name": "Finance",
    "next_cursor": None,
    "request_id": "req_0192f3a1b2c30000000000000001",
    "time_zone": "Asia/Kolkata",
    "text": "My card is 4111 1111 1111 1111.",
}
PLAIN = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value that fits the schema (JSON Schema as OpenAPI 3.1 has it). ``schemas``: those that ``$ref`` names."""
    if "$ref" in schema:
        found = schemas.get(str(schema["$ref"]).rpartition("/")[2], {})
        return example_of(found, schemas, name, depth + 1) if depth < DEEPEST else {}
    if "example" in schema:
        return schema["example"]
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if schema.get(word):
            return example_of(_best(schema[word]), schemas, name, depth)
    return _by_type(schema, schemas, name, depth)


def _by_type(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        return _object(schema, schemas, depth)
    if kind == "array":
        if depth >= DEEPEST or "items" not in schema:
            return []
        singular = name.removesuffix("s")
        return [example_of(schema["items"], schemas, singular, depth + 1)] * max(1, int(schema.get("minItems", 1)))
    if kind == "string":
        return _text(schema, name)
    if kind in ("integer", "number"):
        return _number(schema)
    return PLAIN.get(str(kind), {})


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth >= DEEPEST:
        return {}
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    return {
        name: example_of(one, schemas, name, depth + 1)
        for name, one in properties.items()
        if name in required or "default" not in one
    }


def _best(choices: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The choice that says most: anything rather than null."""
    return next((one for one in choices if one.get("type") != "null"), choices[0])


def _text(schema: Mapping[str, Any], name: str) -> Any:
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[str(schema["format"])]
    text = str(BY_NAME.get(name) or PLAIN["string"])
    least = int(schema.get("minLength", 0))
    return (text * (least // len(text) + 1))[: max(len(text), least)] if len(text) < least else text


def _number(schema: Mapping[str, Any]) -> Any:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    if least is None:
        return PLAIN[str(schema["type"])]
    value = least if "minimum" in schema else least + 1
    return max(value, 1) if schema.get("maximum", value) >= 1 else value
