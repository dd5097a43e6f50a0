"""What each target takes of JSON Schema: the table behind ``schema_levels``.

Each row names the page it was compared with; only those of ``gemini_parameters`` and of Bedrock's tools are still to be
compared word by word. It changes nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Takes = Mapping[str, frozenset[object] | None]
"""Keyword → the values it may have; None: any."""

SCALARS = frozenset({"string", "number", "boolean", "null"})


class Level(NamedTuple):
    """What one target takes. The defaults are those of the strictest."""

    keywords: Takes
    root: frozenset[str] | None = None
    """The only keywords that the outermost schema may have; None: the same as everywhere."""
    homes: tuple[str, ...] = ()
    """Members of the root that a ``$ref`` may point into, cycles included; none: references are written out."""
    types: str = "list"
    """How several types are said: ``list``, ``nullable`` (OpenAPI 3.0) or ``anyOf``."""
    enum: frozenset[str] = SCALARS
    """JSON types that values of ``enum`` and ``const`` may have."""
    closed: bool = False
    """Every object must say ``additionalProperties: false``."""
    all_required: bool = False
    """Every property must be required."""
    lone_any_of: bool = False
    """Nothing may stand beside ``anyOf``."""
    known_required: bool = False
    """What is required must be among the properties."""
    object_root: bool = True
    """The outermost schema must say ``type: object``."""


def _any(*names: str, **some: frozenset[object]) -> Takes:
    return {**dict.fromkeys(names), **some}


_SHAPE = ("type", "title", "description", "enum", "properties", "required", "items", "anyOf")
_FORMATS: frozenset[object] = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
_ONLY_FALSE: frozenset[object] = frozenset({False})
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_LENGTHS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")

LEVELS: Mapping[str, Level] = {
    # platform.openai.com/docs/guides/structured-outputs, "Supported schemas"; nothing may stand beside a $ref.
    "openai_strict": Level(
        _any(
            *_SHAPE,
            *_NUMBERS,
            "const",
            "pattern",
            "minItems",
            "maxItems",
            "$ref",
            "$defs",
            "definitions",
            format=_FORMATS,
            additionalProperties=_ONLY_FALSE,
        ),
        homes=("$defs", "definitions"),
        closed=True,
        all_required=True,
        known_required=True,
    ),
    # platform.claude.com/docs/en/build-with-claude/structured-outputs, JSON Schema limitations: no cycles, no bounds but
    # minItems 0 and 1, no $ref inside allOf, so references are written out. Of patterns not all are taken: not judged here.
    "anthropic_output": Level(
        _any(
            *_SHAPE,
            "const",
            "allOf",
            "default",
            "pattern",
            format=_FORMATS | {"uri"},
            minItems=frozenset({0, 1}),
            additionalProperties=_ONLY_FALSE,
        ),
        closed=True,
    ),
    # The members of Schema (ai.google.dev/api/caching), a subset of OpenAPI 3.0. Anything else is a 400.
    "gemini_parameters": Level(
        _any(
            *_SHAPE,
            *_LENGTHS,
            "nullable",
            "minimum",
            "maximum",
            "pattern",
            "example",
            "default",
            "propertyOrdering",
            format=frozenset({"enum", "date-time", "float", "double", "int32", "int64"}),
        ),
        types="nullable",
        enum=frozenset({"string"}),
        lone_any_of=True,
        known_required=True,
        object_root=False,
    ),
    # ai.google.dev/api/generate-content, responseJsonSchema and parametersJsonSchema. A cycle may only go through
    # properties that are not required, which is left to the provider to say.
    "gemini_json": Level(
        _any(
            *_SHAPE,
            "$id",
            "$defs",
            "$ref",
            "$anchor",
            "format",
            "prefixItems",
            "minItems",
            "maxItems",
            "minimum",
            "maximum",
            "oneOf",
            "additionalProperties",
            "propertyOrdering",
        ),
        homes=("$defs",),
        enum=frozenset({"string", "number"}),
        object_root=False,
    ),
    # docs.aws.amazon.com/nova, "Tool use": three keywords at the top level. Kept for every model of Bedrock, since
    # which model stands behind an inference profile cannot be seen.
    "bedrock_tools": Level(
        _any(
            *_SHAPE,
            *_NUMBERS,
            *_LENGTHS,
            "const",
            "allOf",
            "oneOf",
            "default",
            "pattern",
            "format",
            "uniqueItems",
            "prefixItems",
            "additionalProperties",
        ),
        root=frozenset({"type", "properties", "required"}),
    ),
    # docs.cohere.com/docs/structured-outputs, Unsupported schema features: no bounds of any kind, four formats, nothing
    # said of further properties. anyOf stands there too, but without it no value could be null.
    "cohere_output": Level(
        _any(
            *_SHAPE,
            "const",
            "pattern",
            format=frozenset({"date-time", "uuid", "date", "time"}),
        ),
        types="anyOf",
    ),
}
