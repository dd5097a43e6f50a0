"""Nodes to typed settings: every unknown key, wrong type and bound is reported, none stops the rest.

It knows msgspec Structs, not what they mean; relations between settings are judged in ``settings_checks.py``.
Called by ``settings.load`` and, for a plug-in's own settings, by itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from torana.core.secret import Secret
from torana.wiring import settings_read
from torana.wiring.nodes import Node, mapping
from torana.wiring.problems import Path, Report, did_you_mean

Extra = Mapping[str, Any]


class RestKind(NamedTuple):
    """What describes the free keys of a row: the plug-in's Settings, and what its catalogue row gives of them."""

    struct: type[msgspec.Struct]
    defaults: Mapping[str, object]


FindRest = Callable[[type, Mapping[str, Any]], RestKind | None]
"""For a struct with free keys and its bound fields: what describes the free keys; None when nothing does."""

MISSING = object()
REST = "rest"


@cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    """The fields of a Struct, their types resolved."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - what type_info gives for a Struct
    return info.fields


BOUNDS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")


def unwrap(kind: inspect.Type) -> tuple[inspect.Type, Extra]:
    """A type without its annotations and ``None``, and what the annotations said: ours, and msgspec's own bounds."""
    said: dict[str, Any] = {}
    while True:
        if isinstance(kind, inspect.Metadata):
            said = {**(kind.extra or {}), **said}
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            rest = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            if len(rest) < len(kind.types):
                said["optional"] = True
            if len(rest) != 1:
                return kind, said
            kind = rest[0]
        else:
            bounds = {name: getattr(kind, name, None) for name in BOUNDS}
            return kind, {**{name: bound for name, bound in bounds.items() if bound is not None}, **said}


def holds_secret(kind: inspect.Type) -> bool:
    """Whether a value of this type is, or may have within, a secret: then nothing of a wrong one is shown."""
    kind, _ = unwrap(kind)
    if isinstance(kind, inspect.StructType):
        return any(holds_secret(one.type) for one in fields_of(kind.cls))
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return holds_secret(kind.item_type)
    if isinstance(kind, inspect.DictType):
        return holds_secret(kind.value_type)
    return isinstance(kind, inspect.CustomType)


class Binder:
    """Binds one tree. Where a value is wrong it reports, and goes on with the default or an empty value."""

    def __init__(self, report: Report, find_rest: FindRest) -> None:
        self.report = report
        self.find_rest = find_rest

    def bind(self, struct: type[msgspec.Struct], node: Node, path: Path) -> Any:
        """An instance of ``struct``, whatever the node holds."""
        values = self.bind_fields(struct, node, path)
        for one in fields_of(struct):
            if one.required and one.name not in values:
                values[one.name] = self._empty(one.type)
        return self._made(struct, values, path)

    def bind_fields(self, struct: type[msgspec.Struct], node: Node, path: Path) -> dict[str, Any]:
        """The fields that the node gives, bound; unknown and missing keys are reported."""
        self.report.places[path] = node.place
        if not isinstance(node.value, dict):
            if not node.broken:
                self._wrong(
                    node, path, "a mapping of settings", hide=any(holds_secret(one.type) for one in fields_of(struct))
                )
            return {}
        fields = {one.encode_name: one for one in fields_of(struct)}
        rest = next((name for name, one in fields.items() if unwrap(one.type)[1].get("form") == REST), None)
        if rest is not None:
            del fields[rest]
        values: dict[str, Any] = {}
        free: dict[str, Node] = {}
        for key, below in node.value.items():
            if key in fields:
                bound = self.value(fields[key].type, below, (*path, key))
                if bound is not MISSING:
                    values[fields[key].name] = bound
            elif rest is not None:
                free[key] = below
            else:
                self._unknown(key, node, path, fields)
        self._missing(fields, node, path)
        if rest is not None:
            values[rest] = self._rest(struct, values, Node(free, node.place, keys=node.keys), path, fields)
        return values

    def _missing(self, fields: Mapping[str, inspect.Field], node: Node, path: Path) -> None:
        """Report required keys that are not there, but not one that was misspelt: that has been said."""
        assert isinstance(node.value, dict)  # noqa: S101 - the caller's case
        strange = [key for key in node.value if key not in fields]
        for name, one in fields.items():
            if (
                one.required
                and name not in node.value
                and not difflib.get_close_matches(name, strange, n=1, cutoff=0.6)
            ):
                said = unwrap(one.type)[1].get("says", "")
                self.report.error(path, f'"{name}" is missing', f"{name}: {said}" if said else "", node.place)

    def _unknown(self, key: str, node: Node, path: Path, known: Mapping[str, object]) -> None:
        self.report.error((*path, key), f'unknown key "{key}"', did_you_mean(key, known), node.keys.get(key))

    def _rest(
        self, struct: type, values: Mapping[str, Any], free: Node, path: Path, fields: Mapping[str, object]
    ) -> Any:
        """The plug-in's Settings, from the keys that the row itself does not know; plain values for no plug-in."""
        rest = self.find_rest(struct, values)
        assert isinstance(free.value, dict)  # noqa: S101 - made so by the caller
        if rest is None:
            return {key: settings_read.as_plain(below) for key, below in free.value.items()}
        known = {one.encode_name: one for one in fields_of(rest.struct)}
        bound: dict[str, Any] = dict(rest.defaults)
        for key, below in free.value.items():
            if key not in known:
                self._unknown(key, free, path, {**known, **fields})
                continue
            value = self.value(known[key].type, below, (*path, key))
            if value is not MISSING:
                bound[known[key].name] = value
        self._missing({name: one for name, one in known.items() if name not in rest.defaults}, free, path)
        for one in known.values():
            if one.required and one.name not in bound:
                bound[one.name] = self._empty(one.type)
        return self._made(rest.struct, bound, path)

    def _made(self, struct: type[msgspec.Struct], values: dict[str, Any], path: Path) -> Any:
        """The struct; what its own ``__post_init__`` refuses is reported in its words, unless something was before."""
        try:
            return struct(**values)
        except (TypeError, ValueError) as fault:
            if not self.report.wrong_within(path):
                self.report.error(path, str(fault))
            return None

    def value(self, kind: inspect.Type, node: Node, path: Path) -> Any:
        """One value of a type; MISSING when it is wrong (reported) or left empty where a default stands."""
        self.report.places[path] = node.place
        if node.broken:
            return MISSING
        kind, said = unwrap(kind)
        if node.value is None and said.get("optional"):
            return None
        if node.value is None and isinstance(
            kind, inspect.StructType | inspect.VarTupleType | inspect.ListType | inspect.DictType
        ):
            return MISSING
        if isinstance(kind, inspect.StructType):
            if said.get("short") and isinstance(node.value, str | int):
                node = mapping(node.place, {said["short"]: node})
            return self.bind(kind.cls, node, path)
        if isinstance(kind, inspect.VarTupleType | inspect.ListType):
            return self._items(kind, said, node, path)
        if isinstance(kind, inspect.DictType):
            return self._mapping(kind, node, path)
        return self._scalar(kind, said, node, path)

    def _items(self, kind: inspect.VarTupleType | inspect.ListType, said: Extra, node: Node, path: Path) -> Any:
        if not isinstance(node.value, list):
            hide = holds_secret(kind)
            self._wrong(node, path, "a list", "" if hide else _list_advice(node), hide=hide)
            return MISSING
        if len(node.value) < said.get("min_length", 0):
            self.report.error(path, "at least one is needed", "", node.place)
        items: list[Any] = []
        for index, below in enumerate(node.value):
            item = self.value(kind.item_type, below, (*path, index))
            items.append(self._empty(kind.item_type) if item is MISSING else item)
        return tuple(items) if isinstance(kind, inspect.VarTupleType) else items

    def _mapping(self, kind: inspect.DictType, node: Node, path: Path) -> Any:
        if not isinstance(node.value, dict):
            self._wrong(node, path, "a mapping", hide=holds_secret(kind))
            return MISSING
        bound = {key: self.value(kind.value_type, below, (*path, key)) for key, below in node.value.items()}
        return {key: value for key, value in bound.items() if value is not MISSING}

    def _scalar(self, kind: inspect.Type, said: Extra, node: Node, path: Path) -> Any:
        try:
            value = settings_read.scalar(kind, said, node)
            settings_read.within(value, said)
        except settings_read.Wrong as fault:
            self.report.error(path, fault.message, fault.suggestion, node.place)
            return MISSING
        return value

    def _wrong(self, node: Node, path: Path, expected: str, suggestion: str = "", *, hide: bool = False) -> None:
        got = "a text" if hide and isinstance(node.value, str) else settings_read.shown(node)
        self.report.error(path, f"expected {expected}, got {got}", suggestion, node.place)

    def _empty(self, kind: inspect.Type) -> Any:
        """A harmless value for a required field that is missing or wrong; never seen outside, as an error was reported."""
        kind, said = unwrap(kind)
        if isinstance(kind, inspect.StructType):
            given = {one.name: self._empty(one.type) for one in fields_of(kind.cls) if one.required}
            return kind.cls(**given)
        if said.get("optional"):
            return None
        empties: list[tuple[type | tuple[type, ...], Any]] = [
            (inspect.StrType, ""),
            (inspect.IntType, 0),
            (inspect.FloatType, 0.0),
            (inspect.BoolType, False),
            (inspect.DecimalType, Decimal(0)),
            (inspect.VarTupleType, ()),
            (inspect.ListType, []),
            (inspect.DictType, {}),
            (inspect.CustomType, Secret("")),
        ]
        for one, empty in empties:
            if isinstance(kind, one):
                return empty
        return kind.values[0] if isinstance(kind, inspect.LiteralType) else None


def _list_advice(node: Node) -> str:
    if isinstance(node.value, str) and re.fullmatch(r"[\w.*/: -]+", node.text) and not node.expanded:
        return f'write ["{node.text}"]'
    return 'a list is written [a, b], or one item a line after "- "'
