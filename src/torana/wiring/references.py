"""References inside configuration texts: ``${NAME}``, ``${NAME:-default}``, ``${data_dir}``; ``$${`` for a plain ``${``.

It reads no environment itself and never shows what a name held. Called by ``settings.load``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from torana.wiring.nodes import Node
from torana.wiring.problems import Path, Report, did_you_mean

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
STORES = ("vault:", "aws-sm:")
MAX_NESTING = 8
Resolve = Callable[[str], str]
"""A reference to a secret store → what it holds. Raises LookupError, whose text says why not."""


class Expanded(NamedTuple):
    """A text with its references replaced. ``faults``: what is wrong, as (message, suggestion)."""

    text: str
    used: bool
    faults: tuple[tuple[str, str], ...] = ()


class _Fault(Exception):
    """A reference that is not well formed; ``args`` are message and suggestion."""


def expand(text: str, lookup: Callable[[str], str | None], known: Mapping[str, str] | None = None) -> Expanded:
    """Replace the references of one text. What a name holds is never read again for references.

    ``lookup``: the value of a name, None when it is unset. ``known``: names to suggest from.
    """
    faults: list[tuple[str, str]] = []
    try:
        result, _, used = _run(text, 0, _Context(lookup, known or {}, faults), 0)
    except _Fault as fault:
        return Expanded(text, True, ((fault.args[0], fault.args[1]),))
    return Expanded(result, used, tuple(faults))


class _Context(NamedTuple):
    lookup: Callable[[str], str | None]
    known: Mapping[str, str]
    faults: list[tuple[str, str]]


def _run(text: str, start: int, context: _Context, nesting: int) -> tuple[str, int, bool]:
    """Expand from ``start`` to the end, or to the ``}`` that ends a default; (result, position after, any used)."""
    out: list[str] = []
    position = start
    used = False
    while position < len(text):
        if text.startswith("$${", position):
            out.append("${")
            position += 3
            used = True
        elif text.startswith("${", position):
            value, position = _reference(text, position + 2, context, nesting)
            out.append(value)
            used = True
        elif nesting and text[position] == "}":
            return "".join(out), position, used
        else:
            out.append(text[position])
            position += 1
    if nesting:
        raise _Fault("a reference that is not closed", 'add the missing "}"')
    return "".join(out), position, used


def _reference(text: str, start: int, context: _Context, nesting: int) -> tuple[str, int]:
    """One reference, ``start`` just behind its ``${``; (value, position behind its ``}``)."""
    if nesting >= MAX_NESTING:
        raise _Fault(f"references nested deeper than {MAX_NESTING}", "")
    match = NAME.match(text, start)
    if match is None:
        raise _Fault("${ is not followed by a name", "write ${NAME}, or $${ for a plain ${")
    name, position = match[0], match.end()
    default: str | None = None
    if text.startswith(":-", position):
        quiet = context._replace(faults=[])
        default, position, _ = _run(text, position + 2, quiet, nesting + 1)
        if context.lookup(name) in (None, ""):
            context.faults.extend(quiet.faults)
    if position >= len(text):
        raise _Fault("a reference that is not closed", 'add the missing "}"')
    if text[position] != "}":
        raise _Fault(f"{text[position]!r} inside a reference", "only ${NAME} and ${NAME:-default} are read")
    value = context.lookup(name)
    if default is not None and not value:
        value = default
    if value is None:
        near = did_you_mean(name, context.known) if context.known else ""
        hint = near if near.startswith("did") else f"set {name}, or write ${{{name}:-}} if it may be empty"
        context.faults.append((f"the environment variable {name} is not set", hint))
        value = ""
    return value, position + 1


class _Means(NamedTuple):
    names: Mapping[str, str]
    resolve: Resolve | None
    report: Report


def expand_tree(
    root: Node, environ: Mapping[str, str], own: Mapping[str, str], report: Report, resolve: Resolve | None = None
) -> Node:
    """The tree with every text expanded; faults go to the report. ``own``: our names (``data_dir``), which win.

    ``resolve``: looks into secret stores; None: there are none.
    """
    return _expand_node(root, (), _Means({**environ, **own}, resolve, report))


def _expand_node(node: Node, path: Path, means: _Means) -> Node:
    value = node.value
    if isinstance(value, dict):
        entries = {key: _expand_node(below, (*path, key), means) for key, below in value.items()}
        return replace(node, value=entries, keys=dict(node.keys))
    if isinstance(value, list):
        return replace(node, value=[_expand_node(below, (*path, index), means) for index, below in enumerate(value)])
    if not isinstance(value, str):
        return node
    return _expand_text(node, path, means)


def _expand_text(node: Node, path: Path, means: _Means) -> Node:
    node = replace(node)
    report = means.report
    if "$" in node.text:
        expanded = expand(node.text, means.names.get, means.names)
        for message, suggestion in expanded.faults:
            report.error(path, message, suggestion, node.place)
        if expanded.used:
            node = node.retyped(expanded.text)
        node.broken = bool(expanded.faults)
    if node.text.startswith(STORES) and not node.broken:
        return _looked_up(node, path, means)
    return node


def _looked_up(node: Node, path: Path, means: _Means) -> Node:
    """The node with what a secret store holds in the place of its reference."""
    try:
        if means.resolve is None:
            raise LookupError("references to secret stores are not read here")
        return node.retyped(means.resolve(node.text))
    except LookupError as fault:
        kind = node.text.split(":", 1)[0]
        means.report.error(path, f"{kind}: {fault.args[0]}", "", node.place)
        node.broken = True
        return node
