"""YAML text to Nodes with line and column, within bounds on size, depth and alias growth.

It builds no Python objects, follows no tags and knows no settings. Called by ``settings.load`` and ``torana config``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from torana.wiring.nodes import Node, typed
from torana.wiring.problems import ConfigError, Place, Problem

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 40
MAX_VALUES = 500_000
"""Values after unfolding aliases: nine lines of YAML can otherwise stand for billions."""


def read_yaml(data: bytes, file: str) -> Node:
    """The document as a Node; an empty document is an empty mapping.

    Raises ConfigError: for a syntax error that one, else all duplicate keys, tags and the like together.
    """
    text = _decode(data, file)
    builder = _Builder(file)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.YAMLError as fault:
        raise ConfigError([*builder.problems, _syntax_problem(fault, text, file)]) from None
    if builder.problems:
        raise ConfigError(builder.problems)
    root = builder.root
    if root is None or (root.value is None):
        return Node({}, Place(file, 1, 1))
    if not isinstance(root.value, dict):
        raise ConfigError([Problem(root.place, "", "the file must be a mapping of settings", 'such as "server:"')])
    return root


def _events(text: str) -> Iterator[yaml.Event]:
    """Parse events from libyaml where it is there, for speed. Its texts are never shown: see ``_syntax_problem``."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=loader)
    return events


def _decode(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        message = f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read"
        raise ConfigError([Problem(Place(file), "", message)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = data[: fault.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        place = Place(file, before.count(b"\n") + 1, column)
        raise ConfigError([Problem(place, "", "the file is not UTF-8", "save it as UTF-8")]) from None


def _syntax_problem(fault: yaml.YAMLError, text: str, file: str) -> Problem:
    """The first syntax error in words of the pure Python parser, which are the same on every machine."""
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.YAMLError as slow_fault:
        fault = slow_fault
    if isinstance(fault, yaml.reader.ReaderError):
        line_start = text.rfind("\n", 0, fault.position) + 1
        place = Place(file, text.count("\n", 0, fault.position) + 1, fault.position - line_start + 1)
        return Problem(place, "", "a control character that YAML does not allow", "remove it, or escape it in quotes")
    if not isinstance(fault, yaml.MarkedYAMLError):
        return Problem(Place(file), "", f"not YAML: {fault}")
    mark = fault.problem_mark or fault.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    problem = fault.problem or "unreadable"
    if "'\\t'" in problem:
        return Problem(place, "", "a tab where YAML allows only spaces", "indent with spaces")
    context = f", {fault.context}" if fault.context else ""
    return Problem(place, "", f"not YAML: {problem}{context}", _advice(problem))


def _advice(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "check the indentation, or quote a text that holds a colon"
    if "undefined alias" in problem:
        return "an anchor (&name) must stand before its alias (*name)"
    if "cannot start any token" in problem:
        return "quote the text"
    return "check the indentation and the brackets around here"


@dataclass(slots=True)
class _Open:
    """A list or mapping that has not ended yet."""

    node: Node
    anchor: str | None
    key: str | None = None
    awaits_key: bool = True
    merges: list[Node] = field(default_factory=list)


class _Builder:
    """Builds Nodes from parse events with a stack of its own, so that depth costs no recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        place = self._place(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            self.anchors = {}
            if self.documents > 1:
                self._stop(place, "a second document begins here", 'one file holds one document: remove the "---"')
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._open(event, place)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, place)

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)

    def _stop(self, place: Place, message: str, suggestion: str = "") -> NoReturn:
        raise ConfigError([*self.problems, Problem(place, "", message, suggestion)])

    def _note(self, place: Place, message: str, suggestion: str = "") -> None:
        self.problems.append(Problem(place, self._path(), message, suggestion))

    def _path(self) -> str:
        text = ""
        for level in self.stack:
            if isinstance(level.node.value, list):
                text += f"[{len(level.node.value)}]"
            elif level.key is not None:
                text += f".{level.key}" if text else level.key
        return text

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        text: str = event.value
        is_plain = not event.style and event.tag is None  # libyaml says '', the Python parser None
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            self._note(place, f"the tag {event.tag} is not read", "write the value without a tag")
        if self._wants_key():
            self._key(text, place, is_plain)
            return
        node = Node(typed(text) if is_plain else text, place, text=text, plain=is_plain)
        self._keep(event.anchor, node)
        self._add(node)

    def _wants_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].node.value, dict) and self.stack[-1].awaits_key

    def _key(self, text: str, place: Place, is_plain: bool) -> None:
        level = self.stack[-1]
        level.key = text
        level.awaits_key = False
        if text == "<<" and is_plain:
            return
        first = level.node.keys.get(text)
        if first is not None:
            self._note(place, "this key is there twice", f"first on line {first.line}; keep one")
        level.node.keys[text] = place

    def _open(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent, place: Place) -> None:
        if self._wants_key():
            self._stop(place, "a key must be a text", "quote it when it begins with [ or {")
        if len(self.stack) >= MAX_DEPTH:
            self._stop(place, f"nested deeper than {MAX_DEPTH} levels")
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self._note(place, f"the tag {event.tag} is not read", "write the value without a tag")
        if event.anchor:
            self.anchors[event.anchor] = None
        empty: list[Node] | dict[str, Node] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(Node(empty, place), event.anchor))

    def _close(self) -> None:
        level = self.stack.pop()
        if isinstance(level.node.value, dict):
            for source in level.merges:
                self._merge(level.node, source)
        self._keep(level.anchor, level.node)
        self._add(level.node)

    def _merge(self, node: Node, source: Node) -> None:
        """``<<``: what is written beside it wins over what it brings (https://yaml.org/type/merge.html)."""
        if isinstance(source.value, list):
            for item in source.value:
                self._merge(node, item)
        elif isinstance(source.value, dict) and isinstance(node.value, dict):
            for key, value in source.value.items():
                if key not in node.value:
                    node.value[key] = value
                    node.keys[key] = source.keys[key]
                    self._weigh(node, value)
        else:
            self._note(source.place, "<< takes a mapping, or a list of mappings")

    def _alias(self, event: yaml.AliasEvent, place: Place) -> None:
        if self._wants_key():
            self._stop(place, "an alias cannot be a key", "write the key out")
        if event.anchor is None or event.anchor not in self.anchors:
            self._stop(place, f"no anchor &{event.anchor} stands before this alias", "an anchor must come first")
        node = self.anchors[event.anchor]
        if node is None:
            self._stop(place, f"the alias *{event.anchor} is inside its own anchor")
        self._add(node)

    def _keep(self, anchor: str | None, node: Node) -> None:
        if anchor:
            self.anchors[anchor] = node

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        level = self.stack[-1]
        if isinstance(level.node.value, list):
            level.node.value.append(node)
        elif isinstance(level.node.value, dict) and level.key is not None:
            if level.key == "<<":
                level.merges.append(node)
            else:
                level.node.value[level.key] = node
            level.key = None
            level.awaits_key = True
        self._weigh(level.node, node)

    def _weigh(self, parent: Node, child: Node) -> None:
        parent.weight += child.weight
        parent.depth = max(parent.depth, child.depth + 1)
        if parent.weight > MAX_VALUES:
            self._stop(child.place, f"more than {MAX_VALUES:,} values once aliases are unfolded", "use fewer aliases")
        if len(self.stack) + parent.depth > MAX_DEPTH * 2:
            self._stop(child.place, f"nested deeper than {MAX_DEPTH} levels once aliases are unfolded")
