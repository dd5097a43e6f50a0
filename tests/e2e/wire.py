"""Raw HTTP/1.1 from a test: requests no SDK would send, and clients that leave when they like."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from typing import NamedTuple

from tests.e2e.gateway import CALLER_KEY

LAST_CHUNK = b"\r\n0\r\n\r\n"
HELLO = [{"role": "user", "content": "please say hello"}]


class Answer(NamedTuple):
    """One parsed answer and whatever came after it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    rest: bytes


def request(
    body: bytes,
    *lines: str,
    path: str = "/v1/chat/completions",
    method: str = "POST",
    length: bool = True,
    key: str | None = CALLER_KEY,
) -> bytes:
    """A request with extra header lines as they stand; Host, key and Content-Length unless told otherwise."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if key is not None:
        head.append(f"Authorization: Bearer {key}")
    if length:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, *lines, "", ""]).encode("latin-1") + body


def chat(model: str, *lines: str, stream: bool = False, **more: object) -> bytes:
    """A good chat request."""
    body = {"model": model, "messages": HELLO, **({"stream": True} if stream else {}), **more}
    return request(json.dumps(body).encode(), "Content-Type: application/json", *lines)


def chunked(body: bytes, size: int = 65536) -> bytes:
    """A body in HTTP chunks."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def parse(data: bytes) -> Answer:
    """The first answer in ``data``. Raises AssertionError when there is no whole head."""
    head, found, rest = data.partition(b"\r\n\r\n")
    assert found, f"no answer in {data[:200]!r}"
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "content-length" in headers:
        length = int(headers["content-length"])
        return Answer(int(first.split()[1]), headers, rest[:length], rest[length:])
    if "chunked" not in headers.get("transfer-encoding", ""):
        return Answer(int(first.split()[1]), headers, rest, b"")
    body = b""
    while True:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line or b"0", 16)
        body, rest = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return Answer(int(first.split()[1]), headers, body, rest)


def exchange(port: int, data: bytes, *, quiet_s: float = 3.0) -> bytes:
    """Send bytes, read until the other side closes or says nothing for ``quiet_s``; all it said."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.settimeout(10)
        try:
            connection.sendall(data)
        except OSError:
            pass  # refused while we were still sending: what it said is still to be read
        said = b""
        connection.settimeout(quiet_s)
        try:
            while piece := connection.recv(65536):
                said += piece
                if _is_whole(said):
                    connection.settimeout(0.2)  # a second answer would come at once
        except OSError:
            pass
        return said


def _is_whole(said: bytes) -> bool:
    head, found, rest = said.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return bool(found) and len(rest) >= int(line.partition(b":")[2])
    return bool(found) and rest.endswith(LAST_CHUNK)


class Visit(NamedTuple):
    """How one streaming client fared."""

    request_id: str
    said: bytes
    hung_up: bool

    @property
    def saw_content(self) -> bool:
        """Whether an event of the answer reached the client."""
        return b"data: {" in self.said

    @property
    def saw_all(self) -> bool:
        """Whether the answer reached its very end."""
        return self.said.endswith(LAST_CHUNK)


async def visit(port: int, model: str, request_id: str, leave_after_s: float | None, *, reset: bool = False) -> Visit:
    """Ask for a stream and read it, to its end or until ``leave_after_s`` has passed; then hang up.

    ``reset``: hang up with a reset, if anything was read by then (before that, a reset would take the
    request back out of the server's socket).
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    hung_up = False
    try:
        writer.write(chat(model, f"X-Request-Id: {request_id}", "Connection: close", stream=True))
        await writer.drain()
        try:
            async with asyncio.timeout(leave_after_s):
                while not said.endswith(LAST_CHUNK) and (piece := await reader.read(65536)):
                    said += piece
        except TimeoutError:
            hung_up = True
        except ConnectionError:
            pass
        if hung_up and reset and said:
            plug: socket.socket = writer.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    finally:
        if hung_up and reset and said:
            writer.transport.abort()
        else:
            writer.close()
    return Visit(request_id, said, hung_up)
