"""Reads just enough of an HTTP/1.1 answer to know its status and where it ends, for our own load generators."""

from __future__ import annotations

_LAST_CHUNK = b"0\r\n\r\n"


class AnswerReader:
    """One answer, by Content-Length or chunked."""

    def __init__(self) -> None:
        self.status = 0
        self._held = b""
        self._length: int | None = None
        self._body_at = -1
        self._seen = 0
        self._tail = b""

    def feed(self, data: bytes) -> bool:
        """Take the next bytes; True when the answer is complete. Give it nothing after that."""
        if self._body_at < 0:
            self._held += data
            self._body_at = self._held.find(b"\r\n\r\n")
            if self._body_at < 0:
                return False
            self._read_head(self._held[: self._body_at])
            data = self._held[self._body_at + 4 :]
            self._held = b""
        self._seen += len(data)
        if self._length is not None:
            return self._seen >= self._length
        self._tail = (self._tail + data)[-len(_LAST_CHUNK) :]
        return self._tail == _LAST_CHUNK

    def _read_head(self, head: bytes) -> None:
        lines = head.split(b"\r\n")
        self.status = int(lines[0].split(b" ", 2)[1])
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                self._length = int(value)
