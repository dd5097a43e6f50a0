"""Where one reader stands in the spool, and the Receipts from there on.

From memory while the reader keeps up, else from the files. It decides nothing; called by the recorder's feeds.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from torana.ports.receipt import Receipt
from torana.records.frames import MAGIC, head_at, payload_of
from torana.records.spool import Segment, Spool


class Cursor:
    """Reads a spool in order. Reading does not move it: ``advance`` does, once the Receipts are safe."""

    def __init__(self, spool: Spool, position: int) -> None:
        self._spool = spool
        self.position = max(position, spool.first)
        self._hint: tuple[Segment, int, int] | None = None
        """The segment, the offset and the position at which the last read ended."""

    @property
    def lag(self) -> int:
        """How many Receipts lie ahead."""
        return self._spool.head - self.position

    def advance(self, position: int) -> None:
        """Go on from ``position``."""
        self.position = position

    def read(self, limit: int) -> tuple[Sequence[Receipt], int]:
        """Some Receipts from here on (whole frames, until ``limit`` is reached) and the position after them.

        They are consecutive: the first of them stands at the position after them less their number.

        An empty batch with a position further on says that what lay between could not be read.
        Raises OSError when the files cannot be read.
        """
        spool = self._spool
        if self.position >= spool.head:
            return (), self.position
        recent = list(spool.recent)
        if recent and self.position >= recent[0][0]:
            return self._from_memory(recent, limit)
        return self._from_files(limit)

    def _from_memory(
        self, recent: Sequence[tuple[int, Sequence[Receipt]]], limit: int
    ) -> tuple[Sequence[Receipt], int]:
        batch: list[Receipt] = []
        position = self.position
        for first, receipts in recent:
            end = first + len(receipts)
            if end <= position:
                continue
            if first > position:
                if batch:
                    break
                position = first  # positions were left out here (see Spool.leap): nothing lies between
            batch.extend(receipts if position == first else receipts[position - first :])
            position = end
            if len(batch) >= limit:
                break
        return batch, position

    def _from_files(self, limit: int) -> tuple[Sequence[Receipt], int]:
        segment = next((each for each in list(self._spool.segments) if each.end > self.position), None)
        if segment is None:
            return (), self.position
        file = os.open(segment.path, os.O_RDONLY)
        try:
            return self._from_segment(file, segment, limit)
        finally:
            os.close(file)

    def _from_segment(self, file: int, segment: Segment, limit: int) -> tuple[Sequence[Receipt], int]:
        end, size = segment.end, segment.size
        batch: list[Receipt] = []
        position = max(self.position, segment.first)
        hint = self._hint
        # A read that was not followed by advance is read again: then the hint lies too far on.
        known = hint is not None and hint[0] is segment and hint[2] <= position
        offset = hint[1] if hint is not None and known else len(MAGIC)
        while len(batch) < limit:
            frame = head_at(file, offset, size)
            if frame is None:
                break
            if frame.end <= position:
                offset = frame.next_offset
                continue
            payload = payload_of(file, frame)
            receipts = self._spool.read(payload) if payload is not None else None
            if batch and (receipts is None or frame.position != position):
                break
            offset = frame.next_offset
            if receipts is None:
                self._spool.unreadable += frame.held
            else:
                batch.extend(receipts[max(0, position - frame.position) :])
            position = frame.end
            self._hint = (segment, offset, position)
        if not batch and position < end:
            self._spool.unreadable += end - position
            position = end
        return batch, position
