"""Nothing happens on import: no socket, no written file, no thread, no process, no look at the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, plant

DATA_PLANE = ("core", "ports", "dialects", "upstream", "line", "providers", "guardrails", "strategies", "edge")
HEAVY = ("alembic", "fastapi", "mako", "pydantic", "sqlalchemy", "starlette")

WATCH = r"""
import importlib, json, os, pathlib, pkgutil, sys, threading

src = pathlib.Path(sys.argv[1])
seen, current = [], ["?"]

def ours():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(str(src)):
            return True
        frame = frame.f_back
    return False

def direct():
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename in SKIPPED:
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(str(src))

def watch(event, args):
    if event in ("socket.__new__", "socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove",
                 "os.rename", "os.fork", "os.system", "sqlite3.connect", "_thread.start_new_thread") and ours():
        seen.append(f"{current[0]}: {event}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+") and ours():
        seen.append(f"{current[0]}: open for writing")

class Environment(dict):
    def _note(self):
        if direct():
            seen.append(f"{current[0]}: environment")
    def __getitem__(self, key):
        self._note(); return super().__getitem__(key)
    def get(self, key, default=None):
        self._note(); return super().get(key, default)
    def __contains__(self, key):
        self._note(); return super().__contains__(key)
    def copy(self):
        self._note(); return dict(self)
    def items(self):
        self._note(); return super().items()

SKIPPED = {"<string>", "<frozen os>", os.__file__}
os.environ = Environment(os.environ)
sys.addaudithook(watch)
import torana
for found in pkgutil.walk_packages(torana.__path__, "torana."):
    name = found.name
    if ".migrations" in name or name.endswith("__main__"):
        continue  # Alembic runs these files; they are scripts, not modules
    current[0] = name
    before = set(threading.enumerate())
    importlib.import_module(name)
    if set(threading.enumerate()) - before:
        seen.append(f"{name}: thread")
print(json.dumps(sorted(set(seen))))
"""


def noise_of(tree: Path) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
    env |= {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", WATCH, str(tree / "src")]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def empty_house(tree: Path) -> Path:
    """The folders of the data plane with nothing in them but what a test plants."""
    for name in ("__init__.py", *(f"{room}/__init__.py" for room in DATA_PLANE)):
        plant(tree, name, "")
    return tree


def test_nothing_happens_on_import() -> None:
    assert noise_of(ROOT) == "[]"


PLANTED = [
    ("import socket\nS = socket.socket()", "socket.__new__"),
    ("import pathlib\npathlib.Path('planted.txt').write_text('x')", "open for writing"),
    ("import threading\nT = threading.Thread(target=threading.Event().wait, daemon=True)\nT.start()", "thread"),
    ("import os\nA = os.environ.get('HOME')", "environment"),
    ("import os\nA = os.getenv('HOME')", "environment"),
    ("import os\nA = 'HOME' in os.environ", "environment"),
    ("import subprocess\nsubprocess.run(['true'], check=False)", "subprocess.Popen"),
]


@pytest.mark.parametrize(("text", "noise"), PLANTED)
def test_a_noisy_module_is_heard(text: str, noise: str, tmp_path: Path) -> None:
    tree = empty_house(tmp_path)
    plant(tree, "core/planted.py", text)
    assert f"torana.core.planted: {noise}" in noise_of(tree)


LOAD = """
import importlib, pkgutil, sys
for room in sys.argv[1].split(","):
    package = importlib.import_module(f"torana.{room}")
    for found in pkgutil.walk_packages(package.__path__, f"torana.{room}."):
        importlib.import_module(found.name)
print(",".join(name for name in sys.argv[2].split(",") if name in sys.modules))
"""


def heavy_imports(tree: Path) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
    env |= {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", LOAD, ",".join(DATA_PLANE), ",".join(HEAVY)]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=True).stdout.strip()


def test_the_data_plane_loads_no_framework_and_no_database() -> None:
    assert heavy_imports(ROOT) == ""


def test_a_heavy_import_is_seen(tmp_path: Path) -> None:
    tree = empty_house(tmp_path)
    assert heavy_imports(tree) == ""
    plant(tree, "edge/planted.py", "import fastapi")
    assert "fastapi" in heavy_imports(tree)
