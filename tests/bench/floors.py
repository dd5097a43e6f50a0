"""An ASGI application that answers 730 bytes without an upstream, to be run under uvicorn and granian.

It shows what the HTTP server's part is, below which no gateway on that server can come.
"""

from __future__ import annotations

import sys
from typing import Any

from tests.bench import wire
from tests.bench.bare_proxy import Receive, Send

_ANSWER = wire.answer()
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(_ANSWER)).encode())],
}
_BODY = {"type": "http.response.body", "body": _ANSWER}


async def constant(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Read the request, answer the same bytes."""
    while (await receive()).get("more_body"):
        pass
    await send(_START)
    await send(_BODY)


def command(server: str, port: int) -> list[str]:
    """The command that serves ``constant`` with ``uvicorn`` or ``granian`` in one worker."""
    served = ["-m", server, "tests.bench.floors:constant", "--host", "127.0.0.1", "--port", str(port)]
    if server == "granian":
        return [sys.executable, *served, "--interface", "asginl", "--loop", "uvloop", "--no-access-log"]
    return [sys.executable, *served, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--lifespan", "off"]
