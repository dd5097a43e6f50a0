"""The floors hold, and the contracts that hold them catch what they are there to catch."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, Module, copy_of_the_tree, module, modules, plant

LAYERS = "Imports go down the floors, never sideways"
PLUGINS = "Plug-ins do not know each other"
DRIVERS = "Core, ports and line import no framework and no driver"
WORDS = "The line speaks core words only"
GIVEN = "Edge and control are given their adapters"
EXCEPTED = " (1 ignored import)"
"""Behind the verdict on DRIVERS: the Receipt is a msgspec Struct, and nothing else on these floors is."""

TWO_PROVIDERS = {
    "providers/planted_a.py": "from torana.providers import planted_b\n",
    "providers/planted_b.py": "B = 1\n",
}

PLANTED = [
    ("line_to_store", {"line/planted.py": "import torana.stores\n"}, LAYERS),
    ("provider_to_provider", TWO_PROVIDERS, PLUGINS),
    ("guardrail_to_guardrail", {"guardrails/a.py": "import torana.guardrails.b\n", "guardrails/b.py": ""}, PLUGINS),
    ("line_to_http_client", {"line/planted.py": "import httpx\n"}, DRIVERS),
    ("line_to_framework", {"line/planted.py": "import fastapi\n"}, DRIVERS),
    ("core_to_msgspec", {"core/planted.py": "import msgspec\n"}, DRIVERS),
    ("ports_to_msgspec", {"ports/planted.py": "import msgspec\n"}, DRIVERS),
    ("line_to_msgspec", {"line/planted.py": "import msgspec\n"}, DRIVERS),
    ("ports_to_sql", {"ports/planted.py": "import sqlalchemy\n"}, DRIVERS),
    ("line_to_dialect", {"line/planted.py": "import torana.dialects\n"}, WORDS),
    ("line_to_upstream", {"line/planted.py": "import torana.upstream\n"}, WORDS),
    ("control_to_store", {"control/planted.py": "import torana.stores\n"}, GIVEN),
    ("edge_to_records", {"edge/planted.py": "import torana.records\n"}, GIVEN),
    ("edge_to_control", {"edge/planted.py": "import torana.control\n"}, LAYERS),
    ("core_to_ports", {"core/planted.py": "import torana.ports\n"}, LAYERS),
    ("dialect_to_upstream", {"dialects/planted.py": "import torana.upstream\n"}, LAYERS),
    ("line_to_wiring", {"line/planted.py": "import torana.wiring\n"}, LAYERS),
    ("store_to_sink", {"stores/planted.py": "import torana.sinks\n"}, LAYERS),
    ("a_folder_nobody_named", {"drawer/__init__.py": ""}, LAYERS),
]


def floors(tree: Path) -> tuple[int, dict[str, bool]]:
    """import-linter on a tree: exit code, and for each contract by name whether it was kept."""
    env = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "FORCE_COLOR"}}
    env |= {"PYTHONPATH": str(tree / "src"), "NO_COLOR": "1", "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
    env |= {"PYTHONDONTWRITEBYTECODE": "1"}
    program = "from importlinter.cli import lint_imports_command as main; main()"
    command = [sys.executable, "-c", program, "--no-cache", "--config", "pyproject.toml"]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    verdicts: dict[str, bool] = {}
    for line in said.splitlines():
        verdict = line.rstrip().removesuffix(EXCEPTED)
        for word, kept in ((" KEPT", True), (" BROKEN", False)):
            if verdict.endswith(word):
                verdicts[verdict.removesuffix(word).strip()] = kept
    assert verdicts, said
    return done.returncode, verdicts


def test_the_tree_keeps_every_floor(tmp_path: Path) -> None:
    code, verdicts = floors(copy_of_the_tree(tmp_path))
    assert verdicts == dict.fromkeys((LAYERS, PLUGINS, DRIVERS, WORDS, GIVEN), True)
    assert code == 0


@pytest.mark.parametrize(("files", "contract"), [pytest.param(f, c, id=name) for name, f, c in PLANTED])
def test_a_planted_import_is_caught_by_its_contract(files: dict[str, str], contract: str, tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    for name, text in files.items():
        plant(tree, name, text)
    code, verdicts = floors(tree)
    assert verdicts[contract] is False
    assert code != 0


def foreign_imports(source: Module) -> list[str]:
    """Imports of a core module that are neither the standard library nor core."""
    found = []
    for node in ast.walk(source.tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("torana.core"):
                found.append(f"{source.name}: {name}")
    return found


def test_core_needs_only_the_standard_library() -> None:
    assert [line for source in modules() if source.room == "core" for line in foreign_imports(source)] == []


def test_a_package_in_core_is_seen() -> None:
    assert foreign_imports(module("core/planted.py", "from attrs import define")) == ["core/planted.py: attrs"]


def test_the_contracts_name_every_plug_in_folder() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for room in ("providers", "guardrails", "strategies", "stores", "sinks"):
        assert f'"torana.{room}.*"' in text
