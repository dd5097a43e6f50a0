"""Turns a JSON schema into one that a target takes, and names what was lost on the way.

It validates no values and bounds every schema, however it refers to itself. Called by the codecs of ``dialects``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from torana.dialects.json_text import depth
from torana.dialects.schema_finish import Finish
from torana.dialects.schema_joins import Joins
from torana.dialects.schema_parts import (
    LISTS,
    MAPS,
    SINGLES,
    Path,
    Schema,
    exclusive,
    target_of,
    type_of,
    types_of,
)  # fmt: skip
from torana.dialects.schema_table import LEVELS, Level

MAX_BYTES = 256 * 1024
"""Longest schema that is read."""
MAX_WRITTEN = 1024 * 1024
"""How much text references may stand for once they are written out."""
MAX_JSON_DEPTH = 128
MAX_DEPTH = 64
"""Schemas inside schemas, references written out."""
MAX_NODES = 20_000
MAX_ROUNDS = 8
"""Joining what contradicts itself may leave something to be levelled again; nearly every schema needs two rounds."""
_SILENT = frozenset(
    {"$schema", "$comment", "$defs", "definitions", "$ref", "allOf", "const", "nullable", "type", "enum"}
)
"""Left out without a word, for they say nothing of values, or are judged by a function of their own."""
_encode = msgspec.json.encode


class Levelled(NamedTuple):
    """A schema as its target takes it."""

    schema: bytes
    dropped: tuple[str, ...] = ()
    """JSON pointers (RFC 6901) into the given schema, each to a keyword whose meaning was lost, in part or in whole."""


def levelled(schema_json: bytes, level: str) -> Levelled:
    """The schema for a level of ``schema_table.LEVELS``; the given bytes when it has to change in nothing.

    Where nothing is named as dropped, every value valid under the new schema is valid under the given one: it may be
    narrower (all properties required, no further ones), never wider. Raises ValueError with a sentence that may be
    shown for a text that is no schema, a schema beyond the bounds, and an unknown level.
    """
    row = LEVELS.get(level)
    if row is None:
        raise ValueError(f"There is no schema level {level[:40]!r}.")
    given = root = _decoded(schema_json)
    lost = Joins()
    for _ in range(MAX_ROUNDS):
        made = _once(root, row, lost)
        if made == root:
            return Levelled(schema_json) if root is given else Levelled(_encode(root), lost.names())
        root = made
    raise ValueError("The schema contradicts itself and cannot be simplified.")


def _once(root: Schema, row: Level, lost: Joins) -> Schema:
    walk = _Walk(root, row, lost)
    made = walk.schema(root, (), frozenset({id(root)}))
    if made is None:
        raise ValueError("The schema allows no value at all.")
    return Finish(row, lost).finished(made)


def _decoded(text: bytes) -> Schema:
    if len(text) > MAX_BYTES:
        raise ValueError(f"The schema is longer than {MAX_BYTES} bytes.")
    try:
        root = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("The schema is not valid JSON.") from None
    if not isinstance(root, dict):
        raise ValueError("The schema is not a JSON object.")  # noqa: TRY004 - the one kind of error there is
    if depth(text) > MAX_JSON_DEPTH:
        raise ValueError(f"The schema is nested deeper than {MAX_JSON_DEPTH} lists and objects.")
    return root


class _Walk:
    """One walk over one schema, from the root down, references included."""

    def __init__(self, root: Schema, level: Level, lost: Joins) -> None:
        self._root = root
        self._level = level
        self._takes = level.keywords
        self.lost = lost
        self._nodes = MAX_NODES
        self._written = 0
        self._depth = 0
        self._sizes: dict[int, int] = {}

    def schema(self, node: object, path: Path, through: frozenset[int], alone: bool = True) -> Schema | None:
        """The levelled form of one schema; None when no value is valid under it.

        ``through``: open references; ``alone``: it will not be joined with others, so it may stay a reference.
        """
        if isinstance(node, bool):
            return {} if node else None
        if not isinstance(node, dict):
            self.lost.name(path)
            return {}
        self._nodes -= 1
        self._depth += 1
        if self._nodes < 0:
            raise ValueError(f"The schema has more than {MAX_NODES} parts once its references are written out.")
        if self._depth > MAX_DEPTH:
            raise ValueError(f"The schema is deeper than {MAX_DEPTH} levels once its references are written out.")
        kept = self._kept_reference(node, path, through) if alone else None
        made = kept if kept is not None else self._parts(node, path, through)
        self._depth -= 1
        return made

    # references

    def _kept_reference(self, node: Schema, path: Path, through: frozenset[int]) -> Schema | None:
        """The schema as a bare reference, where the level takes it: None when it must be written out."""
        found = target_of(self._root, node.get("$ref"))
        if found is None or not path or not isinstance(found[0], dict):
            return None
        place = found[1]
        known = not place or (len(place) == 2 and place[0] in self._level.homes)
        beside = [name for name in node if name != "$ref"]
        if not self._level.homes or not known or (beside and id(found[0]) not in through):
            return None
        for name in beside:
            self.lost.name((*path, name))
        return {"$ref": node["$ref"]}

    def _referred(self, node: Schema, path: Path, through: frozenset[int]) -> Schema | None:
        """What the schema's reference stands for, written out; a cycle is cut where it would begin again."""
        found = target_of(self._root, node["$ref"])
        if found is None:
            self.lost.name((*path, "$ref"))
            return {}
        target, place = found
        if isinstance(target, dict):
            if id(target) in through:
                self.lost.name((*path, "$ref"))
                return self._types(target, place)
            size = self._sizes.get(id(target))
            if size is None:
                size = self._sizes[id(target)] = len(_encode(target))
            self._written += size
            if self._written > MAX_WRITTEN:
                raise ValueError(f"The schema is longer than {MAX_WRITTEN} bytes once its references are written out.")
        return self.schema(target, place, through | {id(target)}, alone=False)

    # one schema

    def _parts(self, node: Schema, path: Path, through: frozenset[int]) -> Schema | None:
        """A schema and everything it is to be joined with."""
        made: Schema | None = self._own(node, path, through)
        others: list[tuple[object, Path]] = []
        if "allOf" in node and "allOf" not in self._takes:
            others = [(one, (*path, "allOf", str(at))) for at, one in enumerate(self._list(node, "allOf", path))]
        parts = [self._referred(node, path, through)] if "$ref" in node else []
        parts += [self.schema(one, place, through, alone=False) for one, place in others]
        for part in parts:
            if made is None or part is None:
                return None
            made = self.lost.both(part, made, path)
        return made

    def _own(self, node: Schema, path: Path, through: frozenset[int]) -> Schema | None:
        """A schema's own keywords, references and what is joined to it left out."""
        made: Schema = {}
        for name, value in node.items():
            place = (*path, name)
            if name in self._takes and name in MAPS:
                made[name] = self._map(value, place, through)
            elif name in SINGLES:
                self._single(made, name, value, place, through)
            elif name in LISTS and name in self._takes:
                made |= self._branches(node, name, path, through)
            elif name == "required":
                made[name] = self._texts(value, place)
            elif name not in _SILENT and name != "oneOf":
                self._plain(made, name, value, place)
        if "oneOf" in node and "oneOf" not in self._takes:
            if "anyOf" in node or not exclusive(self._seen(node, path)):
                self.lost.name((*path, "oneOf"))
            if "anyOf" not in node:
                made |= {"anyOf" if name == "oneOf" else name: value
                         for name, value in self._branches(node, "oneOf", path, through).items()}  # fmt: skip
        if made.get("anyOf") == []:
            return None
        values = self._values(node, path)
        return self._with_types(node, made, values, path)

    def _plain(self, made: Schema, name: str, value: object, place: Path) -> None:
        """A keyword whose value holds no schema."""
        wanted = self._takes.get(name)
        hashable = not isinstance(value, list | dict)
        if name in self._takes and (wanted is None or (hashable and value in wanted)):
            made[name] = value
        else:
            self.lost.name(place)

    def _single(self, made: Schema, name: str, value: object, place: Path, through: frozenset[int]) -> None:
        wanted = self._takes.get(name)
        if name == "additionalProperties" and value is True and not self._level.closed:
            if name in self._takes and wanted is None:
                made[name] = True
        elif name not in self._takes or (wanted is not None and value is not False):
            self.lost.name(place)
        elif name == "additionalProperties" and value is False:
            made[name] = False
        else:
            inner = self.schema(value, place, through)
            if inner is None:
                self.lost.name(place)
            else:
                made[name] = inner

    def _map(self, value: object, place: Path, through: frozenset[int]) -> Schema:
        if not isinstance(value, dict):
            self.lost.name(place)
            return {}
        made: Schema = {}
        for name, inner in value.items():
            levelled_one = self.schema(inner, (*place, name), through)
            if levelled_one is None:
                self.lost.name((*place, name))
            else:
                made[name] = levelled_one
        return made

    def _branches(self, node: Schema, name: str, path: Path, through: frozenset[int]) -> Schema:
        """A list of schemas under its keyword; those under which nothing is valid are left out of a choice."""
        given = self._list(node, name, path)
        if not given:
            return {}
        made = [self.schema(one, (*path, name, str(at)), through) for at, one in enumerate(given)]
        if name in ("allOf", "prefixItems") and None in made:
            self.lost.name((*path, name))
        return {name: [one for one in made if one is not None]}

    def _seen(self, node: Schema, path: Path) -> list[object]:
        """The branches of ``oneOf``, those that are bare references looked up."""
        branches: list[object] = self._list(node, "oneOf", path)
        for at, one in enumerate(branches):
            found = target_of(self._root, one["$ref"]) if isinstance(one, dict) and one.keys() == {"$ref"} else None
            if found is not None:
                branches[at] = found[0]
        return branches

    def _list(self, node: Schema, name: str, path: Path) -> list[Any]:
        value = node[name]
        if isinstance(value, list) and value:
            return list(value)
        self.lost.name((*path, name))
        return []

    def _texts(self, value: object, place: Path) -> list[str]:
        given = value if isinstance(value, list) else [None]
        kept = [one for one in given if isinstance(one, str)]
        if len(kept) < len(given):
            self.lost.name(place)
        return kept

    # types and values

    def _values(self, node: Schema, path: Path) -> list[Any] | None:
        """The values a schema lists, where the level takes them; None: it lists none."""
        name = "const" if "const" in node else "enum"
        if name not in node:
            return None
        values = [node["const"]] if name == "const" else node["enum"]
        allowed = self._level.enum | ({"null"} if self._level.types == "nullable" else frozenset())
        if not isinstance(values, list) or not values or any(type_of(value) not in allowed for value in values):
            self.lost.name((*path, name))
            return None
        if name == "const" and "enum" in node and node["enum"] != values:
            self.lost.name((*path, "enum"))
        return values

    def _with_types(self, node: Schema, made: Schema, values: list[Any] | None, path: Path) -> Schema:
        """The schema with its types and values; null is said as a type, whatever the level has for it."""
        types = self._types(node, path)
        if node.get("nullable") is True:
            if values is not None and "const" not in node and None not in values:
                values = [*values, None]
            if types:
                types = {"type": [*types_of(node), "null"]} if "null" not in types_of(node) else types
            elif "anyOf" in made and all(types_of(one) != ("null",) for one in made["anyOf"]):
                made["anyOf"] = [*made["anyOf"], {"type": "null"}]
        made = {**types, **made}
        if values is None:
            return made
        if "const" in node and "const" in self._takes:
            return {**made, "const": node["const"]}
        return {**made, "enum": values}

    def _types(self, node: Schema, path: Path) -> Schema:
        """``type`` as given, or as much of it as is known."""
        if "type" not in node:
            return {}
        said = node["type"]
        types = types_of(node)
        names = said if isinstance(said, list) else [said]
        if not types or any(not isinstance(one, str) or one.lower() not in types for one in names):
            self.lost.name((*path, "type"))
        if not types:
            return {}
        if list(types) == names:
            return {"type": said}
        return {"type": types[0] if len(types) == 1 else list(types)}
