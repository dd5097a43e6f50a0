"""The chain of one audit file: where each tenant's lines end, and the signed word on it that lies beside the file.

``<file>.proof`` is in the form of an exported trail without links: the newest checkpoint of each tenant, and where the file
begins. Used by the sink's thread through ``sinks.jsonl.Chain``; ``audit_lines`` verifies.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from torana.core.chain import Checkpoint, Head
from torana.core.clock import Clock
from torana.core.line_chain import Heads, Place, bound_lines, bound_of, end_of
from torana.ports.receipt import Receipt
from torana.wiring import find

FORMAT = "torana-audit-file/1"
EVERY_S = 60.0
_encoder = msgspec.json.Encoder()


class ProofLine(msgspec.Struct, omit_defaults=True):
    """One line of a proof."""

    what: str
    format: str = ""
    position: int = 0
    """Of the last line of the file that the checkpoints are about."""
    size: int = 0
    """Of the file with that line, in bytes."""
    key_id: str = ""
    public: str = ""
    values: list[Any] = []


class Proof(NamedTuple):
    """What lies beside a file."""

    position: int = 0
    size: int = 0
    keys: Mapping[str, bytes] = {}
    ends: Mapping[str, Checkpoint] = {}
    """Tenant → the newest signed word on where its lines end."""
    starts: Mapping[str, Checkpoint] = {}
    """Tenant → the signed word on where its lines were when the file began."""


def proof_path(file: Path) -> Path:
    """Where the proof of a file is."""
    return file.with_name(file.name + ".proof")


def read_proof(file: Path) -> Proof:
    """The proof of a file; an empty one where there is none. Raises ValueError for one that cannot be read."""
    try:
        lines = proof_path(file).read_bytes().splitlines()
    except FileNotFoundError:
        return Proof()
    try:
        return _proof([msgspec.json.decode(one, type=ProofLine) for one in lines])
    except (msgspec.DecodeError, ValueError, TypeError) as fault:
        raise ValueError(f"{proof_path(file)} cannot be read: it is no proof of an audit file") from fault


def _proof(lines: Sequence[ProofLine]) -> Proof:
    if not lines or lines[0].format != FORMAT:
        raise ValueError("the first line is not its head")
    keys = {one.key_id: _bytes(one.public) for one in lines if one.what == "key"}
    points = [_point(one.values) for one in lines if one.what == "checkpoint"]
    return Proof(
        lines[0].position, lines[0].size, keys,
        {one.tenant: one for one in points if not one.trimmed}, {one.tenant: one for one in points if one.trimmed},
    )  # fmt: skip


class FileChain:
    """Implements ``sinks.jsonl.Chain`` for one file."""

    def __init__(self, file: Path, process: str, seed: bytes, clock: Clock) -> None:
        """``process``: who writes it; ``seed``: of the key that signs."""
        self._file = file
        self._chain = f"file {process}"
        self._seed = seed
        self._clock = clock
        self._heads: Heads = {}
        self._pending: Heads = {}
        self._began: Heads = {}
        """Where the lines of each tenant were when the file began."""
        self._signed: dict[tuple[str, bool], Checkpoint] = {}
        self._saved_s = clock.monotonic()
        self._unsaved = False

    def begin(self, descriptor: int) -> None:
        """Go on where the file ends. A proof that cannot be read is passed over: the file tells all but how it began."""
        try:
            proof = read_proof(self._file)
        except ValueError:
            proof = Proof()
        self._heads = {tenant: Place(one.number, one.digest.hex()) for tenant, one in proof.ends.items()}
        self._began = {tenant: Place(one.number, one.digest.hex()) for tenant, one in proof.starts.items()}
        for point in (*proof.ends.values(), *proof.starts.values()):
            self._signed[point.tenant, point.trimmed] = point
        for line in lines_behind(descriptor, _trusted(descriptor, proof)):
            if (end := end_of(line)) is not None:
                self._heads[end[0]] = end[1]
                self._unsaved = True

    def lines(self, batch: Sequence[Receipt], position: int) -> bytearray:
        """The lines of Receipts behind ``position``, bound to those before them. They count once ``keep`` is called."""
        return bound_lines(batch, position, self._heads, self._pending, _encoder.encode_into)

    def keep(self, position: int, descriptor: int) -> None:
        """The lines are in the file, which ends with ``position`` now."""
        self._heads |= self._pending
        self._pending.clear()
        self._unsaved = True
        if self._clock.monotonic() - self._saved_s >= EVERY_S:
            self.save(position, descriptor)

    def forget(self) -> None:
        """They are not."""
        self._pending.clear()

    def set_aside(self, position: int, descriptor: int, aside: Path) -> None:
        """The file gets another name, and its proof with it; the next one begins where it ends."""
        self.save(position, descriptor)
        if proof_path(self._file).exists():
            proof_path(self._file).rename(proof_path(aside))
        self._began = dict(self._heads)
        self._unsaved = True

    def emptied(self) -> None:
        """The file begins anew where the lines are now; the one before is in other hands."""
        self._began = dict(self._heads)
        self._unsaved = True

    def save(self, position: int, descriptor: int) -> None:
        """Sign where the lines end. Raises OSError."""
        if not self._unsaved:
            return
        signer = find.tool("wiring.audit_proof").Signer(self._seed)
        now = self._clock.now()
        for trimmed, places in ((False, self._heads), (True, self._began)):
            for tenant, place in places.items():
                head = Head(place.number, place.number, bytes.fromhex(place.digest))
                known = self._signed.get((tenant, trimmed))
                if known is None or (known.number, known.digest) != (head.number, head.digest):
                    self._signed[tenant, trimmed] = signer.signed(tenant, self._chain, head, now, trimmed=trimmed)
        fresh = proof_path(self._file).with_suffix(".new")
        fresh.touch(mode=0o600)
        with fresh.open("wb") as file:
            file.writelines(self._told(position, os.fstat(descriptor).st_size, signer))
        fresh.replace(proof_path(self._file))
        self._saved_s, self._unsaved = self._clock.monotonic(), False

    def _told(self, position: int, size: int, signer: Any) -> Iterator[bytes]:
        rows = [
            ProofLine("head", FORMAT, position, size),
            ProofLine("key", key_id=signer.key_id, public=_text(signer.public)),
        ]
        begun = {(tenant, True) for tenant in self._began} | {(tenant, False) for tenant in self._heads}
        rows += [ProofLine("checkpoint", values=_values(self._signed[one])) for one in sorted(begun)]
        for row in rows:
            yield _encoder.encode(row) + b"\n"


def _trusted(descriptor: int, proof: Proof) -> int:
    """From which byte on lines are not in the proof: 0 where the file is not the one it is about."""
    size = os.fstat(descriptor).st_size
    if not proof.size or size < proof.size:
        return 0
    last = os.pread(descriptor, min(proof.size, 1 << 20), max(0, proof.size - (1 << 20)))
    if not last.endswith(b"\n"):
        return 0
    line = last[last.rfind(b"\n", 0, -1) + 1 : -1]
    try:
        said = bound_of(line)
    except ValueError:
        return 0
    return proof.size if said is not None and said.position == proof.position else 0


def lines_behind(descriptor: int, offset: int) -> Iterator[bytes]:
    """The whole lines of a file from a byte on, without their line feeds."""
    rest = b""
    while data := os.pread(descriptor, 1 << 20, offset):
        offset += len(data)
        *whole, rest = (rest + data).split(b"\n")
        yield from whole


def _values(point: Checkpoint) -> list[Any]:
    return [_text(one) if isinstance(one, bytes) else one for one in point]


def _point(values: Iterable[Any]) -> Checkpoint:
    named = dict(zip(Checkpoint._fields, values, strict=True))
    return Checkpoint(**{**named, "digest": _bytes(named["digest"]), "signature": _bytes(named["signature"])})


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
