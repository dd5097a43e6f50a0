"""A configuration value with the place it was written at: Node.

It knows neither YAML nor settings. Made by ``yaml_text.py`` and by the overlays of environment and command line,
changed by ``references.py``, read by ``settings_bind.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from torana.wiring.problems import Place

Scalar = str | int | float | bool | None

INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


@dataclass(slots=True)
class Node:
    """One value. Mappings keep their key places in ``keys``; ``weight`` counts every value within, aliases unfolded."""

    value: Scalar | list[Node] | dict[str, Node]
    place: Place
    text: str = ""
    """A scalar as it was written, for exact decimals."""
    plain: bool = False
    """A scalar without quotes: its text decides on its type."""
    expanded: bool = False
    """The text came, in part, from a reference or from the environment."""
    broken: bool = False
    """An error has been reported for it already: the binder passes it over."""
    weight: int = 1
    depth: int = 1
    keys: dict[str, Place] = field(default_factory=dict)

    def retyped(self, text: str) -> Node:
        """This scalar with another text, its type decided anew when it was plain."""
        return replace(self, text=text, value=typed(text) if self.plain else text, expanded=True)

    def child(self, key: str) -> Node | None:
        """The value under a key; None when there is none or this is no mapping."""
        return self.value.get(key) if isinstance(self.value, dict) else None


def typed(text: str) -> Scalar:
    """The value of a plain scalar by the YAML 1.2 core rules.

    Not by YAML 1.1, where ``no`` is false, ``012`` is ten and ``2026-06-01`` is no text
    (https://yaml.org/spec/1.2.2/#103-core-schema).
    """
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if DECIMAL.fullmatch(text):
        return float(text)
    return text


def scalar(value: Scalar, place: Place, *, expanded: bool = False) -> Node:
    """A node for a value that was not read from YAML."""
    return Node(value, place, text="" if value is None else str(value), expanded=expanded)


def plain(text: str, place: Place) -> Node:
    """A node for a text from outside a file, typed as an unquoted YAML value would be."""
    return Node(typed(text), place, text=text, plain=True, expanded=True)


def mapping(place: Place, entries: dict[str, Node] | None = None) -> Node:
    """A mapping node; each key's place is that of its value."""
    entries = entries or {}
    return Node(entries, place, keys={key: node.place for key, node in entries.items()})


def sequence(place: Place, items: list[Node]) -> Node:
    """A list node."""
    return Node(items, place)


def from_plain(value: object, place: Place) -> Node:
    """Plain Python values as a tree that was all written at one place."""
    if isinstance(value, dict):
        return mapping(place, {str(key): from_plain(below, place) for key, below in value.items()})
    if isinstance(value, list):
        return sequence(place, [from_plain(below, place) for below in value])
    if value is None or isinstance(value, str | int | float):
        return scalar(value, place)
    raise TypeError(f"no setting is a {type(value).__name__}")


def set_at(root: Node, path: tuple[str, ...], node: Node) -> None:
    """Put ``node`` under ``path`` of mappings, making those that are missing. A non-mapping on the way is left alone."""
    here = root
    for step in path[:-1]:
        below = here.child(step)
        if below is None or below.value is None:
            below = mapping(node.place)
            put(here, step, below)
        here = below
    put(here, path[-1], node)


def append_at(root: Node, key: str, nodes: list[Node]) -> None:
    """Add items to the list under ``key``, making it when it is missing. A non-list there is left for the binder."""
    if not nodes:
        return
    there = root.child(key)
    if there is None or there.value is None:
        put(root, key, sequence(nodes[0].place, nodes))
    elif isinstance(there.value, list):
        there.value = [*there.value, *nodes]


def put(parent: Node, key: str, node: Node) -> None:
    """Set one entry of a mapping; anything else is left for the binder to complain about."""
    if isinstance(parent.value, dict):
        parent.value[key] = node
        parent.keys[key] = node.place
