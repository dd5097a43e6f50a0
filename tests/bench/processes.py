"""Starts the servers and load generators of a run and ends every one of them, whatever happens.

Each child leads its own session, writes to a log in the run's folder, and dies with the run.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Failed(Exception):
    """A child did not do its part; the message holds the end of its log."""


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def raise_file_limit() -> int:
    """As many open files as this user may have; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module of this folder in a process of its own."""
    return [sys.executable, "-m", f"tests.bench.{name}", *map(str, arguments)]


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Fleet:
    """The children of one run. Leaving it ends them all: SIGTERM, five seconds, SIGKILL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[tuple[subprocess.Popen[bytes], Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        while self._children:
            self.stop(self._children[-1][0])

    def start(self, command: Sequence[str], name: str, *, talk: bool = False) -> subprocess.Popen[bytes]:
        """Start a child; with ``talk`` its stdin and stdout are pipes, else both streams go to its log."""
        log = self.folder / f"{name}-{len(self._children)}-{time.monotonic_ns()}.log"
        pipe = subprocess.PIPE
        with log.open("wb") as sink:
            child = subprocess.Popen(
                list(command),
                cwd=ROOT,
                stdin=pipe if talk else subprocess.DEVNULL,
                stdout=pipe if talk else sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has no threads
            )
        self._children.append((child, log))
        return child

    def stop(self, child: subprocess.Popen[bytes]) -> None:
        """End one child and everything in its session."""
        for number, patience_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(patience_s)
                break
        for end in (child.stdin, child.stdout):
            if end is not None:
                end.close()
        self._children = [entry for entry in self._children if entry[0] is not child]

    def end(self, pid: int) -> None:
        """End the child with this process id, if it is still here."""
        for child in [child for child, _ in self._children if child.pid == pid]:
            self.stop(child)

    def listening(self, child: subprocess.Popen[bytes], port: int, *, patience_s: float = 20.0) -> None:
        """Wait until ``port`` accepts. Raises Failed when the child ends or time runs out."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise Failed(f"it ended with {child.returncode}: {self.last_words(child)}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.02)
        raise Failed(f"it does not listen after {patience_s:.0f} s: {self.last_words(child)}")

    def ask(self, command: Sequence[str], name: str, *, patience_s: float) -> str:
        """Run a child to its end and return what it wrote. Raises Failed."""
        child = self.start(command, name, talk=True)
        try:
            said, _ = child.communicate(timeout=patience_s)
        except subprocess.TimeoutExpired:
            raise Failed(f"{name} is not done after {patience_s:.0f} s") from None
        finally:
            words = self.last_words(child)
            self.stop(child)
        if child.returncode != 0:
            raise Failed(f"{name} ended with {child.returncode}: {words}")
        return said.decode()

    def line(self, child: subprocess.Popen[bytes], *, patience_s: float) -> str:
        """The next line a child that was started with ``talk`` says; empty when it ends or time runs out."""
        assert child.stdout is not None
        ready, _, _ = select.select([child.stdout], [], [], patience_s)
        return child.stdout.readline().decode().strip() if ready else ""

    def last_words(self, child: subprocess.Popen[bytes]) -> str:
        """The end of a child's log."""
        for entry, log in self._children:
            if entry is child:
                return log.read_text(errors="replace")[-1500:].strip()
        return ""
