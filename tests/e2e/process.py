"""Start, watch and end a process of a test, keeping what it wrote for the failure message.

It knows nothing of gateways or mocks. Called by the fixtures and by tests that kill what they start.
"""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

REPO = Path(__file__).resolve().parents[2]
SHOWN_CHARACTERS = 6000
READY_WITHIN_S = 60.0
END_WITHIN_S = 30.0


def free_port() -> int:
    """A port nobody listens on, below the range from which outgoing connections take theirs."""
    for port in random.sample(range(20000, 32000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port found between 20000 and 32000")


def bare_environment(**more: str) -> dict[str, str]:
    """An environment without the developer's own keys, proxies and settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(REPO / "src"), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", **more}


def until(fact: Callable[[], bool], within_s: float) -> bool:
    """Whether ``fact`` became true within the bound; asked every 20 ms."""
    end = time.monotonic() + within_s
    while True:
        if fact():
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.02)


def answers(port: int, path: str) -> bool:
    """Whether a GET of ``path`` on the port gives 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def written_lines(text: str, *, ended: bool = False) -> list[str]:
    """The lines of what a process writes; without the last while it may still be writing it."""
    lines = text.splitlines()
    return lines if ended or text.endswith("\n") else lines[:-1]


class Child(Protocol):
    """What is asked of a child process: ``subprocess.Popen`` is one."""

    args: Any
    pid: int

    @property
    def returncode(self) -> Any: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...


class Process:
    """One child process in its own group; ``output`` holds stdout and stderr together."""

    def __init__(
        self,
        argv: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self.child = self.begun(argv, env if env is not None else bare_environment(), folder)

    def begun(self, argv: Sequence[str], env: Mapping[str, str], folder: Path | None) -> Child:
        """The child, just started."""
        with self.log.open("ab") as out:
            return subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=folder,
                start_new_session=True,
            )

    def output(self) -> str:
        """Everything the process wrote so far."""
        return self.log.read_text("utf-8", "replace")

    def wait_ready(self, ready: Callable[[], bool], within_s: float = READY_WITHIN_S) -> None:
        """Wait for ``ready``; fail with the process's own words when it ends or is too slow."""
        until(lambda: self.child.poll() is not None or ready(), within_s)
        if self.child.poll() is not None:
            raise AssertionError(f"{self.child.args} ended with {self.child.returncode}:\n{self.tail()}")
        if not ready():
            self.kill()
            raise AssertionError(f"{self.child.args} was not ready within {within_s} s:\n{self.tail()}")

    def tail(self) -> str:
        """The end of what the process wrote."""
        return self.output()[-SHOWN_CHARACTERS:]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, not to its group."""
        self.child.send_signal(number)

    def wait(self, within_s: float = END_WITHIN_S) -> int:
        """The exit code; fails when the process does not end."""
        try:
            return self.child.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.child.args} did not end within {within_s} s:\n{self.tail()}") from None

    def stop(self, within_s: float = END_WITHIN_S) -> int:
        """SIGTERM, then the exit code. Harmless when it has ended."""
        if self.child.poll() is None:
            self.send(signal.SIGTERM)
        return self.wait(within_s)

    def kill(self) -> None:
        """SIGKILL to the whole group. Harmless when it has ended."""
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait(10)
