"""Questions of one process by their vectors: a matrix for each partition, searched whole, bounded in bytes.

It decides nothing about answers. numpy is given by who opens it (the extra ``semantic``).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from torana.core.cache_entry import Where
from torana.core.cache_question import Answered

RECORD_BYTES = 1_200
"""What one question takes besides its text and its vector, estimated upward: four digests, tuples, its places in two orders."""
PARTITION_BYTES = 600
FIRST_ROWS = 4


class _Partition:
    """The vectors of one partition as rows, and whose they are."""

    __slots__ = ("matrix", "places")

    def __init__(self, numpy: Any, width: int) -> None:
        self.matrix: Any = numpy.zeros((FIRST_ROWS, width), dtype=numpy.float32)
        self.places: list[str] = []


class MemoryVectors:
    """Implements ``ports.vectors.Vectors``. What was not served for the longest time goes first."""

    def __init__(self, numpy: Any, most_bytes: int) -> None:
        """``numpy``: the module."""
        self._numpy = numpy
        self._most_bytes = most_bytes
        self._partitions: dict[str, _Partition] = {}
        self._known: OrderedDict[str, tuple[Answered, int]] = OrderedDict()
        """Place → the question and its row, in the order of use."""
        self._bytes = 0
        self.evicted = 0

    def close(self) -> None:
        """See ``ports.vectors``."""

    def sizes(self) -> tuple[int, int]:
        """See ``ports.vectors``."""
        return len(self._known), self._bytes

    def may_have(self, partition: str) -> bool:
        """See ``ports.vectors``."""
        return partition in self._partitions

    def near(self, partition: str, vector: Any, least: float, most: int) -> Sequence[tuple[Answered, float]]:
        """See ``ports.vectors``."""
        found = self._partitions.get(partition)
        if found is None:
            return ()
        numpy, count = self._numpy, len(found.places)
        likeness = found.matrix[:count] @ numpy.asarray(vector, dtype=numpy.float32)
        rows = numpy.flatnonzero(likeness >= least)
        rows = rows[numpy.argsort(-likeness[rows], kind="stable")][:most]
        out = []
        for row in rows.tolist():
            place = found.places[row]
            self._known.move_to_end(place)
            out.append((self._known[place][0], float(likeness[row])))
        return out

    def add(self, answered: Answered, vector: Any) -> None:
        """See ``ports.vectors``."""
        question = answered.question
        known = self._known.get(question.place)
        if known is not None:
            self._remove(question.place)
        partition = self._partitions.get(question.partition)
        if partition is None:
            partition = self._partitions[question.partition] = _Partition(self._numpy, len(vector))
            self._bytes += PARTITION_BYTES + partition.matrix.nbytes
        row = len(partition.places)
        if row == len(partition.matrix):
            self._resize(partition, 2 * row)
        partition.matrix[row] = vector
        partition.places.append(question.place)
        self._known[question.place] = (answered, row)
        self._bytes += _bytes(answered)
        while self._bytes > self._most_bytes and self._known:
            self._remove(next(iter(self._known)))
            self.evicted += 1

    def drop(self, where: Where) -> int:
        """See ``ports.vectors``."""
        gone = [place for place, (one, _) in self._known.items() if one.meant_by(where)]
        for place in gone:
            self._remove(place)
        return len(gone)

    def _remove(self, place: str) -> None:
        """Its row is taken by the last one."""
        answered, row = self._known.pop(place)
        self._bytes -= _bytes(answered)
        partition = self._partitions[answered.question.partition]
        last = partition.places.pop()
        if last != place:
            partition.matrix[row] = partition.matrix[len(partition.places)]
            partition.places[row] = last
            # Assigning to a key that is there keeps its place in the order of use.
            self._known[last] = (self._known[last][0], row)
        if not partition.places:
            del self._partitions[answered.question.partition]
            self._bytes -= PARTITION_BYTES + partition.matrix.nbytes
        elif len(partition.matrix) > FIRST_ROWS and 4 * len(partition.places) <= len(partition.matrix):
            self._resize(partition, len(partition.matrix) // 2)

    def _resize(self, partition: _Partition, rows: int) -> None:
        kept = len(partition.places)
        new = self._numpy.zeros((rows, partition.matrix.shape[1]), dtype=self._numpy.float32)
        new[:kept] = partition.matrix[:kept]
        self._bytes += new.nbytes - partition.matrix.nbytes
        partition.matrix = new


def _bytes(answered: Answered) -> int:
    """Of the question's record; its vector is counted with the matrix. A letter may take four bytes."""
    return RECORD_BYTES + 4 * len(answered.question.text)
