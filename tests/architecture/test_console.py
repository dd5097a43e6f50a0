"""The laws of the console: who may import whom, how long a file may be, and that what is generated is up to date."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

CONSOLE = ROOT / "console"
SRC = CONSOLE / "src"
FLOORS = ("app", "features", "shared", "client")
"""The higher first: a floor imports itself and those below it."""
LONGEST = 300
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""")


def problems(root: Path) -> list[str]:
    """What is wrong with the sources below ``root``."""
    found: list[str] = []
    for path in sorted([*root.rglob("*.ts"), *root.rglob("*.tsx")]):
        place = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        length = len(text.splitlines())
        if length > LONGEST and place.name != "schema.ts":
            found.append(f"{place}: {length} lines, {LONGEST} are the most")
        found += [f"{place}: {why}" for target in IMPORT.findall(text) if (why := wrong(place, target))]
    folders = [path for path in (root / "features").glob("*") if path.is_dir()]
    found += [f"features/{folder.name}: no page.tsx" for folder in folders if not (folder / "page.tsx").is_file()]
    found += [f"features/{folder.name}: no strings.ts" for folder in folders if not (folder / "strings.ts").is_file()]
    return found


def wrong(place: Path, target: str) -> str:
    """Why this import may not be; empty when it may."""
    if target.startswith("."):
        return "" if place.parts[0] == "client" else f"imports {target}: write @/…, so that a reader sees the floor"
    if not target.startswith("@/"):
        return ""
    here, there = place.parts, target.removeprefix("@/").split("/")
    if here[0] not in FLOORS or there[0] not in FLOORS:
        return "" if len(here) == 1 else f"imports {target}, which is on no floor"
    if FLOORS.index(there[0]) < FLOORS.index(here[0]):
        return f"imports {target}, a floor above"
    if here[0] == there[0] == "features" and here[1] != there[1]:
        return f"imports {target}, another feature"
    if here[0] == "shared" and there[0] == "client" and there[1] not in ("errors.ts", "session.ts"):
        return f"imports {target}: shared parts ask nothing of the gateway"
    return ""


def test_the_console_keeps_its_laws() -> None:
    assert problems(SRC) == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("features/keys/page.tsx", 'import { x } from "@/features/teams/data.ts"', "another feature"),
        ("features/keys/page.tsx", 'const p = import("@/app/shell.tsx")', "a floor above"),
        ("shared/parts/a.tsx", 'import { k } from "@/features/keys/data.ts"', "a floor above"),
        ("shared/parts/a.tsx", 'import { request } from "@/client/request.ts"', "ask nothing"),
        ("client/request.ts", 'import { cx } from "@/shared/classes.ts"', "a floor above"),
        ("features/keys/page.tsx", 'import { x } from "../teams/data.ts"', "write @/"),
        ("features/keys/page.tsx", "line\n" * 301, "301 lines"),
        ("features/teams/data.ts", "", "no page.tsx"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, file: str, text: str, said: str) -> None:
    for name in ("page.tsx", "strings.ts"):
        (tmp_path / "features" / "keys").mkdir(parents=True, exist_ok=True)
        (tmp_path / "features" / "keys" / name).write_text("")
    assert problems(tmp_path) == []
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert any(said in problem for problem in problems(tmp_path)), problems(tmp_path)


def test_shared_parts_call_no_route() -> None:
    named = [path for path in (SRC / "shared").rglob("*.ts*") if re.search(r'["`]/(?:api|v1)/', path.read_text())]
    assert named == []


def test_the_client_is_of_the_routes_that_there_are() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "openapi.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("folder", [CONSOLE, ROOT / "tests" / "console" / "node"])
def test_the_lock_file_is_of_the_package_and_names_no_registry(folder: Path) -> None:
    wanted = json.loads((folder / "package.json").read_text())
    lock = json.loads((folder / "package-lock.json").read_text())
    top = lock["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert top.get(kind, {}) == wanted.get(kind, {})
    assert [name for name, row in lock["packages"].items() if "resolved" in row] == []


def test_every_page_has_its_place_in_the_navigation() -> None:
    registered = set(re.findall(r"@/features/([\w-]+)/page\.tsx", (SRC / "app" / "navigation.ts").read_text()))
    registered |= set(re.findall(r"@/features/([\w-]+)/page\.tsx", (SRC / "app" / "router.tsx").read_text()))
    assert {path.parent.name for path in (SRC / "features").glob("*/page.tsx")} == registered
