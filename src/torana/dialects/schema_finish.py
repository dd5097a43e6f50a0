"""Brings a schema whose references are written out into the last shape its level wants: types, choices, objects.

It reads no text and follows no references. Called by ``schema_levels``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from torana.dialects.schema_joins import Joins
from torana.dialects.schema_parts import (
    ANNOTATIONS,
    LISTS,
    MAPS,
    OF_TYPE,
    SINGLES,
    Path,
    Schema,
    fits,
    type_of,
    types_of,
)  # fmt: skip
from torana.dialects.schema_table import Level

MAX_NODES = 20_000
MAX_COPIED = 1024 * 1024
"""Bytes that may be copied into the branches of choices."""
_NULL: Schema = {"type": "null"}
_encode = msgspec.json.encode


class Finish:
    """The last shape of one schema. Losses are named in the places of what it is given."""

    def __init__(self, level: Level, lost: Joins) -> None:
        self._level = level
        self._lost = lost
        self._nodes = MAX_NODES
        self._copied = 0

    def finished(self, node: Schema, path: Path = ()) -> Schema:
        """The schema in its last shape. Raises ValueError when choices make it too large."""
        self._nodes -= 1
        if self._nodes < 0:
            raise ValueError(f"The schema has more than {MAX_NODES} parts once its choices are written out.")
        if not path:
            node = self._as_root(node)
        node = self._with_one_list(node, path)
        if self._level.types == "nullable":
            node = self._without_null(node, path)
        if self._level.types != "list":
            node = self._with_one_type(node, path)
        if self._level.lone_any_of:
            node = self._lone(node, path)
        made: Schema = {}
        for name, value in node.items():
            place = (*path, name)
            if name in MAPS:
                made[name] = {key: self.finished(inner, (*place, key)) for key, inner in value.items()}
            elif name in LISTS:
                made[name] = [self.finished(inner, (*place, str(at))) for at, inner in enumerate(value)]
            elif name in SINGLES and isinstance(value, dict):
                made[name] = self.finished(value, place)
            else:
                made[name] = value
        return self._object(made, path)

    # the outermost

    def _as_root(self, node: Schema) -> Schema:
        if not self._level.object_root:
            return node
        for name in ("anyOf", "oneOf"):
            if name in node:
                self._lost.name((name,))
                node = self._united(node, name)
        only = self._level.root
        for name in [name for name in node if only is not None and name not in only]:
            if name not in ANNOTATIONS or name in ("description", "default"):
                self._lost.name((name,))
            node = {key: value for key, value in node.items() if key != name}
        if "type" in node and "object" not in types_of(node):
            raise ValueError("The schema does not describe an object.")
        return node if node.get("type") == "object" else {**node, "type": "object"}

    def _united(self, node: Schema, name: str) -> Schema:
        """One object with the properties of every branch, for targets that take no choice at the outermost."""
        branches = [branch for branch in node[name] if types_of(branch) in ((), ("object",))]
        made = {key: value for key, value in node.items() if key != name}
        properties: Schema = {}
        for branch in branches:
            for key, inner in branch.get("properties", {}).items():
                other = properties.get(key)
                properties[key] = inner if other in (None, inner) else {"anyOf": [other, inner]}
        if properties:
            made["properties"] = {**properties, **made.get("properties", {})}
        always = [key for key in properties if all(key in branch.get("required", ()) for branch in branches)]
        if always:
            made["required"] = list(dict.fromkeys([*made.get("required", ()), *always]))
        return made

    # types and values

    def _with_one_list(self, node: Schema, path: Path) -> Schema:
        """``enum`` only where it says more than ``const`` and does not say that there is no value."""
        values = node.get("enum")
        if values is None:
            return node
        types = types_of(node)
        possible = not types or any(fits(value, types) for value in values)
        if possible and "const" not in node:
            return node
        if not possible or not any(_encode(value) == _encode(node["const"]) for value in values):
            self._lost.name((*path, "enum"))
        return {name: value for name, value in node.items() if name != "enum"}

    def _without_null(self, node: Schema, path: Path) -> Schema:
        """A choice without the branch that is null: what is left may be null instead."""
        branches = node.get("anyOf")
        if not branches:
            return node
        rest = [branch for branch in branches if types_of(branch) != ("null",)]
        if len(rest) == len(branches) or not rest:
            return node
        types = types_of(node)
        if (not types or "null" in types) and ("enum" not in node or None in node["enum"]):
            rest[0] = _or_null(rest[0])
        if len(rest) > 1:
            return {**node, "anyOf": rest}
        outer = {name: value for name, value in node.items() if name != "anyOf"}
        return self._without_null(self._lost.both(rest[0], outer, path), path)

    def _with_one_type(self, node: Schema, path: Path) -> Schema:
        """``type`` as one word; further ones become ``nullable`` or the branches of a choice."""
        types = list(types_of(node))
        values = node.get("enum")
        nullable = self._level.types == "nullable"
        if values is not None:
            if not types and nullable:
                types = list(dict.fromkeys(type_of(value) for value in values))
            types = [one for one in types if any(fits(value, (one,)) for value in values)] or types
        if "number" in types and "integer" in types:
            types.remove("integer")
        if not types:
            return node
        made = dict(node)
        if nullable and len(types) > 1 and "null" in types:
            types.remove("null")
            made["nullable"] = True
        if nullable and values is not None:
            made["enum"] = [value for value in values if value is not None]
            if not made["enum"]:
                return {**{name: value for name, value in made.items() if name != "enum"}, "type": "null"}
        if len(types) == 1:
            return {**made, "type": types[0]}
        return self._spread(made, types, path)

    def _spread(self, node: Schema, types: list[str], path: Path) -> Schema:
        """A choice of one branch for each type, each with the keywords that speak of it."""
        if "anyOf" in node:
            self._lost.name((*path, "type"))
            return {name: value for name, value in node.items() if name not in ("type", "nullable")}
        own = frozenset[str]().union(*OF_TYPE.values()) | {"type", "enum", "const", "nullable"}
        branches: list[Schema] = []
        for one in types:
            branch: Schema = {"type": one}
            branch.update({name: node[name] for name in node if name in OF_TYPE.get(one, ())})
            if "enum" in node:
                branch["enum"] = [value for value in node["enum"] if fits(value, (one,))]
            if "const" in node:
                branch["const"] = node["const"]
            if "const" not in node or fits(node["const"], (one,)):
                branches.append(branch)
        if "nullable" in node:
            branches[0]["nullable"] = True
        return {**{name: value for name, value in node.items() if name not in own}, "anyOf": branches}

    # choices and objects

    def _lone(self, node: Schema, path: Path) -> Schema:
        """A choice with nothing beside it: what stood there goes into every branch."""
        outer = {name: value for name, value in node.items() if name != "anyOf"}
        branches: list[Schema] = node.get("anyOf", [])
        if not outer or not branches:
            return node
        self._copied += len(_encode(outer)) * len(branches)
        if self._copied > MAX_COPIED:
            raise ValueError(f"The schema is longer than {MAX_COPIED} bytes once its choices are written out.")
        if outer.pop("nullable", False):
            outer["type"] = [outer["type"], "null"]
        for name in ANNOTATIONS & outer.keys():
            if any(branch.get(name, outer[name]) != outer[name] for branch in branches):
                self._lost.name((*path, name))
        places = [(*path, "anyOf", str(at)) for at in range(len(branches))]
        return {"anyOf": [self._lost.both(outer, one, place) for one, place in zip(branches, places, strict=True)]}

    def _object(self, node: Schema, path: Path) -> Schema:
        level = self._level
        if "object" not in types_of(node) and "properties" not in node:
            return node
        properties: Any = node.get("properties", {})
        made = dict(node)
        if level.closed and made.get("additionalProperties") is not False:
            if not properties:
                self._lost.name((*path, "additionalProperties"))
            made["additionalProperties"] = False
        required = made.get("required", [])
        if level.known_required and any(name not in properties for name in required):
            self._lost.name((*path, "required"))
            required = [name for name in required if name in properties]
        if level.all_required:
            required = [*required, *(name for name in properties if name not in required)]
        if required != node.get("required", []) or (level.all_required and "required" not in node):
            made["required"] = required
        return made


def _or_null(node: Schema) -> Schema:
    """The schema, under which null is valid too."""
    if "type" not in node and "enum" not in node:
        return {**node, "anyOf": [*node["anyOf"], _NULL]} if "anyOf" in node else node
    made = dict(node)
    if "type" in node and "null" not in types_of(node):
        made["type"] = [*types_of(node), "null"]
    if "enum" in node and None not in node["enum"]:
        made["enum"] = [*node["enum"], None]
    return made
