"""The laws of size and shape, as functions from a module to what breaks them. No law knows of debts."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.architecture.house import Module

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 6
ANSWER_LINES = 40
DRAWERS = {"base", "common", "handler", "handlers", "helpers", "manager", "misc", "service", "services", "utils"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Breach(NamedTuple):
    """A place that breaks a law, and by how much."""

    law: str
    place: str
    measure: int


def functions(tree: ast.AST, outer: str = "") -> Iterator[tuple[str, Function]]:
    """Every function with its dotted name, nested ones and methods included."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield outer + node.name, node
            yield from functions(node, f"{outer}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{outer}{node.name}.")
        else:
            yield from functions(node, outer)


def function_length(node: Function) -> int:
    """Lines from ``def`` to the end, the docstring not counted."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def parameter_count(node: Function) -> int:
    """Parameters a caller gives; ``self`` and ``cls`` are not given."""
    arguments = node.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


def file_lines(source: Module) -> Iterator[Breach]:
    lines = source.text.count("\n")
    limit = ANSWER_LINES if source.name == "line/answer.py" else FILE_LINES
    if lines > limit:
        yield Breach("file_lines", source.name, lines)


def function_lines(source: Module) -> Iterator[Breach]:
    for name, node in functions(source.tree):
        if (length := function_length(node)) > FUNCTION_LINES:
            yield Breach("function_lines", f"{source.name}:{name}", length)


def parameters(source: Module) -> Iterator[Breach]:
    for name, node in functions(source.tree):
        if (count := parameter_count(node)) > PARAMETERS:
            yield Breach("parameters", f"{source.name}:{name}", count)


def drawer_names(source: Module) -> Iterator[Breach]:
    for part in source.name.removesuffix(".py").split("/"):
        if part in DRAWERS:
            yield Breach("drawer_names", source.name, 1)


def inner_imports(source: Module) -> Iterator[Breach]:
    if source.name == "wiring/find.py" or source.name.startswith("stores/migrations/"):
        return
    for name, node in functions(source.tree):
        count = sum(isinstance(child, ast.Import | ast.ImportFrom) for child in _own(node))
        if count:
            yield Breach("inner_imports", f"{source.name}:{name}", count)


def globals_used(source: Module) -> Iterator[Breach]:
    for name, node in functions(source.tree):
        count = sum(isinstance(child, ast.Global) for child in _own(node))
        if count:
            yield Breach("globals_used", f"{source.name}:{name}", count)


def broad_excepts(source: Module) -> Iterator[Breach]:
    """Handlers that swallow everything. One that ends in a ``raise`` only cleans up or translates and is no breach."""
    if source.room == "edge":
        return
    for name, node in [("", source.tree), *functions(source.tree)]:
        count = sum(isinstance(child, ast.ExceptHandler) and _swallows_everything(child) for child in _own(node))
        if count:
            yield Breach("broad_excepts", f"{source.name}:{name}".rstrip(":"), count)


def reasonless_excepts(source: Module) -> Iterator[Breach]:
    """Broad handlers, wherever they may stand, without a comment beside them or just below."""
    lines = source.text.splitlines()
    for child in ast.walk(source.tree):
        if isinstance(child, ast.ExceptHandler) and _swallows_everything(child):
            beside = "\n".join(lines[max(child.lineno - 2, 0) : child.body[0].lineno])
            if not re.search(r"#(?! *noqa\S*\s*$)", beside.replace("# noqa: BLE001", ""), re.MULTILINE):
                yield Breach("reasonless_excepts", f"{source.name}:{child.lineno}", 1)


def untracked_tasks(source: Module) -> Iterator[Breach]:
    """Tasks made without a reason beside them; only a module's tracked runner makes tasks. A TaskGroup tracks itself."""
    lines = source.text.splitlines()
    for child in ast.walk(source.tree):
        if not (isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute)):
            continue
        if child.func.attr in {"create_task", "ensure_future"} and "#" not in lines[child.lineno - 1]:
            owner = ast.unparse(child.func.value)
            if "group" not in owner.lower():
                yield Breach("untracked_tasks", f"{source.name}:{child.lineno}", 1)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, those of functions inside it left to them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda):
            continue
        yield child
        yield from _own(child)


def _swallows_everything(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = any(kind is None or (isinstance(kind, ast.Name) and kind.id in _BROAD) for kind in kinds)
    return broad and not isinstance(handler.body[-1], ast.Raise)


_BROAD = {"Exception", "BaseException"}

LAWS: tuple[Callable[[Module], Iterator[Breach]], ...] = (
    file_lines,
    function_lines,
    parameters,
    drawer_names,
    inner_imports,
    globals_used,
    broad_excepts,
    reasonless_excepts,
    untracked_tasks,
)
