"""An empty database's schema, made by a process of its own: a server would keep what its tools take, some 23 MB.

It looks into no database. Begun by ``serve``'s parts, waited for by ``database``.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from threading import Lock

PROGRAM = (sys.executable, "-P", "-m", "torana.stores.migrations")


class Makers:
    """The processes that make a schema now, by URL. Safe in threads."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._starting = Lock()

    def begin(self, url: str) -> None:
        """Start one, and wait for nothing. Raises OSError when no process can be started."""
        with self._starting:
            if url in self._running:
                return
            made = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
                PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            self._running[url] = made
            if made.stdin is not None:
                with suppress(BrokenPipeError):  # it ended before it read
                    made.stdin.write(url.encode())
                    made.stdin.close()

    def ended(self, url: str) -> None:
        """Wait for the one of this URL, if there is one. How it ended the database will tell."""
        with self._starting:
            made = self._running.pop(url, None)
        if made is not None:
            made.wait()
