"""How the gateway and its file workers talk: a head of JSON and a body of bytes, each behind its length.

Both sides use it; it knows nothing of files.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

HEAD = struct.Struct(">II")
"""The lengths of head and body, in bytes."""
LONGEST = 1024 * 1024 * 1024


def frame(head: Mapping[str, Any], body: bytes = b"") -> bytes:
    """One message."""
    return begun(head, len(body)) + body


def begun(head: Mapping[str, Any], body_bytes: int) -> bytes:
    """A message without its body, which follows: large ones are not copied to stand behind it."""
    said = json.dumps(head).encode()
    return HEAD.pack(len(said), body_bytes) + said


def lengths(head: bytes) -> tuple[int, int]:
    """The lengths of what follows. Raises ValueError for what is no message of ours."""
    first, second = HEAD.unpack(head)
    if first + second > LONGEST:
        raise ValueError("a message longer than any of ours")
    return first, second


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next message; None at the end. Raises EOFError when it is cut short, ValueError for nonsense."""
    start = stream.read(HEAD.size)
    if not start:
        return None
    if len(start) < HEAD.size:
        raise EOFError
    first, second = lengths(start)
    said, body = stream.read(first), stream.read(second)
    if len(said) < first or len(body) < second:
        raise EOFError
    return dict(json.loads(said)), body
