"""A process that has read the gateway's code once and becomes a gateway as often as a test asks: a start costs a quarter.

Words, environment, folder and files are each gateway's own; only the reading of the code is shared. Called by ``gateway``
and by tests that run commands; the stress run and the benches start an interpreter each, as installations do.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import multiprocessing
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

from tests.e2e.process import Process

PROGRAM = ("-m", "torana.wiring.cli")
READ = (
    "torana.wiring.cli.serve",
    "torana.control.app",
    "torana.tokens.verifier",
    "torana.tokens.minting",
    "torana.stores.sql.postgres",
    "torana.guardrails.secrets",
    "torana.guardrails.pii",
)
"""What it reads: the program, and what the program loads by itself once it serves."""
READ_WHOLE = ("torana.dialects", "torana.dialects.codecs", "torana.providers", "torana.sinks", "torana.strategies")
"""Folders of which it reads every file."""
WARM = "tests.e2e.warm"


class Moulded(Process):
    """A process that is forked instead of started from nothing. Its words are those of ``python -m torana.wiring.cli``."""

    def begun(self, argv: Sequence[str], env: Mapping[str, str], folder: Path | None) -> Cast:
        """The child, just forked."""
        return Cast(argv, Outputs(self.log, self.log), env, folder)


class Outputs(NamedTuple):
    """The files behind what a child says and complains of."""

    out: Path
    err: Path


def ran(words: Sequence[str], folder: Path, env: Mapping[str, str], within_s: float = 60.0) -> CompletedProcess[str]:
    """A command of ``torana``, run to its end. Raises subprocess.TimeoutExpired."""
    with tempfile.TemporaryDirectory() as said:
        outputs = Outputs(Path(said) / "out", Path(said) / "err")
        child = Cast([sys.executable, *PROGRAM, *words], outputs, env, folder)
        try:
            code = child.wait(within_s)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            raise
        return CompletedProcess(child.args, code, *(one.read_text("utf-8") for one in outputs))


def fits(python: str, environment: Mapping[str, str]) -> bool:
    """Whether a gateway may come out of the mould: in a test, of this code, under this interpreter."""
    mine = python == sys.executable and not any(name.startswith("PYTHON") for name in environment)
    return mine and "PYTEST_CURRENT_TEST" in os.environ


class Cast:
    """A forked child, as ``subprocess.Popen`` would show it."""

    def __init__(self, argv: Sequence[str], outputs: Outputs, env: Mapping[str, str], folder: Path | None) -> None:
        self.args = list(argv)
        assert tuple(self.args[1:3]) == PROGRAM
        self._process = _mould().Process(target=_become, args=(self.args[3:], outputs, dict(env), folder), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; the signal that ended it as a negative number."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, sig: int) -> None:
        """Harmless when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)


@cache
def _mould() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    folders = [importlib.import_module(name) for name in READ_WHOLE]
    files = [f"{one.__name__}.{found.name}" for one in folders for found in pkgutil.iter_modules(one.__path__)]
    context.set_forkserver_preload([__name__, *READ, *files, WARM])
    return context


def _become(words: list[str], outputs: Outputs, env: dict[str, str], folder: Path | None) -> None:
    """In the child: nothing of the test run is left but the code that was read."""
    gc.freeze()  # what was read is shared memory: a collection would copy all of it
    os.setsid()
    for number, path in enumerate(outputs, start=1):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(file, number)
        os.close(file)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "wb", closefd=False), "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "wb", closefd=False), "utf-8", "backslashreplace", write_through=True)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    if folder is not None:
        os.chdir(folder)
    sys.argv = ["torana", *words]
    try:
        sys.exit(importlib.import_module("torana.wiring.cli").main(words))
    finally:
        atexit._run_exitfuncs()  # a forked process ends without them
