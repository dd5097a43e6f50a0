"""Holds of money that are open, in a file that outlives a killed process: what they are when nobody can tell any more.

It neither holds nor settles: a slot is written when a Hold against a hard budget is made, and cleared when its
Receipt is in the spool. What a start finds in it was under way when the process before it died. Written by the limits
room, cleared by the recorder, read by ``wiring`` at the start.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import struct
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from torana.core.tickets import Hold
from torana.ports.recorder import Slotted
from torana.records.cursor import Cursor
from torana.records.spool import Spool

MAGIC = b"TORHOLD1"
SLOT = 4096
"""Bytes of a slot: the length of what is in it, then that."""
FIRST_SLOTS = 4096
LONGEST = 100
"""Characters of a name that are kept, so that all of them fit a slot in any script."""

_LENGTH = struct.Struct("<H")
_COST = struct.Struct("<q")
_KNOWN = b"\x01"
"""At the end of a slot: the cost, then this once it is known."""
_FIRST = len(MAGIC)
"""Where the first slot begins."""
_NOTE_AT = _LENGTH.size
_KNOWN_AT = SLOT - len(_KNOWN)
_COST_AT = _KNOWN_AT - _COST.size
"""In a slot."""
_NOTE = _COST_AT - _NOTE_AT
"""The most bytes of a note."""


class Open(msgspec.Struct, array_like=True):
    """What is known of a request when its Hold is made: enough for a Receipt."""

    receipt_id: str
    request_id: str
    at: float
    tenant: str
    department: str
    team: str
    user: str
    key_id: str
    dialect: str
    operation: str
    model: str
    stream: bool
    held_nano: int
    currency: str
    policy: str
    address: str
    request_bytes: int
    budgets: list[str] = []
    cost_nano: int = -1
    """What it cost; -1: nobody knew yet."""


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Open)


class Left:
    """Stands for the Hold of a request whose process died: all that is left of it is its slot."""

    __slots__ = ("slot",)

    def __init__(self, slot: int) -> None:
        self.slot = slot


class Journal:
    """A file of slots, mapped: writing one is a copy in memory, no system call, and the kernel keeps it for us.

    It outlives the process, not the machine: after a power cut the file is as old as its last flush.
    """

    def __init__(self, path: Path, reserve: Callable[[int, int], None] | None = None) -> None:
        """Open or begin the file. ``reserve`` gives an open file room for so many bytes; None: as the system does.

        Raises OSError when it cannot be, BlockingIOError when another process has it.
        """
        self._reserve = reserve or reserved
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            size = os.fstat(self._file).st_size
            if size < len(MAGIC) + SLOT:
                size = len(MAGIC) + FIRST_SLOTS * SLOT
            self._reserve(self._file, size)
            os.ftruncate(self._file, size)
            self._map = mmap.mmap(self._file, 0)
        except OSError:
            os.close(self._file)
            raise
        self._slots = (len(self._map) - len(MAGIC)) // SLOT
        if self._map[: len(MAGIC)] != MAGIC:
            self._map[: len(MAGIC)] = MAGIC
            for slot in range(self._slots):
                self._clear(slot)
        self.left: Sequence[tuple[int, Open]] = self._found()
        """What the process before this one left open, with the slots."""
        taken = {slot for slot, _ in self.left}
        self._free = deque(slot for slot in reversed(range(self._slots)) if slot not in taken)
        # Looking at all slots made their pages ours to count; what is in them stays in the file's cache.
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def opened(self, hold: Hold, at: float) -> int:
        """Write the Hold down; the slot, to be cleared with ``closed``. On the event loop; never awaits.

        -1 when there is no slot left and the disk is full: a killed process forgets that Hold.
        """
        if not self._free and not self._grow():
            return -1
        slot = self._free.pop()  # the one freed last: its page is in the processor's cache
        note = _encode(_open(hold, at, hold.budgets))
        length = len(note)
        if length > _NOTE:
            note = _encode(_open(hold, at, ()))  # better without their names than not at all
            length = len(note)
        start = _FIRST + slot * SLOT
        self._map[start + _KNOWN_AT] = 0
        # The length comes last: a slot half-written when the process died is an empty one.
        self._map[start + _NOTE_AT : start + _NOTE_AT + length] = note
        _LENGTH.pack_into(self._map, start, length)
        return slot

    def priced(self, hold: Hold, cost_nano: int) -> None:
        """See ``ports.recorder.Journal.priced``."""
        if hold.slot >= 0:
            start = _FIRST + hold.slot * SLOT
            _COST.pack_into(self._map, start + _COST_AT, cost_nano)
            self._map[start + _KNOWN_AT] = _KNOWN[0]

    def closed(self, hold: Slotted) -> None:
        """The Hold's Receipt is in the spool. From any thread; a Hold without a slot is nothing."""
        if hold.slot >= 0:
            self.free(hold.slot)
            hold.slot = -1

    def free(self, slot: int) -> None:
        """Clear a slot."""
        self._clear(slot)
        self._free.append(slot)

    def close(self) -> None:
        """Give back the file. Idempotent."""
        if not self._map.closed:
            self._map.close()
            with contextlib.suppress(OSError):
                os.close(self._file)

    def _clear(self, slot: int) -> None:
        _LENGTH.pack_into(self._map, _FIRST + slot * SLOT, 0)

    def _grow(self) -> bool:
        before = self._slots
        try:
            self._reserve(self._file, len(MAGIC) + 2 * before * SLOT)
        except OSError:
            return False
        self._map.resize(len(MAGIC) + 2 * before * SLOT)
        self._slots = 2 * before
        self._free.extend(reversed(range(before, self._slots)))
        return True

    def _found(self) -> list[tuple[int, Open]]:
        found: list[tuple[int, Open]] = []
        for slot in range(self._slots):
            start = _FIRST + slot * SLOT
            (length,) = _LENGTH.unpack_from(self._map, start)
            if not length:
                continue
            try:
                one = _decoder.decode(self._map[start + _LENGTH.size : start + _LENGTH.size + length])
            except msgspec.MsgspecError:
                self._clear(slot)
                continue
            end = start + SLOT - len(_KNOWN)
            if self._map[end : end + len(_KNOWN)] == _KNOWN:
                one.cost_nano = _COST.unpack_from(self._map, end - _COST.size)[0]
            found.append((slot, one))
        return found


def reserved(file: int, size: int) -> None:
    """Give the file room on the disk. A mapped page without any kills the process that writes it to a full disk (SIGBUS).

    Raises OSError when there is none.
    """
    allocate = getattr(os, "posix_fallocate", None)  # not on macOS
    if allocate is not None:
        allocate(file, 0, size)


def _open(hold: Hold, at: float, budgets: Sequence[str]) -> Open:
    grant, trail = hold.grant, hold.trail
    caller = grant.caller
    return Open(
        trail.receipt_id,
        trail.request_id[:LONGEST],
        float(at),  # a store's own kind of number may not be written
        caller.tenant[:LONGEST],
        caller.department[:LONGEST],
        caller.team[:LONGEST],
        caller.user[:LONGEST],
        caller.key_id[:LONGEST],
        trail.dialect,
        trail.operation,
        grant.model.name[:LONGEST],
        trail.stream,
        hold.amount_nano,
        hold.currency,
        grant.policy[:LONGEST],
        trail.address,
        trail.request_bytes,
        list(budgets),
    )


def recorded(spool: Spool, wanted: set[str]) -> set[str]:
    """Which of these Receipt ids the spool has. Raises OSError when it cannot be read."""
    cursor = Cursor(spool, spool.first)
    found: set[str] = set()
    while cursor.lag > 0:
        receipts, position = cursor.read(4096)
        if position == cursor.position:
            break
        found.update(receipt.receipt_id for receipt in receipts if receipt.receipt_id in wanted)
        cursor.advance(position)
    return found
