"""Undoes gzip and deflate for providers that send them though asked for identity (RFC 9110, section 8.4).

It bounds what it puts out, so that a small answer cannot become a huge one. Used by the clients here.
"""

from __future__ import annotations

import zlib

from torana.core.faults import AnswerMalformed, AnswerTooLarge, ConnectionBroken

_GZIP = zlib.MAX_WBITS | 16


class Inflater:
    """Decodes one answer piece by piece."""

    __slots__ = ("_left", "_started", "_wbits", "_zip")

    def __init__(self, coding: str, max_bytes: int) -> None:
        self._wbits = _GZIP if coding == "gzip" else zlib.MAX_WBITS
        self._zip = zlib.decompressobj(self._wbits)
        self._left = max_bytes
        self._started = False

    def feed(self, data: bytes) -> bytes:
        """The decoded bytes, maybe none yet. Raises AnswerMalformed, AnswerTooLarge."""
        out = []
        while data:
            if self._zip.eof:
                # RFC 1952, section 2.2: a gzip stream may have several members.
                if self._wbits != _GZIP:
                    raise AnswerMalformed("bytes after the end of a deflate answer")
                self._zip = zlib.decompressobj(_GZIP)
            piece = self._inflate(data)
            self._left -= len(piece)
            if self._left < 0:
                raise AnswerTooLarge
            out.append(piece)
            data = self._zip.unconsumed_tail or self._zip.unused_data
        return b"".join(out)

    def finish(self) -> None:
        """Check that the encoded answer is whole. Raises ConnectionBroken when it was cut."""
        if self._started and not self._zip.eof:
            raise ConnectionBroken("the compressed answer was cut short")

    def _inflate(self, data: bytes) -> bytes:
        first, self._started = not self._started, True
        try:
            return self._zip.decompress(data, self._left + 1)
        except zlib.error as error:
            if first and self._wbits == zlib.MAX_WBITS:
                # Trap: some servers send raw deflate without the zlib wrapper that RFC 9110, 8.4.1.2 demands.
                self._wbits = -zlib.MAX_WBITS
                self._zip = zlib.decompressobj(self._wbits)
                return self._inflate(data)
            raise AnswerMalformed("the answer does not decompress") from error


def inflater(coding: str | None, max_bytes: int) -> Inflater | None:
    """What undoes a ``content-encoding``; None for identity. Raises AnswerMalformed for one we did not ask for."""
    name = (coding or "").strip().lower().removeprefix("x-")
    if name in ("", "identity"):
        return None
    if name in ("gzip", "deflate"):
        return Inflater(name, max_bytes)
    raise AnswerMalformed(f"the answer has an unknown content-encoding: {name[:40]}")
