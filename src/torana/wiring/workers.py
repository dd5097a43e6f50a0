"""Several gateway processes behind one port: one parent that listens, starts them, and starts again what dies.

It serves nothing itself and decides nothing. Called by ``serve`` for ``--workers``; what the processes share is in the
shared counters and the database.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import msgspec

from torana.wiring.options import ServeOptions
from torana.wiring.settings import Settings

WATCHED = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
PAUSE_S = 1.0
"""Before a worker that died is started again."""
BACKLOG = 2048

Serve = Callable[[ServeOptions], int]


def listener(settings: Settings) -> socket.socket:
    """A socket on the settings' address that all workers accept from. Raises OSError when it is taken."""
    server = settings.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((server.host, server.port))
        found.listen(BACKLOG)
        found.setblocking(False)
    except OSError:
        found.close()
        raise
    return found


class Workers:
    """The processes of one parent."""

    def __init__(self, options: ServeOptions, listening: socket.socket, serve: Serve, log: Any) -> None:
        """``serve`` runs in each of them and gives its exit code."""
        self._options = options
        self._listening = listening
        self._serve = serve
        self._log = log
        self._numbers: dict[int, int] = {}
        """Process id → number."""
        self._codes: list[int] = []
        self._stopping = False
        self._parent_end = -1
        self._workers_end = -1

    def run(self) -> int:
        """Until SIGTERM or SIGINT, or until the first one refuses to start; the worst exit code. Single-threaded."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        # Never written to: its end tells the workers that the parent is gone, however it died.
        self._workers_end, self._parent_end = os.pipe()
        for number in range(self._options.workers):
            self._start(number)
        while self._numbers:
            self._heed(signal.sigwait(WATCHED))
        return max(self._codes, default=0)

    def _heed(self, number: int) -> None:
        if number == signal.SIGCHLD:
            self._collect()
            return
        if number != signal.SIGHUP:
            self._stopping = True
        for process in self._numbers:
            os.kill(process, number)

    def _collect(self) -> None:
        while self._numbers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            number = self._numbers.pop(process, None)
            if number is None:
                continue
            code = os.waitstatus_to_exitcode(status)
            if self._stopping or code >= 0:
                # One that ends by itself did so on purpose, such as a port of its own that is taken.
                self._codes.append(abs(code))
                if not self._stopping:
                    self._log.error("worker.ended", worker=number, code=code)
                    self._heed(signal.SIGTERM)
                continue
            self._log.error("worker.died", worker=number, signal=-code, again_after_s=PAUSE_S)
            time.sleep(PAUSE_S)
            self._start(number)

    def _start(self, number: int) -> None:
        process = os.fork()
        if process:
            self._numbers[process] = number
            return
        code = 1
        try:
            os.close(self._parent_end)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
            mine = msgspec.structs.replace(
                self._options, worker=number, listening=self._listening.fileno(), parent=self._workers_end
            )
            code = self._serve(mine)
        finally:
            # Not by raising: the parent's frames above must not run twice.
            os._exit(code)
