"""The tree as the house tests see it: its modules, parsed once, and its debts."""

from __future__ import annotations

import ast
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "torana"
DOCS = ROOT / "docs"


class Module(NamedTuple):
    """One source file. ``name`` is its path under src/torana, with slashes."""

    name: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.partition("/")[0]


@cache
def modules(src: Path = SRC) -> tuple[Module, ...]:
    """Every Python file of the product, in path order."""
    found = []
    for path in sorted(src.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Module(path.relative_to(src).as_posix(), text, ast.parse(text, str(path))))
    return tuple(found)


def module(name: str, text: str) -> Module:
    """A module that exists only in a test."""
    return Module(name, text, ast.parse(text))


def constants(node: ast.AST) -> Iterator[str]:
    """Every string constant below ``node``, docstrings left out."""
    skipped = {id(docstring) for docstring in _docstrings(node)}
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and id(child) not in skipped:
            yield child.value


def _docstrings(node: ast.AST) -> Iterator[ast.Constant]:
    for child in ast.walk(node):
        body = getattr(child, "body", None)
        for statement in body if isinstance(body, list) else []:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement.value


def public_names(tree: ast.Module) -> list[str]:
    """Names a module offers: classes, functions, constants without a leading underscore."""
    names: list[str] = []
    for statement in tree.body:
        match statement:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.append(name)
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.append(name)
            case ast.Assign(targets=targets):
                names.extend(target.id for target in targets if isinstance(target, ast.Name))
    return [name for name in names if not name.startswith("_")]


def debts() -> Mapping[str, Sequence[Mapping[str, object]]]:
    """debts.toml, by table."""
    return tomllib.loads((ROOT / "tests" / "architecture" / "debts.toml").read_text(encoding="utf-8"))


def tracked_files() -> list[Path]:
    """Every file that is, or is about to be, in the repository; without git, the tree less what builds leave."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        made = {".git", ".venv", "node_modules", "__pycache__", "build", "dist", "data"}
        paths = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in paths if path.is_file())


def plant(tree: Path, name: str, text: str) -> None:
    """Write ``text`` as (or at the end of) src/torana/``name`` in a copy of the tree."""
    path = tree / "src" / "torana" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text(encoding="utf-8") if path.exists() else '"""Planted."""\n'
    path.write_text(old + "\n" + text + "\n", encoding="utf-8")


def copy_of_the_tree(into: Path) -> Path:
    """A copy of src and pyproject.toml that a test may spoil."""
    shutil.copytree(ROOT / "src", into / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", into / "pyproject.toml")
    return into
