"""tests/unit mirrors src/torana; a provider is named in one file; the wheel and the locks hold what they must."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.architecture.house import ROOT, SRC, Module, constants, debts, module, modules

UNIT = ROOT / "tests" / "unit"


# --- the mirror


def owes_a_unit_test(source: Module) -> bool:
    """Ports are shapes without behaviour, migrations run as wholes; an ``__init__`` counts when it defines something."""
    if source.room == "ports" or source.name.startswith("stores/migrations/") or "/" not in source.name:
        return False
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in source.tree.body)


def mirror_of(name: str) -> str:
    folder, _, file = name.rpartition("/")
    return f"{folder}/test_{folder.rpartition('/')[2] if file == '__init__.py' else file.removesuffix('.py')}.py"


def uncovered(sources: Iterable[Module], unit: Path, listed: Mapping[str, str]) -> list[str]:
    """Modules that neither have their unit test nor a named suite; names listed though their unit test exists.

    ``listed``: module, or ``room/*`` for the rest of a room → the suite that covers it, a path under tests/.
    """
    wrong, used = [], set()
    for source in sources:
        has_one = (unit / mirror_of(source.name)).exists()
        if has_one and source.name in listed:
            wrong.append(f"{source.name} has a unit test now: take it off the list")
        used |= {source.name}
        if has_one or not owes_a_unit_test(source):
            continue
        suite = listed.get(source.name) or listed.get(f"{source.room}/*")
        if suite is None:
            wrong.append(f"{source.name} has no test of its own and no suite is named for it")
        elif not any((ROOT / suite).rglob("test_*.py")):
            wrong.append(f"{source.name}: there are no tests in {suite}")
    return wrong + [f"{name} is listed and gone" for name in listed if not name.endswith("/*") and name not in used]


def test_every_module_has_a_unit_test_or_a_named_suite_that_covers_it() -> None:
    listed = {str(row["module"]): str(row["by"]) for row in debts().get("covered_elsewhere", [])}
    assert uncovered(modules(), UNIT, listed) == []


def test_a_module_without_any_test_is_seen(tmp_path: Path) -> None:
    bare = module("line/planted.py", "def f(): ...")
    assert uncovered([bare], tmp_path, {})
    assert uncovered([bare], tmp_path, {"line/*": "tests/nowhere"})
    assert uncovered([bare], tmp_path, {"line/*": "tests/architecture"}) == []
    (tmp_path / "line").mkdir()
    (tmp_path / "line" / "test_planted.py").touch()
    assert uncovered([bare], tmp_path, {}) == []
    assert uncovered([bare], tmp_path, {"line/planted.py": "tests/architecture"})
    assert uncovered([], tmp_path, {"line/gone.py": "tests/architecture"})


def test_every_unit_test_mirrors_a_module() -> None:
    mirrored = {mirror_of(source.name) for source in modules()}
    strays = [path.relative_to(UNIT).as_posix() for path in UNIT.rglob("test_*.py")]
    assert [stray for stray in strays if stray not in mirrored] == []


# --- one provider, one file


NOT_IDS = {"__init__", "catalogue", "openai_compatible"}  # the rows' table and the protocol that all rows speak


def provider_ids() -> set[str]:
    ids = {path.stem for path in (SRC / "providers").glob("*.py")} - NOT_IDS
    catalogue = SRC / "providers" / "catalogue.toml"
    if catalogue.exists():
        rows = tomllib.loads(catalogue.read_text(encoding="utf-8"))
        ids |= {key for key, value in rows.items() if isinstance(value, dict)}
        ids |= {str(row["id"]) for value in rows.values() if isinstance(value, list) for row in value}
    return ids


def namings(ids: Iterable[str], sources: Iterable[Module]) -> dict[str, set[str]]:
    """Provider id → modules that have it as a string, whole or as the first part of ``provider/model``."""
    found: dict[str, set[str]] = {}
    wanted = set(ids)
    for source in sources:
        for text in constants(source.tree):
            if text in wanted:
                found.setdefault(text, set()).add(source.name)
    return found


def test_a_provider_is_named_in_one_file() -> None:
    ids = provider_ids()
    assert ids
    allowed = {(str(row["provider"]), str(row["module"])) for row in debts().get("names_a_provider", [])}
    said = {(name, where) for name, places in namings(ids, modules()).items() for where in places}
    strays = {(name, where) for name, where in said if where != f"providers/{name}.py"}
    assert strays - allowed == set()
    assert allowed - strays == set(), "paid: take it off the list"


def test_a_provider_named_elsewhere_is_seen() -> None:
    planted = module("edge/planted.py", "if provider == 'groq':\n    pass\n")
    assert namings({"groq"}, [planted]) == {"groq": {"edge/planted.py"}}


# --- locks


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return {
        name.lower().replace("_", "-"): version
        for name, version in re.findall(r"^([\w.-]+)==([\w.+!]+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize("lock", ["lock-serve.txt", "lock-test.txt"])
def test_a_lock_satisfies_pyproject(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"]
    if lock == "lock-test.txt":
        wanted = wanted + project["dependency-groups"]["test"]
    pinned = pins(lock)
    for line in wanted:
        requirement = Requirement(line)
        name = requirement.name.lower().replace("_", "-")
        assert name in pinned, f"{line}: run make gen"
        assert Version(pinned[name]) in requirement.specifier, f"{line}: run make gen"


def test_both_locks_agree() -> None:
    test = pins("lock-test.txt")
    assert {name: version for name, version in pins("lock-serve.txt").items() if test.get(name) != version} == {}


# --- the wheel


def test_the_wheel_holds_what_is_not_python(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--quiet",
        "-w",
        tmp_path,
        ROOT,
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("torana-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = {
        f"torana/{path.relative_to(SRC).as_posix()}"
        for path in SRC.rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".so"}
    }
    assert data - names == set()
    assert {"torana/py.typed", "torana/edge/static/index.html"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]
