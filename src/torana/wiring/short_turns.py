"""Threads for work beside the event loop that take short turns with it: while one of them works, whoever waits for the
interpreter's lock gets it back after half a millisecond, not after five.

For all that ``asyncio.to_thread`` is given, and for the database work of the control plane. What is always at work (the recorder, the
sinks) keeps the interpreter's own turns: under load, short ones would cost every request 2 to 7 % of its CPU.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

SHORT_S = 0.0005
"""Seconds (sys.setswitchinterval). It bounds what Python code does; a call into C keeps the lock until it returns."""


class Turns:
    """How many are at work now, and how long a turn is for that."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._working = 0
        self._usual_s = 0.0

    def __enter__(self) -> None:
        with self._lock:
            self._working += 1
            if self._working == 1:
                self._usual_s = sys.getswitchinterval()
                sys.setswitchinterval(min(SHORT_S, self._usual_s))

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._working -= 1
            if not self._working:
                sys.setswitchinterval(self._usual_s)


TURNS = Turns()
"""Of the process: the interpreter has one length for all its threads."""


class ShortTurns(ThreadPoolExecutor):
    """An executor whose threads take short turns."""

    def submit(self, work: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        """See ``Executor.submit``."""
        return super().submit(_in_turns, work, *args, **named)


def _in_turns(work: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> T:
    with TURNS:
        return work(*args, **named)
