"""The audit file: one JSON object a line for every Receipt, each exactly once, whatever crashes; and files of any records.

A line of the audit file carries its spool position, so the end of the file tells how far it came. It makes no sums. Found by
file name; called by the recorder in a thread of the sink's own, for rows of ``audit.sinks`` by ``Shipping``.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from torana.ports.receipt import Receipt
from torana.ports.sink import Record, Sent, Target, Tools

_LONGEST_LINE = 1024 * 1024
_LINES_AT_ONCE = 64
"""About 60 KB a write: larger ones cost four times as much a byte, they do not fit the processor's cache."""
_encoder = msgspec.json.Encoder()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which file, and when another one is begun."""

    path: str
    """The file; its folder is made."""
    rotate_mb: int = 0
    """MiB from which on the file is set aside as `<stem>.<number><suffix>`; 0: never. Another program may also move it away between two lines: it is made again."""
    rotate_hours: float = 0
    """From this age of its first record on it is set aside; 0: never."""
    keep: int = 0
    """How many files that were set aside are kept, the newest ones; 0: all."""
    fsync: bool = False
    """Whether each batch is flushed to the disk; without it a batch outlives a killed process, not a power cut."""

    def __post_init__(self) -> None:
        if min(self.rotate_mb, self.rotate_hours, self.keep) < 0:
            raise ValueError("rotate_mb, rotate_hours and keep are 0 or more")


TARGET = True


def open_target(settings: Settings, tools: Tools) -> Target:
    """The file as a place for records of any kind. Raises OSError."""
    return JsonlTarget(settings)


class Chain(Protocol):
    """What binds the lines of a file to each other."""

    def begin(self, descriptor: int, /) -> None:
        """Go on where the file ends."""
        ...

    def lines(self, batch: Sequence[Receipt], position: int, /) -> bytearray:
        """The lines of Receipts behind ``position``."""
        ...

    def keep(self, position: int, descriptor: int, /) -> None:
        """They are in the file. Raises OSError."""
        ...

    def forget(self) -> None:
        """They are not."""
        ...

    def set_aside(self, position: int, descriptor: int, aside: Path, /) -> None:
        """The file is about to have this name. Raises OSError."""
        ...

    def emptied(self) -> None:
        """Another program moved the file away, or emptied it: it begins anew."""
        ...

    def save(self, position: int, descriptor: int, /) -> None:
        """Write down where the lines end. Raises OSError."""
        ...


def open(settings: Settings, chain: Chain | None = None) -> JsonlSink:  # noqa: A001 - every plug-in is opened by this name
    """The sink, with what a crash left half-written cut off. Raises OSError."""
    return JsonlSink(settings, chain)


class _Tail(msgspec.Struct):
    """What a last line must tell."""

    position: int


class _Head(msgspec.Struct):
    """What a first line tells of the file's age."""

    at: float = 0.0


class _Growing:
    """A file that lines are appended to, set aside when it is large or old enough."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = Path(settings.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self._opened()
        self._began = 0.0
        self.before_aside: Callable[[Path], None] = _nothing
        """Told of the name that the file is about to get. Raises OSError."""
        self.emptied: Callable[[], None] = _no_word
        """Told that another program moved the file away, or emptied it."""
        self._grown = False

    def append(self, parts: Iterable[bytes | bytearray]) -> None:
        """All of the parts, or nothing of them. Raises OSError."""
        size = os.fstat(self.file).st_size
        try:
            for data in parts:
                if os.write(self.file, data) != len(data):
                    raise OSError(errno.ENOSPC, "the disk took only part of a batch")
            if self.settings.fsync:
                os.fsync(self.file)
            self._grown = True
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self.file, size)
            raise

    def keep_up(self, number: int, at: float) -> None:
        """Write to the file that has the name now, and set it aside as ``number`` when it is large or old enough.

        ``at``: the time of what comes next, epoch seconds.
        """
        here = os.fstat(self.file)
        if here.st_size and self._is_full(here.st_size, at):
            aside = self.path.with_name(f"{self.path.stem}.{number}{self.path.suffix}")
            self.before_aside(aside)
            self.path.rename(aside)
            self._thin_out()
        elif self.path.exists() and os.path.samestat(here, self.path.stat()):
            if self._grown and not here.st_size:
                self.emptied()
                self._grown = False
            return
        else:
            self.emptied()
        fresh = self._opened()
        os.close(self.file)
        self.file, self._began, self._grown = fresh, 0.0, False

    def close(self) -> None:
        """Close the file. Idempotent."""
        if self.file >= 0:
            os.close(self.file)
        self.file = -1

    def _is_full(self, size: int, at: float) -> bool:
        limit, hours = self.settings.rotate_mb * 1024 * 1024, self.settings.rotate_hours
        if limit and size >= limit:
            return True
        if not hours:
            return False
        self._began = self._began or _first_time(self.file)
        return bool(self._began) and at - self._began >= hours * 3600

    def _thin_out(self) -> None:
        stem, suffix = self.path.stem, self.path.suffix
        aside = [
            (int(number), one)
            for one in self.path.parent.glob(f"{glob.escape(stem)}.*{glob.escape(suffix)}")
            if (number := one.name.removeprefix(stem + ".").removesuffix(suffix)).isdigit()
        ]
        for _, one in sorted(aside)[: -self.settings.keep] if self.settings.keep else ():
            one.unlink(missing_ok=True)
            one.with_name(one.name + ".proof").unlink(missing_ok=True)

    def _opened(self) -> int:
        return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)


class JsonlSink:
    """Implements ``ports.sink.Sink``.

    The position after the last line is on that line; beside the file, ``<file>.position`` keeps it for when the
    file is empty, because it was rotated, moved away or truncated.
    """

    name = "jsonl"

    def __init__(self, settings: Settings, chain: Chain | None = None) -> None:
        """``chain``: None: the lines are not bound to each other."""
        self._growing = growing = _Growing(settings)
        self._beside = os.open(growing.path.with_name(growing.path.name + ".position"), os.O_RDWR | os.O_CREAT, 0o600)
        tail = _mended(growing.file)
        self._written = tail if tail is not None else _number(os.pread(self._beside, 32, 0))
        self._chain = chain
        self._lines = _lines if chain is None else chain.lines
        if chain is not None:
            growing.before_aside, growing.emptied = self._set_aside, chain.emptied
            chain.begin(growing.file)

    def written(self) -> int:
        """The spool position after the last line."""
        return self._written

    def write(self, batch: Sequence[Receipt], position: int) -> None:
        """Append the lines of the batch. Raises OSError; then none of them is in the file."""
        first = position - len(batch)
        # A crash may have kept the beginning of this batch.
        skip = max(0, self._written - first) if self._written < position else 0
        self._growing.keep_up(self._written, batch[-1].at if batch else 0.0)
        try:
            self._growing.append(
                self._lines(batch[start : start + _LINES_AT_ONCE], first + start)
                for start in range(skip, len(batch), _LINES_AT_ONCE)
            )
        except OSError:
            if self._chain is not None:
                self._chain.forget()
            raise
        self._written = position
        os.pwrite(self._beside, b"%020d\n" % position, 0)
        if self._chain is not None:
            with contextlib.suppress(OSError):  # the lines are there: their proof is written with a later batch
                self._chain.keep(position, self._growing.file)

    def _set_aside(self, aside: Path) -> None:
        if self._chain is not None:
            self._chain.set_aside(self._written, self._growing.file, aside)

    def close(self) -> None:
        """Close the files. Idempotent."""
        if self._chain is not None and self._growing.file >= 0:
            with contextlib.suppress(OSError):
                self._chain.save(self._written, self._growing.file)
        self._growing.close()
        if self._beside >= 0:
            os.close(self._beside)
        self._beside = -1


class JsonlTarget:
    """Implements ``ports.sink.Target``: any records, with their kind; at least once."""

    def __init__(self, settings: Settings) -> None:
        self._growing = _Growing(settings)
        _mended_line(self._growing.file)

    def send(self, batch: Sequence[Record]) -> Sent:
        """See ``ports.sink.Target``. Raises OSError; then nothing of the batch is in the file."""
        at = batch[-1].at
        self._growing.keep_up(int(at * 1_000_000), at)
        lines = (
            _encoder.encode({"event": one.kind, "id": one.id, "at": one.at, "tenant": one.tenant, **one.fields}) + b"\n"
            for one in batch
        )
        self._growing.append([b"".join(lines)])
        return Sent()

    def close(self) -> None:
        """See ``ports.sink.Target``."""
        self._growing.close()


def _lines(receipts: Sequence[Receipt], position: int) -> bytearray:
    lines = bytearray()
    for receipt in receipts:
        position += 1
        _encoder.encode_into(receipt, lines, -1)
        lines[-1:] = b',"position":%d}\n' % position
    return lines


def _nothing(aside: Path) -> None:
    """Nobody has anything to do."""


def _no_word() -> None:
    """The same."""


def _number(text: bytes) -> int:
    digits = text.strip()
    return int(digits) if digits.isdigit() else 0


def _first_time(file: int) -> float:
    """When the first record of the file is from; 0 when its line cannot be read."""
    line = os.pread(file, _LONGEST_LINE, 0).partition(b"\n")[0]
    try:
        return msgspec.json.decode(line, type=_Head).at
    except msgspec.DecodeError:
        return 0.0


def _mended_line(file: int) -> bytes:
    """The last whole line, after half a line behind it was cut off; empty when there is none."""
    size = os.fstat(file).st_size
    tail = os.pread(file, _LONGEST_LINE, max(0, size - _LONGEST_LINE))
    end = tail.rfind(b"\n") + 1
    if end < len(tail):
        os.ftruncate(file, size - (len(tail) - end))
    return tail[tail.rfind(b"\n", 0, end - 1) + 1 : end] if end else b""


def _mended(file: int) -> int | None:
    """The position on the last whole line; None for an empty file.

    Raises ValueError for a file whose last line is not ours: writing on would spoil it.
    """
    last = _mended_line(file)
    if not last:
        return None
    try:
        return msgspec.json.decode(last, type=_Tail).position
    except msgspec.DecodeError as fault:
        raise ValueError("the last line of the audit file is not a Receipt with a position") from fault
