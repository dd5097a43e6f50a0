"""How Receipts lie in a spool file: frames of MessagePack, each with its length, position and checksum.

It does not open files by name nor know of sinks. Called by the spool.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
from msgspec.structs import asdict, replace

from torana.ports.receipt import Receipt, blank

MAGIC = b"TORANA1\n"
"""The first bytes of every segment file."""
LARGEST_FRAME = 256 * 1024 * 1024
"""A length beyond this is a torn header, not a frame."""

_HEADER = struct.Struct("<IIQI")
"""Payload length, CRC-32 of the rest, position of the first Receipt, number of Receipts."""
_TAIL = struct.Struct("<QI")
_WIDEST = (1 << 63) - 1
_BLANK = blank()

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Receipt])
_loose_decoder = msgspec.msgpack.Decoder(list[dict[str, Any]])


class Frame(NamedTuple):
    """Where one frame lies in its file, and which and how many Receipts are held in it."""

    offset: int
    length: int
    checksum: int
    position: int
    held: int

    @property
    def end(self) -> int:
        """The position after its last Receipt."""
        return self.position + self.held

    @property
    def next_offset(self) -> int:
        """Where the next frame begins."""
        return self.offset + _HEADER.size + self.length


def frame_bytes(position: int, receipts: Sequence[Receipt]) -> bytes:
    """One frame. Raises what msgspec raises for a Receipt with values that cannot be written."""
    payload = _encoder.encode(receipts)
    count = len(receipts)
    checksum = crc32(payload, crc32(_TAIL.pack(position, count)))
    return _HEADER.pack(len(payload), checksum, position, count) + payload


def head_at(file: int, offset: int, size: int) -> Frame | None:
    """The frame that begins at ``offset`` of a file of ``size`` bytes; None when no whole one does."""
    data = os.pread(file, _HEADER.size, offset)
    if len(data) < _HEADER.size:
        return None
    length, checksum, position, count = _HEADER.unpack(data)
    frame = Frame(offset, length, checksum, position, count)
    if length > LARGEST_FRAME or count == 0 or frame.next_offset > size:
        return None
    return frame


def payload_of(file: int, frame: Frame) -> bytes | None:
    """The frame's payload; None when its checksum says that it is damaged."""
    payload = os.pread(file, frame.length, frame.offset + _HEADER.size)
    if crc32(payload, crc32(_TAIL.pack(frame.position, frame.held))) != frame.checksum:
        return None
    return payload


def receipts_in(payload: bytes) -> list[Receipt] | None:
    """The Receipts of a payload, also when another version wrote it; None when it cannot be read.

    Fields that the writer did not know are empty, fields that we do not know are left out.
    """
    try:
        return _decoder.decode(payload)
    except msgspec.ValidationError:
        pass
    except msgspec.DecodeError:
        return None
    try:
        rows = _loose_decoder.decode(payload)
        return msgspec.convert([{**_BLANK, **row} for row in rows], list[Receipt])
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


def writable(receipt: Receipt) -> Receipt | None:
    """The Receipt with texts that are UTF-8 and integers of 64 bits; None when even that cannot be written.

    A caller can send a lone surrogate in a JSON escape: one such Receipt must not hold up a batch.
    """
    cleaned = replace(receipt, **{name: _plain(value) for name, value in asdict(receipt).items()})
    try:
        _encoder.encode(cleaned)
    except (ValueError, TypeError, OverflowError):
        return None
    return cleaned


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool) or not isinstance(value, int | list | tuple):
        return value
    if isinstance(value, int):
        return max(-_WIDEST, min(value, _WIDEST))
    plain = [_plain(item) for item in value]
    if isinstance(value, list):
        return plain
    return type(value)(*plain) if hasattr(value, "_fields") else tuple(plain)
