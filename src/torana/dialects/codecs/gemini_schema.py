"""Turns Gemini's own ``Schema`` objects into JSON Schema, and names written with underscores into the API's own.

Nothing else of a request is known here. Called by ``gemini_request``.
"""

from __future__ import annotations

import re

import msgspec

_any = msgspec.json.Decoder().decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode
_SNAKE = re.compile(rb'"[a-z0-9]+(?:_[a-z0-9]+)+"\s*:')
_HUMP = re.compile(r"_([a-z0-9])")
_VERBATIM = frozenset(
    {"args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema", "labels"}
)
"""Members whose inside is the caller's own, whatever it looks like."""
_OWN = frozenset({"propertyOrdering", "property_ordering", "example", "nullable"})
_WHOLE = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_INSIDE = frozenset({"items", "additionalProperties"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})


def json_schema(schema: bytes) -> bytes:
    """JSON Schema for a ``Schema`` (an OpenAPI 3.0 subset: upper-case types, ``nullable``, numbers in quotes).

    Source: https://ai.google.dev/api/caching#Schema. Text that is none comes back as it is.
    """
    try:
        value = _any(schema)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return schema
    plain = _plain(value)
    return schema if plain == value else _encode(plain)


def _plain(value: object) -> object:
    if not isinstance(value, dict):
        return value
    plain: dict[str, object] = {}
    for key, inner in value.items():
        name = _camel(key)
        if name in _OWN:
            continue
        if name == "type" and isinstance(inner, str):
            plain[name] = inner.lower()
        elif name == "properties" and isinstance(inner, dict):
            plain[name] = {of: _plain(schema) for of, schema in inner.items()}
        elif name in _INSIDE:
            plain[name] = _plain(inner)
        elif name in _LISTS and isinstance(inner, list):
            plain[name] = [_plain(schema) for schema in inner]
        elif name in _WHOLE and isinstance(inner, str) and inner.isdecimal():
            plain[name] = int(inner)
        else:
            plain[key if key.startswith("$") else name] = inner
    return _nullable(plain) if value.get("nullable") is True else plain


def _nullable(plain: dict[str, object]) -> dict[str, object]:
    """``nullable`` as JSON Schema says it; an ``enum`` must then hold null too."""
    if isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
        values = plain.get("enum")
        if isinstance(values, list) and None not in values:
            plain["enum"] = [*values, None]
        return plain
    return {"anyOf": [plain, {"type": "null"}]}


def camelled(body: bytes) -> bytes:
    """The body with members as the API's documentation writes them; protobuf's JSON takes ``inline_data`` too.

    Source: https://protobuf.dev/programming-guides/json/. The same object when nothing has an underscore.
    """
    return _renamed(body) if _SNAKE.search(body) else body


def _renamed(value: bytes) -> bytes:
    start = value.lstrip()[:1]
    if start == b"{":
        there: dict[str, msgspec.Raw] = {}
        for key, inner in _members(value).items():
            name = _camel(key)
            there[name] = inner if name in _VERBATIM else msgspec.Raw(_renamed(bytes(inner)))
        return _encode(there)
    if start == b"[":
        return _encode([msgspec.Raw(_renamed(bytes(inner))) for inner in _items(value)])
    return value


def _camel(name: str) -> str:
    return _HUMP.sub(lambda found: found[1].upper(), name)
