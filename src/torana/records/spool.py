"""The spool: Receipts on disk before anything else happens with them, in segment files that only grow.

It decides positions, cuts what a crash tore, bounds its size and deletes what every sink has passed; it does not
know sinks. Only the recorder's writer thread changes it; cursors read copies of its lists from their own threads.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from torana.core.clock import Clock
from torana.ports.receipt import Receipt
from torana.records.frames import MAGIC, frame_bytes, head_at, receipts_in

SUFFIX = ".spool"
CROWDED = 0.75
_MB = 1024 * 1024


class SpoolSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How large, how safe. ``max_mb`` bounds all segments together."""

    max_mb: int = 2048
    segment_mb: int = 16
    fsync: Literal["never", "batch"] = "never"
    """never: a batch is in the page cache, which outlives a killed process but not a power cut. batch: one
    fsync per batch, which outlives both and costs a disk flush every 50 ms under load."""
    recent: int = 8192
    """How many of the newest Receipts are kept in memory for the sinks, so that they seldom read files."""


class SpoolFull(OSError):
    """The spool has reached its bound."""


class SpoolTaken(OSError):
    """Another process writes this spool."""


class Segment:
    """One file: Receipts from ``first`` to before ``end``."""

    __slots__ = ("end", "first", "path", "size")

    def __init__(self, path: Path, first: int, end: int, size: int) -> None:
        self.path = path
        self.first = first
        self.end = end
        self.size = size


class Spool:
    """An append-only queue of Receipts in one folder.

    A position is the number of a Receipt; it only grows. A new spool begins at the microsecond of its birth, so that
    its positions lie beyond those of any spool that was there before: a sink that remembers the old
    ones takes nothing new for already written.
    """

    def __init__(
        self,
        folder: Path,
        settings: SpoolSettings,
        clock: Clock,
        read: Callable[[bytes], list[Any] | None] = receipts_in,
    ) -> None:
        """Open the folder, made when missing. ``read``: what is in a frame; None where it cannot be read.

        Raises SpoolTaken, OSError.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._settings = settings
        self.read = read
        self._lock = _locked(folder / "lock")
        self._file: int | None = None
        self.recent: deque[tuple[int, Sequence[Receipt]]] = deque()
        self._recent_count = 0
        self.torn_bytes = 0
        """Bytes of half-written frames that were cut off when the spool was opened."""
        self.unreadable = 0
        """Receipts that could not be read back: damaged, or of an unknown version."""
        self.segments: deque[Segment] = deque(self._found())
        self.size = sum(segment.size for segment in self.segments)
        self.head = self.segments[-1].end if self.segments else int(clock.now() * 1_000_000)
        """The position that the next Receipt gets."""
        self._least = 0

    @property
    def first(self) -> int:
        """The oldest position that can still be read."""
        segments = list(self.segments)
        return segments[0].first if segments else self.head

    def append(self, receipts: Sequence[Receipt]) -> int:
        """Write one batch with one write; afterwards it outlives this process. Returns the position after it.

        Raises SpoolFull, OSError (then nothing of it is in the spool), ValueError and the like for a Receipt that
        cannot be written at all.
        """
        if self._least > self.head:
            self._leave_segment()
            self.head = self._least
        data = frame_bytes(self.head, receipts)
        if self.size + len(data) > self._settings.max_mb * _MB:
            raise SpoolFull(errno.ENOSPC, f"the spool holds its {self._settings.max_mb} MB")
        file = self._writable_file()
        segment = self.segments[-1]
        written = self._write(file, segment, data)
        segment.size += written
        self.size += written
        self.recent.append((self.head, receipts))
        self._recent_count += len(receipts)
        segment.end = self.head + len(receipts)
        self.head = segment.end
        while self._recent_count > self._settings.recent and len(self.recent) > 1:
            self._recent_count -= len(self.recent.popleft()[1])
        return self.head

    @property
    def crowded(self) -> bool:
        """Whether little room is left: who need not be waited for is waited for no longer."""
        return self.size > self._settings.max_mb * _MB * CROWDED and len(self.segments) > 1

    def release(self, position: int) -> None:
        """Forget what lies before ``position``: every sink has it. The last segment stays, it knows the head."""
        while self.recent and self.recent[0][0] + len(self.recent[0][1]) <= position:
            self._recent_count -= len(self.recent.popleft()[1])
        while len(self.segments) > 1 and self.segments[0].end <= position:
            gone = self.segments.popleft()
            self.size -= gone.size
            # A file that cannot be deleted is found again by the next start, and is then passed at once.
            with contextlib.suppress(OSError):
                gone.path.unlink()

    def leap(self, position: int) -> None:
        """Let the next Receipt be at least at ``position``: a sink remembers more than this spool ever held.

        The one change that other threads may ask for; it happens with the next append.
        """
        self._least = max(self._least, position)

    def close(self) -> None:
        """Give back the files and the lock. Idempotent."""
        self._leave_segment()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _write(self, file: int, segment: Segment, data: bytes) -> int:
        try:
            written = os.write(file, data)
            if written == len(data):
                if self._settings.fsync == "batch":
                    os.fsync(file)
                return written
            raise OSError(errno.ENOSPC, "the disk took only part of a batch")
        except OSError:
            # Half a frame would hide all frames after it from a reader.
            with contextlib.suppress(OSError):
                os.ftruncate(file, segment.size)
            self._leave_segment()
            raise

    def _writable_file(self) -> int:
        if self._file is not None and self.segments[-1].size >= self._settings.segment_mb * _MB:
            self._leave_segment()
        if self._file is None:
            path = self._folder / f"{self.head:020d}{SUFFIX}"
            # Truncating is safe: a segment of this name would hold no frame, else the head were beyond it.
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
            try:
                os.write(file, MAGIC)
            except OSError:
                os.close(file)
                raise
            if self.segments and self.segments[-1].path == path:
                self.size -= self.segments.pop().size
            self.segments.append(Segment(path, self.head, self.head, len(MAGIC)))
            self.size += len(MAGIC)
            self._file = file
        return self._file

    def _leave_segment(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _found(self) -> list[Segment]:
        paths = sorted(path for path in self._folder.glob("*" + SUFFIX) if path.stem.isdigit())
        segments = [Segment(path, int(path.stem), int(path.stem), path.stat().st_size) for path in paths]
        for segment, following in pairwise(segments):
            segment.end = following.first
        if segments:
            self._mend(segments[-1])
        empty = [segment for segment in segments[:-1] if segment.end == segment.first]
        for segment in empty:
            segment.path.unlink(missing_ok=True)
        return [segment for segment in segments if segment not in empty]

    def _mend(self, segment: Segment) -> None:
        """Find the end of the segment that was written last, and cut what a crash left half-written."""
        file = os.open(segment.path, os.O_RDWR)
        try:
            good = min(len(MAGIC), segment.size)
            while (frame := head_at(file, good, segment.size)) is not None:
                good = frame.next_offset
                segment.end = frame.end
            if good < segment.size:
                self.torn_bytes += segment.size - good
                os.ftruncate(file, good)
                segment.size = good
        finally:
            os.close(file)


def _locked(path: Path) -> int | None:
    """A lock that dies with the process, so that no two processes write one spool."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        os.close(lock)
        raise SpoolTaken(errno.EBUSY, f"another process writes the spool {path.parent}") from fault
    return lock
