"""The bans of the linter fire where they should and rest where they may."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

BANNED = [
    ("import asyncio\n\nT = asyncio.create_task(None)\n", "TID251"),
    ("import asyncio\n\nT = asyncio.ensure_future(None)\n", "TID251"),
    ("from starlette.middleware.base import BaseHTTPMiddleware\n\nB = BaseHTTPMiddleware\n", "TID251"),
    ("import time\n\nT = time.time()\n", "TID251"),
    ("from time import monotonic\n\nT = monotonic()\n", "TID251"),
    ("import datetime\n\nT = datetime.datetime.now(datetime.UTC)\n", "TID251"),
    ("from datetime import datetime\n\nT = datetime.utcnow()\n", "TID251"),
    ("import uuid\n\nT = uuid.uuid4()\n", "TID251"),
    ("import os\n\nT = os.environ\n", "TID251"),
    ("import os\n\nT = os.getenv('HOME')\n", "TID251"),
    ("import requests\n\nT = requests\n", "TID251"),
    ("import httpx\n\nT = httpx\n", "TID251"),
    ("print('hello')\n", "T201"),
    ("from .neighbour import thing\n\nT = thing\n", "TID252"),
    ("def rows(db, name):\n    return db.execute(f\"SELECT * FROM keys WHERE name = '{name}'\")\n", "S608"),
    ("def run(step):\n    try:\n        step()\n    except Exception:\n        return None\n", "BLE001"),
    ("def run():\n    import json\n\n    return json\n", "PLC0415"),
    ("N = 0\n\n\ndef run():\n    global N\n    N = 1\n", "PLW0603"),
    ("def run(a, b, c, d, e, f, g):\n    return a, b, c, d, e, f, g\n", "PLR0913"),
    ("import datetime\n\nT = datetime.datetime(2026, 1, 1)\n", "DTZ001"),
    ("T = eval('1')\n", "S307"),
    ("import pickle\n\nT = pickle.loads(b'')\n", "S301"),
]

ALLOWED = [
    ("src/torana/core/clock.py", "import time\n\nT = time.time\n"),
    ("src/torana/wiring/environment.py", "import os\n\nT = os.environ\n"),
    ("src/torana/wiring/find.py", "def run():\n    import json\n\n    return json\n"),
    ("tests/unit/test_planted.py", "import uuid\n\nT = uuid.uuid4()\n"),
]

DOC = '"""Planted."""\n\n'


def lint(filename: str, text: str) -> set[str]:
    """The codes that ruff, as configured, finds in ``text`` standing at ``filename``."""
    command = [Path(sys.executable).parent / "ruff", "check", "--no-cache", "--output-format", "concise"]
    command += ["--config", ROOT / "pyproject.toml", "--stdin-filename", ROOT / filename, "-"]
    done = subprocess.run(command, cwd=ROOT, input=DOC + text, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return {line.split(": ")[1].split()[0] for line in done.stdout.splitlines() if line.count(": ") >= 1}


@pytest.mark.parametrize(("text", "code"), BANNED)
def test_a_banned_thing_in_the_product_is_caught(text: str, code: str) -> None:
    assert code in lint("src/torana/line/planted.py", text)


@pytest.mark.parametrize(("filename", "text"), ALLOWED)
def test_the_one_place_for_a_banned_thing_may_have_it(filename: str, text: str) -> None:
    assert {"TID251", "PLC0415"} & lint(filename, text) == set()


@pytest.mark.parametrize("text", [text for _, text in ALLOWED[:2]])
def test_the_exceptions_are_for_those_places_only(text: str) -> None:
    assert "TID251" in lint("src/torana/wiring/serve.py", text)
