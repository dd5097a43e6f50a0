"""The audit file: one JSON object a line for every Receipt, each exactly once, whatever crashes.

A line carries its spool position, so the end of the file tells how far it came; it makes no sums and deletes
nothing. Found by file name; called by the recorder in a thread of the sink's own.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from torana.core.tickets import Receipt

_LONGEST_LINE = 1024 * 1024
_LINES_AT_ONCE = 64
"""About 60 KB a write: larger ones cost four times as much a byte, they do not fit the processor's cache."""
_encoder = msgspec.json.Encoder()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``path`` of the file. ``rotate_mb``: from this size on it is set aside as ``<stem>.<position><suffix>``."""

    path: str
    rotate_mb: int = 0
    """0: never. Another program may also move the file away between two lines: it is made again."""
    fsync: bool = False
    """Whether each batch is flushed to the disk; without it a batch outlives a killed process, not a power cut."""


def open(settings: Settings) -> JsonlSink:  # noqa: A001 - every plug-in is opened by this name
    """The sink, with what a crash left half-written cut off. Raises OSError."""
    return JsonlSink(settings)


class _Tail(msgspec.Struct):
    """What a last line must tell."""

    position: int


class JsonlSink:
    """Implements ``ports.sink.Sink``.

    The position after the last line is on that line; beside the file, ``<file>.position`` keeps it for when the
    file is empty, because it was rotated, moved away or truncated.
    """

    name = "jsonl"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = Path(settings.path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._beside = os.open(self._path.with_name(self._path.name + ".position"), os.O_RDWR | os.O_CREAT, 0o600)
        self._file = self._opened()
        tail = _mended(self._file)
        self._written = tail if tail is not None else _number(os.pread(self._beside, 32, 0))

    def written(self) -> int:
        """The spool position after the last line."""
        return self._written

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        """Append the lines of the batch. Raises OSError; then none of them is in the file."""
        first = position - len(batch)
        # A crash may have kept the beginning of this batch.
        skip = max(0, self._written - first) if self._written < position else 0
        self._keep_up_with_the_path()
        size = os.fstat(self._file).st_size
        try:
            for start in range(skip, len(batch), _LINES_AT_ONCE):
                self._append(_lines(batch[start : start + _LINES_AT_ONCE], first + start))
            if self._settings.fsync:
                os.fsync(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, size)
            raise
        self._written = position
        os.pwrite(self._beside, b"%020d\n" % position, 0)

    def close(self) -> None:
        """Close the files. Idempotent."""
        for file in (self._file, self._beside):
            if file >= 0:
                os.close(file)
        self._file = self._beside = -1

    def _append(self, data: bytes | bytearray) -> None:
        if os.write(self._file, data) != len(data):
            raise OSError(errno.ENOSPC, "the disk took only part of a batch")

    def _keep_up_with_the_path(self) -> None:
        """Write to the file that has the name now, and set it aside when it is large enough."""
        here = os.fstat(self._file)
        limit = self._settings.rotate_mb * 1024 * 1024
        if limit and here.st_size >= limit:
            self._path.rename(self._path.with_name(f"{self._path.stem}.{self._written}{self._path.suffix}"))
        elif self._path.exists() and os.path.samestat(here, self._path.stat()):
            return
        fresh = self._opened()
        os.close(self._file)
        self._file = fresh

    def _opened(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)


def _lines(receipts: Sequence[Receipt], position: int) -> bytearray:
    lines = bytearray()
    for receipt in receipts:
        position += 1
        _encoder.encode_into(receipt, lines, -1)
        lines[-1:] = b',"position":%d}\n' % position
    return lines


def _number(text: bytes) -> int:
    digits = text.strip()
    return int(digits) if digits.isdigit() else 0


def _mended(file: int) -> int | None:
    """The position on the last whole line, after half a line behind it was cut off; None for an empty file.

    Raises ValueError for a file whose last line is not ours: writing on would spoil it.
    """
    size = os.fstat(file).st_size
    tail = os.pread(file, _LONGEST_LINE, max(0, size - _LONGEST_LINE))
    end = tail.rfind(b"\n") + 1
    if end < len(tail):
        os.ftruncate(file, size - (len(tail) - end))
    if end == 0:
        return None
    last = tail[tail.rfind(b"\n", 0, end - 1) + 1 : end]
    try:
        return msgspec.json.decode(last, type=_Tail).position
    except msgspec.DecodeError as fault:
        raise ValueError("the last line of the audit file is not a Receipt with a position") from fault
