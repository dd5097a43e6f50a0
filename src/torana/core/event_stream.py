"""AWS's binary event stream (application/vnd.amazon.eventstream): bytes cut anywhere become whole, checked messages.

It knows no event by name and decodes no payload. Codecs of ``dialects`` call it.
Source: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from zlib import crc32

from torana.core.faults import AnswerMalformed

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest message that is read, all its parts together."""
MAX_HEADER_BYTES = 128 * 1024
_PRELUDE = struct.Struct(">III")
_CRC_BYTES = 4
_LEAST_BYTES = _PRELUDE.size + _CRC_BYTES

_FIXED: Mapping[int, struct.Struct] = MappingProxyType(
    {2: struct.Struct(">b"), 3: struct.Struct(">h"), 4: struct.Struct(">i"), 5: struct.Struct(">q"),
     8: struct.Struct(">q")}
)  # fmt: skip
"""Header types that are one number: byte, short, integer, long, and a timestamp in milliseconds of the epoch."""
_TRUE, _FALSE, _BYTES, _TEXT, _UUID = 0, 1, 6, 7, 9

HeaderValue = bool | int | bytes | str


class Message(NamedTuple):
    """One message. A UUID among its headers is its 16 bytes, a timestamp its milliseconds."""

    headers: Mapping[str, HeaderValue]
    payload: bytes

    def text(self, name: str) -> str:
        """A header that is text; empty when it is missing or anything else."""
        value = self.headers.get(name)
        return value if isinstance(value, str) else ""


class MessageSplitter:
    """Splits one stream. How the bytes are cut changes no message."""

    __slots__ = ("_buffer", "_max", "_wanted", "fault")

    def __init__(self, max_message_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._max = max_message_bytes
        self._buffer = bytearray()
        self._wanted = _PRELUDE.size
        """Bytes that the buffer must have before there is anything to look at."""
        self.fault: AnswerMalformed | None = None
        """A fault that stood behind the messages given last; the next call raises it."""

    @property
    def rest(self) -> int:
        """Bytes of a message that is not complete."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Sequence[Message]:
        """The messages completed by ``data``, in order.

        Raises AnswerMalformed for a length over the bound, as soon as it is told, and for a wrong check sum; messages
        completed before are given first, then the next call raises.
        """
        if self.fault is not None:
            raise self.fault
        buffer = self._buffer
        buffer += data
        if len(buffer) < self._wanted:
            return ()
        messages: list[Message] = []
        at = 0
        try:
            while True:
                self._wanted = self._length(at)
                if len(buffer) - at < self._wanted:
                    break
                messages.append(_message(bytes(memoryview(buffer)[at : at + self._wanted])))
                at += self._wanted
        except AnswerMalformed as fault:
            self.fault = fault
            if not messages:
                raise
        del buffer[:at]
        return messages

    def _length(self, at: int) -> int:
        """The length of the message that begins there; of a prelude, while not even that is complete."""
        if len(self._buffer) - at < _PRELUDE.size:
            return _PRELUDE.size
        total, headers, told = _PRELUDE.unpack_from(self._buffer, at)
        if crc32(self._buffer[at : at + _PRELUDE.size - _CRC_BYTES]) != told:
            raise AnswerMalformed("the prelude of a message has a wrong check sum")
        if not _LEAST_BYTES + headers <= total <= self._max or headers > MAX_HEADER_BYTES:
            raise AnswerMalformed("a message of the stream has a length that cannot be")
        return int(total)


def _message(whole: bytes) -> Message:
    """A message whose prelude was checked."""
    if crc32(memoryview(whole)[:-_CRC_BYTES]) != int.from_bytes(whole[-_CRC_BYTES:], "big"):
        raise AnswerMalformed("a message of the stream has a wrong check sum")
    end = _PRELUDE.size + int.from_bytes(whole[4:8], "big")
    return Message(_headers(whole[_PRELUDE.size : end]), whole[end:-_CRC_BYTES])


def _headers(block: bytes) -> Mapping[str, HeaderValue]:
    found: dict[str, HeaderValue] = {}
    at = 0
    try:
        while at < len(block):
            size = block[at]
            name = _taken(block, at + 1, size).decode()
            value, at = _value(block, at + 1 + size)
            found[name] = value
    except (IndexError, struct.error, UnicodeDecodeError):
        raise AnswerMalformed("the headers of a message cannot be read") from None
    return found


def _value(block: bytes, at: int) -> tuple[HeaderValue, int]:
    """The value whose type byte stands there, and where the next header begins."""
    kind = block[at]
    at += 1
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    number = _FIXED.get(kind)
    if number is not None:
        return int(number.unpack_from(block, at)[0]), at + number.size
    if kind == _UUID:
        return _taken(block, at, 16), at + 16
    if kind not in (_BYTES, _TEXT):
        raise AnswerMalformed("a header of a message has a type that is not known")
    size = int.from_bytes(_taken(block, at, 2), "big")
    value = _taken(block, at + 2, size)
    return value.decode() if kind == _TEXT else value, at + 2 + size


def _taken(block: bytes, at: int, size: int) -> bytes:
    taken = block[at : at + size]
    if len(taken) != size:
        raise IndexError(at)
    return taken
