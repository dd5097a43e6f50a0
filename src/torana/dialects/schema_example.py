"""Decides on a small value that a JSON Schema accepts, for the provider that answers without a model.

It honours what schemas for structured output use and is no validator; it always ends, whatever refers to whatever.
Called by ``providers``.
"""

from __future__ import annotations

from collections.abc import Mapping

MAX_DEPTH = 16
MAX_NODES = 2_000
MAX_LENGTH = 1_000
"""Longest text or list made to meet a lower bound."""


class _TooMuch(Exception):
    """The schema asks for more than the bounds allow."""


def example(schema: object) -> object:
    """A value for the schema (draft 2020-12 subset); where bounds or cycles leave no way out, None stands there.

    Read: const, enum, default, type, properties, required, items, prefixItems, minItems, minLength, minimum,
    exclusiveMinimum, multipleOf, format, anyOf, oneOf, allOf, local ``$ref``. Only required members are made.
    """
    try:
        return _Maker(schema).make(schema, 0, frozenset())
    except _TooMuch:
        return None


class _Maker:
    """One walk over one schema."""

    def __init__(self, root: object) -> None:
        self._root = root
        self._left = MAX_NODES

    def make(self, schema: object, depth: int, through: frozenset[str]) -> object:
        """A value for one schema inside the root; ``through`` are the references open above it."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise _TooMuch
        if not isinstance(schema, dict):
            return None
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in through:
                raise _TooMuch
            return self.make(self._resolve(reference), depth + 1, through | {reference})
        if "const" in schema:
            return schema["const"]
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return choices[0]
        for name in ("anyOf", "oneOf"):
            if isinstance(schema.get(name), list) and schema[name]:
                return self._first_that_ends(schema[name], depth, through)
        if isinstance(schema.get("allOf"), list):
            schema = self._merged(schema)
        return self._of_type(schema, depth, through)

    def _first_that_ends(self, schemas: list[object], depth: int, through: frozenset[str]) -> object:
        for schema in schemas:
            try:
                return self.make(schema, depth + 1, through)
            except _TooMuch:
                if self._left < 0:
                    raise
        raise _TooMuch

    def _merged(self, schema: dict[str, object]) -> dict[str, object]:
        """allOf laid over the schema itself: properties and required united, the rest by the last."""
        merged: dict[str, object] = {}
        parts = schema["allOf"]
        for part in [schema, *(parts if isinstance(parts, list) else [])]:
            if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                part = self._resolve(part["$ref"])
            if not isinstance(part, dict):
                continue
            properties = {**_mapping(merged.get("properties")), **_mapping(part.get("properties"))}
            required = [*_items(merged.get("required")), *_items(part.get("required"))]
            merged = {**merged, **part, "properties": properties, "required": required}
        merged.pop("allOf", None)
        return merged

    def _of_type(self, schema: dict[str, object], depth: int, through: frozenset[str]) -> object:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null") if kind else None
        if kind == "object" or (kind is None and schema.get("properties")):
            properties = _mapping(schema.get("properties"))
            wanted = [name for name in _items(schema.get("required")) if isinstance(name, str)]
            return {name: self.make(properties.get(name, True), depth + 1, through) for name in wanted}
        if kind == "array":
            return self._array(schema, depth, through)
        if kind == "string":
            return _text(schema)
        if kind in ("integer", "number"):
            return _number(schema)
        return False if kind == "boolean" else None

    def _array(self, schema: dict[str, object], depth: int, through: frozenset[str]) -> list[object]:
        first = _items(schema.get("prefixItems"))
        made = [self.make(item, depth + 1, through) for item in first]
        wanted = min(_count(schema.get("minItems")), MAX_LENGTH)
        while len(made) < wanted:
            made.append(self.make(schema.get("items"), depth + 1, through))
        return made

    def _resolve(self, reference: str) -> object:
        """What a local reference (RFC 6901 in a fragment) points at; nothing is ever fetched."""
        if not reference.startswith("#"):
            return None
        found = self._root
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        return found


def _text(schema: Mapping[str, object]) -> str:
    formats = {
        "date": "2000-01-01", "date-time": "2000-01-01T00:00:00Z", "time": "00:00:00Z", "email": "a@example.org",
        "uri": "https://example.org/", "uuid": "00000000-0000-4000-8000-000000000000", "ipv4": "192.0.2.1",
    }  # fmt: skip
    return formats.get(str(schema.get("format")), "x" * min(_count(schema.get("minLength")), MAX_LENGTH))


def _number(schema: Mapping[str, object]) -> float | int:
    low = next((one for name in ("minimum", "exclusiveMinimum") if _finite(one := schema.get(name))), None)
    high = schema.get("maximum")
    value: float | int = 0
    if isinstance(low, int | float) and low >= 0:
        value = low + 1 if "exclusiveMinimum" in schema else low
    elif isinstance(high, int | float) and _finite(high) and high < 0:
        value = high
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and _finite(step) and step > 0 and value % step:
        value += step - value % step
    return int(value) if schema.get("type") == "integer" else value


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
