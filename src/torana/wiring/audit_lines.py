"""Proving audit files: every line against the one before it of its tenant, and where they end against what was signed.

It changes no file. Called by ``torana audit verify FILE …``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torana.core.chain import Checkpoint
from torana.core.line_chain import Bound, Place, bound_of, is_whole
from torana.wiring.audit_file import Proof, read_proof
from torana.wiring.audit_proof import is_signed

START = b'{"'
EXPORTED = b'{"what":"head"'


@dataclass(slots=True)
class Lines:
    """What came of one tenant's lines."""

    tenant: str
    lines: int = 0
    first: int = 0
    """The number of the first of them."""
    proven_start: bool = False
    """Whether it is known that none is missing before the first."""
    signed: int = 0
    """How many signed words on where they end agree."""
    end: Place | None = None
    broken: str = ""
    """What is wrong first, and with which line; empty: nothing."""


@dataclass(slots=True)
class Verdict:
    """What came of files that follow each other."""

    tenants: dict[str, Lines] = field(default_factory=dict)
    unbound: int = 0
    """Lines from before lines were bound to each other."""
    broken: str = ""
    """The first line that belongs to no tenant's lines any more; empty: none."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.broken and not any(one.broken for one in self.tenants.values())


def is_audit_file(path: Path) -> bool:
    """Whether it is an audit file, not an exported trail. Raises OSError."""
    with path.open("rb") as file:
        begin = file.read(len(EXPORTED))
    return not begin or (begin.startswith(START) and begin != EXPORTED)


def verify(files: Sequence[Path], trusted: Mapping[str, bytes] | None = None) -> Verdict:
    """The verdict on files, the oldest first. ``trusted``: the keys that count; None: those beside the files.

    Raises OSError, ValueError for a proof that cannot be read.
    """
    verdict = Verdict()
    for path in files:
        _File(path, read_proof(path), trusted, verdict).read()
    return verdict


class _File:
    """One file."""

    def __init__(self, path: Path, proof: Proof, trusted: Mapping[str, bytes] | None, verdict: Verdict) -> None:
        self._path = path
        self._keys = proof.keys if trusted is None else trusted
        self._proof = proof
        self._verdict = verdict
        self._seen: set[str] = set()
        """Tenants of this file's lines."""

    def read(self) -> None:
        """Look at every line."""
        for number, line in numbered_lines(self._path):
            where = f"line {number} of {self._path.name}"
            try:
                said = bound_of(line)
            except ValueError:
                said = None
            if said is not None:
                self._line(line, said, where)
            elif self._verdict.tenants:
                # Whose it was cannot be told: it is no line of ours, or what bound it is gone.
                self._verdict.broken = self._verdict.broken or f"{where}: what binds it to the others is gone"
            else:
                self._verdict.unbound += 1
        for tenant, point in self._proof.ends.items():
            self._end(tenant, point)

    def _line(self, line: bytes, said: Bound, where: str) -> None:
        one = self._verdict.tenants.setdefault(said.tenant, Lines(said.tenant))
        if one.broken:
            return
        first = said.tenant not in self._seen
        self._seen.add(said.tenant)
        one.broken = self._wrong(one, line, said, first=first)
        if one.broken:
            one.broken = f"{where}: {one.broken}"
            return
        one.end, one.lines = Place(said.number, said.hash), one.lines + 1
        point = self._proof.ends.get(said.tenant)
        if point is not None and point.number == said.number and point.digest.hex() != said.hash:
            one.broken = f"{where}: it was written anew since it was signed"

    def _wrong(self, one: Lines, line: bytes, said: Bound, *, first: bool) -> str:
        if not is_whole(line, said):
            return "it was changed"
        start = self._proof.starts.get(said.tenant)
        if first and start is not None and not is_signed(start, self._keys):
            return "where the file began is not signed by a known key"
        before = one.end or self._start(said, start)
        if one.end is None:
            one.first, one.proven_start = said.number, before is not None
        if before is None:
            return ""
        if said.number > before.number + 1:
            return f"entry {before.number + 1} is missing before it"
        if said.number <= before.number:
            return f"entry {said.number} comes again"
        return "" if said.before == before.digest else "it does not follow the line before it"

    def _start(self, said: Bound, start: Checkpoint | None) -> Place | None:
        """What the tenant's first line must follow; None where that cannot be known."""
        if start is not None:
            return Place(start.number, start.digest.hex())
        # A tenant that the proof has no beginning of began in this file.
        return Place() if said.number == 1 or self._proof.ends else None

    def _end(self, tenant: str, point: Checkpoint) -> None:
        one = self._verdict.tenants.setdefault(tenant, Lines(tenant))
        if one.broken:
            return
        reached = one.end.number if one.end is not None else 0
        start = self._proof.starts.get(tenant)
        if not is_signed(point, self._keys):
            one.broken = f"{self._path.name}.proof: where the lines end is not signed by a known key"
        elif point.number > reached and (start is None or point.number > start.number):
            one.broken = (
                f"end of {self._path.name}: it ends with entry {reached}, and had {point.number} when it was signed"
            )
        else:
            one.signed += 1


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, from 1, without their line feeds. A last one that is being written is left out."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                yield number, line[:-1]
