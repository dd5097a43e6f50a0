"""The HTTP side of a provider that keeps things, in this process: who asks for what with which key."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import Protocol

Answer = tuple[int, bytes] | tuple[int, bytes, str]
"""Status, body, and its content type if that is not JSON."""


class Keeping(Protocol):
    """Whose things they are."""

    keys: tuple[str, ...]
    seen: list[tuple[str, str, str]]
    """Method, path and key of each request."""


class Exchange(BaseHTTPRequestHandler):
    """Reads a request with its key, and answers. A subclass says what."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Silent."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def whose(self) -> Keeping:
        """Whose server it is."""
        raise NotImplementedError

    def asked(self, method: str, key: str, body: bytes) -> Answer:
        """What is answered to somebody with a key that is known."""
        raise NotImplementedError

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        key = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        keeping = self.whose()
        keeping.seen.append((method, self.path, key))
        known = key in keeping.keys
        status, said, *kind = self.asked(method, key, body) if known else (401, b'{"error":{"message":"no such key"}}')
        self.send_response(status)
        self.send_header("content-type", kind[0] if kind else "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
