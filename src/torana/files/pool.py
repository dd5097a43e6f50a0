"""The processes that read files, and who waits for one: implements ``ports.files.Reader``.

It reads no file itself and keeps none. Workers are started when the first file comes, replaced when they die or hang, and
sent home when nothing comes for a while. Built by ``wiring``, one for each gateway process.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from torana.files import frames
from torana.files.frames import HEAD
from torana.files.told import Told, extract_of, told
from torana.ports.files import Busy, Edit, Extract, How, NoCopy, Unreadable

GRACE_S = 5.0
"""How much longer than a file's own time its worker may take: then it hangs."""
STARTING_S = 20.0
LARGE = 64 * 1024
"""Bytes of an answer that is taken apart in a thread."""
GONE = (ConnectionError, asyncio.IncompleteReadError, BrokenPipeError, ValueError)
ENDING_S = 0.5
"""How long one that talks no more may take to end by itself, so that its exit code is known."""
PROGRAM = (sys.executable, "-I", "-m", "torana.files.worker")
SURROUNDINGS = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "OMP_THREAD_LIMIT": "1"}
"""All that a worker's environment has: no secret of ours."""


class Worker:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.leaving: asyncio.TimerHandle | None = None

    async def ask(self, said: Sequence[bytes]) -> tuple[Told, bytes]:
        """Its answer. ``said``: the parts of a message. Raises one of GONE when it is gone, or talks nonsense."""
        process = self.process
        if process.stdin is None or process.stdout is None:
            raise ConnectionError
        for part in said:
            process.stdin.write(part)
        await process.stdin.drain()
        first, second = frames.lengths(await process.stdout.readexactly(HEAD.size))
        head = await process.stdout.readexactly(first)
        body = await process.stdout.readexactly(second)
        return await asyncio.to_thread(told, head) if first > LARGE else told(head), body

    def kill(self) -> None:
        """End it and what it started, at once."""
        if self.leaving is not None:
            self.leaving.cancel()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # it ended by itself
        if self.process.stdin is not None:
            self.process.stdin.close()


class Pool:
    """The workers of one gateway process."""

    def __init__(self, workers: int = 2, queue: int = 32, idle_s: float = 300.0, waiting_s: float = 30.0) -> None:
        """``queue``: how many files may wait; ``waiting_s``: how long one does; ``idle_s``: how long a worker without one stays."""
        self._places = asyncio.Semaphore(workers)
        self._queue = queue
        self._idle_s = idle_s
        self._waiting_s = waiting_s
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._dismissed: list[Worker] = []
        """Sent home, and perhaps not gone yet."""
        self.waiting = 0
        """Files that wait for a worker."""
        self.replaced = 0
        """Workers that died or hung, in total."""

    @property
    def pids(self) -> list[int]:
        """The processes there are."""
        return [one.process.pid for one in self._all]

    async def read(self, content: bytes, how: How) -> Extract:
        """What is in the file."""
        head, body = await self._answer("read", content, how)
        return extract_of(head, body)

    async def redacted(self, content: bytes, how: How, extract: Extract, edits: Sequence[Edit]) -> bytes:
        """The file with other texts in these places."""
        _, body = await self._answer("redact", content, how, extract.memo, tuple(edits))
        return body

    async def held(self, how: How) -> list[str]:
        """What holds in the sandbox here."""
        head, _ = await self._answer("probe", b"", how)
        return head.held

    async def _answer(
        self, do: str, content: bytes, how: How, memo: bytes = b"", edits: tuple[Edit, ...] = ()
    ) -> tuple[Told, bytes]:
        """Raises what Reader raises."""
        said = {**how._asdict(), "limits": how.limits._asdict()}
        head = {"do": do, "how": said, "size": len(content), "edits": edits}
        begun = frames.begun(head, len(content) + len(memo))
        found, body = await self._turn((begun, content, memo), how.limits.seconds + GRACE_S)
        if found.unreadable:
            raise Unreadable(found.unreadable, found.message)
        if found.no_copy:
            raise NoCopy
        return found, body

    async def _turn(self, wire: Sequence[bytes], seconds: float) -> tuple[Told, bytes]:
        if self.waiting >= self._queue:
            raise Busy
        self.waiting += 1
        try:
            async with asyncio.timeout(self._waiting_s):
                await self._places.acquire()
        except TimeoutError:
            raise Busy from None
        finally:
            self.waiting -= 1
        try:
            return await self._asked(wire, seconds)
        finally:
            self._places.release()

    async def _asked(self, wire: Sequence[bytes], seconds: float) -> tuple[Told, bytes]:
        """The answer of a worker; of another one when the first had died before it was asked. Raises RuntimeError when none starts."""
        while True:
            rested = bool(self._idle)
            worker = self._idle.pop() if rested else await self._start()
            if worker.leaving is not None:
                worker.leaving.cancel()
            try:
                async with asyncio.timeout(seconds):
                    found = await worker.ask(wire)
            except TimeoutError:
                await self._end(worker)
                raise Unreadable("too_slow", "reading the file takes too long") from None
            except GONE:
                code = await self._ended(worker)
                if rested:
                    continue
                if code > 0:  # by itself: files end children of it, never a worker
                    see = shlex.join(PROGRAM)
                    raise RuntimeError(f"no worker starts that reads files (exit code {code}): see `{see}`") from None
                raise Unreadable("malformed", "the file cannot be read") from None
            except BaseException:  # whoever asked is gone: what the worker will say is nobody's
                await self._end(worker)
                raise
            self._idle.append(worker)
            worker.leaving = asyncio.get_running_loop().call_later(self._idle_s, self._dismiss, worker)
            return found

    async def _start(self) -> Worker:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            stdin=pipe,
            stdout=pipe,
            stderr=asyncio.subprocess.DEVNULL,
            env=SURROUNDINGS,
            start_new_session=True,
            cwd="/",
        )
        worker = Worker(process)
        self._all.add(worker)
        return worker

    async def _ended(self, worker: Worker) -> int:
        """Let one go that talks no more; its exit code, negative where it did not end by itself."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING_S):
                await worker.process.wait()
        await self._end(worker)
        return worker.process.returncode or 0

    async def _end(self, worker: Worker) -> None:
        self.replaced += 1
        self._all.discard(worker)
        worker.kill()
        await worker.process.wait()

    def _dismiss(self, worker: Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            self._all.discard(worker)
            worker.kill()
            self._dismissed = [one for one in self._dismissed if one.process.returncode is None] + [worker]

    async def aclose(self) -> None:
        """End all of them."""
        self._idle.clear()
        while self._all:
            worker = self._all.pop()
            worker.kill()
            await worker.process.wait()
        while self._dismissed:
            await self._dismissed.pop().process.wait()
