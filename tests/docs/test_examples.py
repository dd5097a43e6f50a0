"""What the documents say runs is run, against ``torana serve --demo --dev`` as a user would start it.

A fenced block whose info string is ``bash run`` or ``python run`` is executed; the address in it is replaced by the
server's. Blocks of one page run in order in one folder. A block ``text shows`` right after it lists lines its output must have, ``…`` standing for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "http://127.0.0.1:8000"
FENCE = re.compile(r"^```(bash|python) run\n(.*?)^```\n(?:\s*```text shows\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.xdist_group("documents")


class Example(NamedTuple):
    """One block that says it runs."""

    page: str
    line: int
    language: str
    text: str
    shows: tuple[str, ...]


def examples() -> list[Example]:
    found = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            language, body, shows = match.groups()
            line = text[: match.start()].count("\n") + 1
            lines = tuple(each for each in (shows or "").splitlines() if each.strip())
            found.append(Example(path.relative_to(ROOT).as_posix(), line, language, body, lines))
    return found


def user_environment(folder: Path) -> dict[str, str]:
    """A user's shell: the package's commands on PATH, none of the developer's own keys."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo gateway with an empty data folder."""
    folder = tmp_path_factory.mktemp("gateway")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [Path(sys.executable).parent / "torana", "serve", "--demo", "--dev", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--data-dir", folder / "data"], cwd=folder, env=user_environment(folder), stdout=log, stderr=log
        )
    try:
        _wait_until_ready(process, port, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"torana serve did not become ready:\n{log.read_text(errors='replace')[-4000:]}")


def run(command: list[str], folder: Path, env: dict[str, str] | None = None) -> str:
    env = user_environment(folder) | (env or {})
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", sorted({example.page for example in examples()}))
def test_the_examples_of_a_page_run(page: str, gateway: str, tmp_path: Path) -> None:
    for example in examples():
        if example.page == page:
            said = output(example, gateway, tmp_path)
            place = f"{page}:{example.line}"
            assert said.strip(), place
            assert '"error_code"' not in said, place
            for line in example.shows:
                assert re.search(".*".join(map(re.escape, line.split("…"))), said), f"{place}: {line!r} not in\n{said}"


def output(example: Example, gateway: str, folder: Path) -> str:
    """What the example writes when it runs against the gateway."""
    text = example.text.replace(ADDRESS, gateway)
    if example.language == "python":
        return run([sys.executable, "-c", text], folder)
    if "curl" in text and not shutil.which("curl"):
        pytest.skip("no curl on this machine")
    return run(["bash", "-euo", "pipefail", "-c", text], folder)


def test_the_readme_has_examples_that_run() -> None:
    assert {each.language for each in examples() if each.page == "README.md"} == {"bash", "python"}


def test_the_example_client_streams_a_chat_and_lists_models(gateway: str, tmp_path: Path) -> None:
    client = [sys.executable, str(ROOT / "examples" / "client.py")]
    where = {"TORANA_URL": gateway}
    assert "tokens out]" in run([*client, "Hello"], tmp_path, where)
    assert "gpt-4o-mini" in run([*client, "--models"], tmp_path, where).splitlines()


def test_the_example_script_runs_to_its_end(gateway: str, tmp_path: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("no curl on this machine")
    script = ["bash", str(ROOT / "examples" / "run_examples.sh")]
    said = run(script, tmp_path, {"TORANA_URL": gateway, "PYTHON": sys.executable})
    assert "data: [DONE]" in said
    assert "KEY_INVALID" in said
    assert said.rstrip().endswith("tokens out]")
