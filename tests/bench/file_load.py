"""Files to be read without end: a long PDF, a scanned page and a large CSV in turn, each sent when the answer before is in.

A process of its own; it runs until it is ended, and then says how many were read. No two of its files are equal.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from itertools import count

from tests import made_files
from tests.bench import wire
from tests.bench.admin_load import ADMIN, send_on

CONNECTIONS = 2
PAGES = 60
ROWS = 4000
EDGE = b"bench-5f1c9d"
SALT = b"00001111"


def files() -> tuple[bytes, bytes, bytes]:
    """The files, each with SALT somewhere in it."""
    lines = [f"line {number} of a long letter about nothing" for number in range(34)]
    scanned = made_files.as_file(made_files.a_page([f"Scanned line {number}" for number in range(25)]), "BMP")
    rows = "\n".join(f"row {number},{number},a note" for number in range(ROWS))
    letter = made_files.a_pdf([lines] * PAGES, author=SALT.decode())
    return letter, scanned[: -len(SALT)] + SALT, f"{SALT.decode()},amount,note\n{rows}\n".encode()


def asked() -> Iterator[bytes]:
    """Requests without end, each with a file of its own: what was read lately is remembered."""
    contents = files()
    for number in count():
        for content in contents:
            yield spoken(content.replace(SALT, b"%08d" % (number * 1000 + os.getpid() % 1000)))


def spoken(content: bytes) -> bytes:
    """One scan on the wire."""
    parts = (b"--", EDGE, b'\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n', content)
    body = b"".join((*parts, b"\r\n--", EDGE, b"--\r\n"))
    head = (
        f"POST {ADMIN}/files/scan HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {wire.ADMIN_KEY}\r\n"
        f"Content-Type: multipart/form-data; boundary={EDGE.decode()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    asyncio.run(send_on([asked()] * CONNECTIONS))
