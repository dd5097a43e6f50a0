"""Lists that must agree do: what the code has is in the documents, and what the documents name is in the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from msgspec import inspect, structs
from packaging.requirements import Requirement

from tests.architecture.house import DOCS, ROOT, SRC, Module, constants, modules, public_names, tracked_files
from torana.core.errors import CODES
from torana.core.tickets import ENDINGS
from torana.ports.receipt import Receipt
from torana.wiring.find import available
from torana.wiring.settings import Settings


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def first_cells(text: str) -> dict[str, str]:
    """The rows of every table whose first cell is one backticked word: word → the rest of the row."""
    rows = re.findall(r"^\| *`([^`]+)` *\|(.*)$", text, re.MULTILINE)
    return dict(rows)


def backticked(text: str) -> set[str]:
    """Every word in backticks, split at what joins them."""
    return {word for quoted in re.findall(r"`([^`\n]+)`", text) for word in re.split(r"[\s,:|=.()\[\]{}\"']+", quoted)}


def sources(*rooms: str) -> list[Module]:
    return [source for source in modules() if source.room in rooms]


# --- errors, endings, receipts


def test_every_error_code_is_documented_with_its_status() -> None:
    rows = first_cells(page("errors.md"))
    assert set(rows) == set(CODES)
    for code, meaning in CODES.items():
        assert str(meaning.status) in rows[code].split("|")[0], code


def test_every_ending_and_every_field_of_a_receipt_is_documented() -> None:
    rows = first_cells(page("receipts.md"))
    assert set(rows) == {field.name for field in structs.fields(Receipt)} | set(ENDINGS)


# --- metrics


METRIC = re.compile(r"(?:ai_gateway|process)_[a-z0-9_]+")


def metric_names() -> set[str]:
    found = {text for source in sources("records") for text in constants(source.tree) if METRIC.fullmatch(text)}
    return {name for name in found if not name.endswith("_")}


def test_every_metric_is_documented_and_every_documented_metric_exists() -> None:
    documented = set(first_cells(page("metrics.md")))
    assert documented == metric_names()


# --- settings, environment, command line


def setting_names() -> set[str]:
    """Every key that a configuration file may have, provider and guardrail settings included."""
    names: set[str] = set()
    offered = available()
    forms = [Settings, *(kind.settings() for kind in (*offered.providers.values(), *offered.guardrails.values()))]
    for form in forms:
        _collect(inspect.type_info(form), names, set())
    return names


def _collect(shape: object, names: set[str], seen: set[type]) -> None:
    """The keys of the Structs in a msgspec type, at any depth."""
    if isinstance(shape, inspect.StructType):
        if shape.cls in seen:
            return
        seen.add(shape.cls)
        for field in shape.fields:
            if isinstance(field.type, inspect.Metadata) and (field.type.extra or {}).get("form") == "rest":
                continue  # the kind's own settings, which stand beside it
            names.add(field.encode_name)
            _collect(field.type, names, seen)
    for part in ("types", "item_types"):
        for inner in getattr(shape, part, ()):
            _collect(inner, names, seen)
    for part in ("type", "item_type", "key_type", "value_type"):
        if inner := getattr(shape, part, None):
            _collect(inner, names, seen)


def environment_names() -> set[str]:
    found = set()
    for source in sources("wiring"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("EnvName") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def command_names() -> set[str]:
    found = set()
    for source in sources("wiring"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("add_parser") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_every_setting_is_documented() -> None:
    text = page("configuration.md") + page("providers.md")
    words = backticked(text) | set(re.findall(r"^\s*(?:- )?\{?([a-z_0-9]+):", text, re.MULTILINE))
    words |= set(re.findall(r"[{,] ?([a-z_0-9]+):", text))
    assert len(setting_names()) > 50
    assert setting_names() - words == set()


def test_the_reference_of_settings_is_as_generated() -> None:
    command = [Path(sys.executable).parent / "torana", "config", "reference"]
    generated = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert page("configuration.md") == generated, "run make gen"


def test_the_page_of_providers_has_the_catalogue_as_it_is() -> None:
    script = [sys.executable, ROOT / "scripts" / "providers_page.py", "--check"]
    assert subprocess.run(script, check=False).returncode == 0, "run make gen"


def test_every_environment_name_is_documented() -> None:
    assert environment_names()
    assert environment_names() - backticked(page("configuration.md")) == set()


def test_every_command_is_documented() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*DOCS.glob("*.md"), ROOT / "README.md"])
    known = set(re.findall(r"torana (?:[a-z]+ )?([a-z-]+)", text)) | set(re.findall(r"torana ([a-z]+)", text))
    assert command_names()
    assert command_names() - known == set()


# --- wire


def test_every_response_header_of_ours_is_documented() -> None:
    headers = {
        text
        for source in sources("edge")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes)
        for text in [node.value.decode("latin-1")]
        if re.fullmatch(r"x-torana-[a-z-]+", text)
    }
    assert headers
    assert headers - set(first_cells(page("http.md"))) == set()


def test_every_path_is_documented() -> None:
    from torana.edge.open_routes import OPEN_ROUTES

    paths = set(OPEN_ROUTES)
    for source in sources("dialects"):
        for node in source.tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name) and target.id == "PATHS" and getattr(node, "value", None):
                paths |= set(constants(node.value))  # type: ignore[attr-defined]
    text = page("http.md")
    assert {path for path in paths if path not in text} == set()


# --- words


def test_every_public_name_of_core_is_in_the_glossary() -> None:
    known = backticked(page("glossary.md"))
    names = {name for source in sources("core") for name in public_names(source.tree)}
    assert names - known == set()


def test_the_glossary_names_nothing_that_is_gone() -> None:
    names = {name for source in modules() for name in public_names(source.tree)}
    names |= {source.name.rpartition("/")[2].removesuffix(".py") for source in modules()}
    assert set(first_cells(page("glossary.md"))) - names == set()


# --- dependencies


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = project["project"]["dependencies"] + project["dependency-groups"]["test"]
    for extra in project["project"].get("optional-dependencies", {}).values():
        lines += extra
    return {Requirement(line).name.lower() for line in lines}


def test_every_dependency_has_its_row_and_every_row_its_dependency() -> None:
    rows = first_cells(page("dependencies.md"))
    assert {name.lower() for name in rows} == declared()
    for name, rest in rows.items():
        cells = [cell.strip() for cell in rest.strip().strip("|").split("|")]
        assert len(cells) == 4, name
        assert all(cells), name


# --- the map


def test_the_map_names_every_folder_and_no_other() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = {name.rstrip("/") for name in first_cells(text)}
    rooms = {path.parent.name for path in SRC.glob("*/__init__.py")}
    assert rooms - named == set()
    tests = {f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert tests - named == set()
    top = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    top -= {"data", "build", "dist", "node_modules"}
    assert top - {name.partition("/")[0] for name in named} == set()
    gone = {name for name in named if not ((SRC / name).is_dir() or (ROOT / name).is_dir())}
    assert gone == set()


def test_contributing_stays_short() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 120


# --- every document


PAGES = [path for path in tracked_files() if path.suffix == ".md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        if not (path.parent / target.partition("#")[0]).exists():
            broken.append(target)
    assert broken == []


MACHINE = re.compile(
    r"(?:^|[^A-Za-z0-9_.])/(?:work|farm|root|home/[a-z]+)/|/tmp/bash" + r"_jobs|file:///|"
    + "|".join(
        host.replace("_", r"\.")
        for host in ("registry_npm" + "js_org", "py" + "pi_org/simple", "files_python" + "hosted_org", "deb_deb" + "ian_org")
    )
)  # fmt: skip


def machine_traces(text: str) -> list[str]:
    return [found.group() for found in MACHINE.finditer(text)]


def test_no_tracked_file_names_a_machine_path_or_a_registry_host() -> None:
    found = {}
    for path in tracked_files():
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if traces := machine_traces(text):
            found[path.relative_to(ROOT).as_posix()] = traces[:3]
    assert found == {}


@pytest.mark.parametrize(
    "text", ["cd /wo" + "rk/main", '"/ro' + 'ot/x"', "https://registry.npm" + "js.org/a", "file" + ":///opt/wheels"]
)
def test_a_machine_path_or_registry_host_is_seen(text: str) -> None:
    assert machine_traces(text)
