"""Threads in which slow guardrails look, a few for each: one that hangs holds up neither the others nor the process's end.

It sets no deadline: whoever waits does, and what is given up on keeps its thread until it ends. Used by ``guard_look``.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

THREADS = 8
"""Of one guardrail."""
LONGEST_QUEUE = 256
IDLE_S = 30.0
"""A thread without work ends after this time."""
MOST_CREWS = 256
"""Names that are remembered: each change of a guardrail makes one."""
FAULTS = (
    ArithmeticError, AssertionError, AttributeError, BufferError, ImportError, LookupError, MemoryError, NameError,
    OSError, RuntimeError, SyntaxError, TypeError, ValueError,
)  # fmt: skip
"""What somebody else's code may raise when it breaks."""

T = TypeVar("T")


class Full(OSError):
    """There is no thread for this now: too many wait, or all hang."""


class _Job(NamedTuple):
    future: Future[Any]
    function: Callable[..., Any]
    arguments: Sequence[Any]


class Crew:
    """The threads of one guardrail, started as they are needed; daemons, which no end of the process waits for."""

    def __init__(self, threads: int = THREADS, longest_queue: int = LONGEST_QUEUE, idle_s: float = IDLE_S) -> None:
        self._most = threads
        self._longest_queue = longest_queue
        self._idle_s = idle_s
        self._there = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._threads = self._idle = 0
        self.given_up = 0
        """Threads that still run what nobody waits for any more."""
        self.refused = 0
        """Calls for which there was no thread, in total."""

    @property
    def is_asleep(self) -> bool:
        """Whether it has no thread."""
        return not self._threads

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """What the function returns or raises, in a thread. Raises Full, at once."""
        job = _Job(Future(), function, arguments)
        self._put(job)
        try:
            found: T = await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            self._give_up(job)
            raise
        return found

    def put(self, function: Callable[..., object], *arguments: Any) -> bool:
        """Run it in a thread without waiting for it; whether there was one. What it raises nobody learns."""
        try:
            self._put(_Job(Future(), function, arguments))
        except Full:
            return False
        return True

    def _put(self, job: _Job) -> None:
        with self._there:
            if self.given_up >= self._most or len(self._jobs) >= self._longest_queue:
                self.refused += 1
                raise Full("all threads of this guardrail hang" if self.given_up >= self._most else "too many wait")
            self._jobs.append(job)
            if len(self._jobs) > self._idle and self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name="guardrail", daemon=True).start()
            else:
                self._there.notify()

    def _give_up(self, job: _Job) -> None:
        with self._there:
            if job in self._jobs:
                self._jobs.remove(job)
            elif not job.future.done():
                self.given_up += 1
                job.future.add_done_callback(self._came_back)

    def _came_back(self, future: Future[Any]) -> None:
        with self._there:
            self.given_up -= 1

    def _work(self) -> None:
        ended = False
        try:
            while (job := self._next()) is not None:
                _do(job)
            ended = True
        finally:
            if not ended:
                with self._there:
                    self._threads -= 1

    def _next(self) -> _Job | None:
        """The next job; None when there was none for long, and then the thread is counted no more."""
        with self._there:
            while not self._jobs:
                self._idle += 1
                woken = self._there.wait(self._idle_s)
                self._idle -= 1
                if not woken and not self._jobs:
                    self._threads -= 1
                    return None
            return self._jobs.popleft()


def _do(job: _Job) -> None:
    future = job.future
    if not future.set_running_or_notify_cancel():
        return
    try:
        found = job.function(*job.arguments)
    except FAULTS as fault:
        future.set_exception(fault)
    else:
        future.set_result(found)
    finally:
        if not future.done():
            future.set_exception(RuntimeError("the thread ended"))


class Crews:
    """The threads of all guardrails of a process, by their names."""

    def __init__(self) -> None:
        self._crews: dict[str, Crew] = {}
        self._refused = 0
        """By those that are not there any more."""

    def of(self, name: str) -> Crew:
        """Those of one guardrail. ``name``: with its version, so that a new one does not find the threads that hang of the old."""
        crew = self._crews.get(name)
        if crew is None:
            crew = self._crews[name] = Crew()
            self._forget()
        return crew

    @property
    def given_up(self) -> int:
        """Threads that still run what nobody waits for any more."""
        return sum(one.given_up for one in self._crews.values())

    @property
    def refused(self) -> int:
        """Calls for which there was no thread, in total."""
        return self._refused + sum(one.refused for one in self._crews.values())

    def _forget(self) -> None:
        """Of too many, those without a thread."""
        if len(self._crews) > MOST_CREWS:
            for name in [name for name, one in self._crews.items() if one.is_asleep][:-1]:
                self._refused += self._crews.pop(name).refused
