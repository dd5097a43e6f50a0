"""Tuples that the hot path makes without their constructors have all their members: nothing else would notice a missing one."""

from __future__ import annotations

import ast
from pathlib import Path

SRC = Path(__file__).parents[2] / "src/torana"
MAKERS = frozenset({"tuple.__new__", "new"})
"""How it is written: whole, or by the short name that ``core.sse`` gives it."""


def fields_of(trees: list[ast.Module]) -> dict[str, int]:
    """How many members each NamedTuple has."""
    return {
        node.name: sum(isinstance(member, ast.AnnAssign) for member in node.body)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(one) == "NamedTuple" for one in node.bases)
    }


def made_of(tree: ast.Module) -> list[tuple[str, int, int]]:
    """Name, members and line of each tuple that is made so, but for those with members that are counted only as they run."""
    return [
        (node.args[0].id, len(node.args[1].elts), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in MAKERS
        and len(node.args) == 2
        and isinstance(node.args[0], ast.Name)
        and isinstance(node.args[1], ast.Tuple)
        and not any(isinstance(one, ast.Starred) for one in node.args[1].elts)
    ]


def short(trees: list[ast.Module], known: dict[str, int]) -> list[str]:
    return [f"{name}:{line}" for tree in trees for name, members, line in made_of(tree) if known.get(name) != members]


def test_each_has_as_many_members_as_its_class() -> None:
    trees = [ast.parse(path.read_text()) for path in SRC.rglob("*.py")]
    assert {name for tree in trees for name, _, _ in made_of(tree)} == {"Event"}  # words with slots are called
    assert short(trees, fields_of(trees)) == []


def test_a_member_too_few_is_found() -> None:
    tree = ast.parse("class A(NamedTuple):\n    x: int\n    y: int = 0\n\ndef f(): return tuple.__new__(A, (1,))\n")
    assert short([tree], fields_of([tree])) == ["A:5"]
