"""Brings records to places outside that remember no position of ours: filters, halves what was refused, sets aside what is poison.

A position is written down after its batch was taken, so a crash sends a batch again and never leaves one out. It does
not know how a target is spoken to. A sink like any other to the recorder's feeds.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import asdict

from torana.ports.receipt import Receipt
from torana.ports.sink import KINDS, Kind, Record, Rejected, Target, Unreachable

MOST_REFUSED_IN_A_ROW = 20
"""After so many refused and none taken the target itself is thought to be at fault: one more at each try, pauses between."""
MOST_ASIDE_BYTES = 256 * 1024 * 1024
MOST_ROUNDS = 100
"""Times that what a target left of one batch is sent again at once, while it takes some of it each time."""

_encoder = msgspec.json.Encoder()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the audit trail as it lies in the spool."""

    kind: Kind
    id: str
    at: float
    tenant: str
    fields: dict[str, Any]


class Choice(NamedTuple):
    """Which records a target gets."""

    kinds: frozenset[str] = frozenset(KINDS)
    tenants: frozenset[str] = frozenset()
    """Empty: those of all."""


def record_of(one: Receipt | Entry) -> Record:
    """As targets take it."""
    if isinstance(one, Entry):
        return Record(one.kind, one.id, one.at, one.tenant, one.fields)
    fields = asdict(one)
    for name in ("attempts", "dropped", "findings", "timed"):
        if fields[name]:
            fields[name] = [item._asdict() for item in fields[name]]
    return Record("request", one.receipt_id, one.at, one.tenant, fields)


class Gate:
    """One target for all the feeds that lead to it: opened when it is needed first, one thread in it at a time."""

    def __init__(self, name: str, open_target: Callable[[], Target]) -> None:
        self.name = name
        self.lock = threading.Lock()
        self._open = open_target
        self._target: Target | None = None

    @property
    def target(self) -> Target:
        """The target. Raises what opening it raises."""
        if self._target is None:
            self._target = self._open()
        return self._target

    def close(self) -> None:
        """Close the target; it may be opened again."""
        with self.lock:
            target, self._target = self._target, None
            if target is not None:
                target.close()


class Aside(NamedTuple):
    """Where a sink keeps what it remembers."""

    position: Path
    letters: Path
    """The dead letters: a JSON object a line."""
    most_bytes: int = MOST_ASIDE_BYTES
    """Of the dead letters; a sink whose letters are full waits until somebody looks."""


class Shipping:
    """Implements ``ports.sink.Sink`` for a target. Positions are of one spool."""

    def __init__(self, gate: Gate, choice: Choice, aside: Aside, now: Callable[[], float]) -> None:
        self.name = gate.name
        self.set_aside = 0
        """Records refused for ever since the start; they are in the dead letters."""
        self.shipped = 0
        self._gate = gate
        self._choice = choice
        self._aside = aside
        self._now = now
        self._file = -1
        self._done: set[int] = set()
        """Positions beyond the one written down that need not be sent again."""
        self._refused_in_a_row = 0

    def open(self) -> Shipping:
        """Itself, with its file open. Raises OSError."""
        self._aside.position.parent.mkdir(parents=True, exist_ok=True)
        if self._file < 0:
            self._file = os.open(self._aside.position, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self

    def written(self) -> int:
        """See ``ports.sink.Sink``."""
        digits = os.pread(self._file, 32, 0).strip()
        return int(digits) if digits.isdigit() else 0

    def write(self, batch: Sequence[Receipt | Entry], position: int) -> None:
        """See ``ports.sink.Sink``. Raises Unreachable, OSError."""
        first = position - len(batch)
        chosen = [
            (first + place, record_of(one))
            for place, one in enumerate(batch)
            if first + place not in self._done and self._wants(one)
        ]
        if chosen:
            with self._gate.lock:
                self._ship(chosen)
        os.pwrite(self._file, b"%020d\n" % position, 0)
        self._done.clear()

    def close(self) -> None:
        """See ``ports.sink.Sink``."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
        self._gate.close()

    def _wants(self, one: Receipt | Entry) -> bool:
        kind = one.kind if isinstance(one, Entry) else "request"
        choice = self._choice
        return kind in choice.kinds and (not choice.tenants or one.tenant in choice.tenants)

    def _ship(self, chosen: Sequence[tuple[int, Record]]) -> None:
        """Send, again what was left, in halves what was rejected."""
        waiting = [list(chosen)]
        while waiting:
            part = waiting.pop()
            try:
                left = self._round(part)
            except Rejected as fault:
                if len(part) == 1:
                    self._set_aside([part[0][1]], str(fault))
                    self._note(part)
                    self._count_refused()
                else:
                    half = len(part) // 2
                    waiting += [part[half:], part[:half]]
                continue
            if left:
                waiting.append(left)

    def _round(self, part: list[tuple[int, Record]]) -> list[tuple[int, Record]]:
        """Send once; what the target left. Raises Rejected, Unreachable when nothing came of it, OSError."""
        sent = self._gate.target.send([record for _, record in part])
        left = set(sent.left)
        for place, why in sent.refused.items():
            self._set_aside([part[place][1]], why)
        if sent.unnamed:
            self._set_aside(
                [record for _, record in part], f"{sent.unnamed} of these were refused, unsaid which", sent.unnamed
            )
        done = [one for place, one in enumerate(part) if place not in left]
        self._note(done)
        taken = len(done) - len(sent.refused) - sent.unnamed
        if taken > 0:
            self._refused_in_a_row = 0
            self.shipped += taken
        elif sent.refused:
            self._count_refused(len(sent.refused))
        rest = [one for place, one in enumerate(part) if place in left]
        if rest and (not done or sent.retry_after_s):
            raise Unreachable(f"it left {len(rest)} of {len(part)} records", sent.retry_after_s)
        return rest

    def _note(self, part: Iterable[tuple[int, Record]]) -> None:
        self._done.update(position for position, _ in part)

    def _count_refused(self, count: int = 1) -> None:
        self._refused_in_a_row += count
        if self._refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
            raise Unreachable(
                f"it refused the last {self._refused_in_a_row} records, one after the other, and took none"
            )

    def _set_aside(self, records: Sequence[Record], why: str, count: int = 1) -> None:
        """Write dead letters. Raises OSError; then nothing is set aside and the batch comes again."""
        lines = b"".join(
            _encoder.encode({"sink": self.name, "at": self._now(), "why": why[:500], "record": record._asdict()})
            + b"\n"
            for record in records
        )
        path = self._aside.letters
        if path.exists() and path.stat().st_size + len(lines) > self._aside.most_bytes:
            raise OSError(f"{path.name} is full: look at what was refused, and move it away")
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, lines)
        finally:
            os.close(file)
        self.set_aside += count
