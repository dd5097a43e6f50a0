"""The least a Python gateway can be: uvicorn in front, aiohttp behind, the request and the answer's usage decoded.

No keys, no limits, no records. It shows how much of the gateway's figure is the price of its parts.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
import uvicorn

from tests.bench import wire

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Message(msgspec.Struct):
    """One message of the prompt."""

    role: str
    content: str


class Ask(msgspec.Struct):
    """What the proxy reads of a request."""

    model: str
    messages: list[Message]
    stream: bool = False


class Usage(msgspec.Struct):
    """What the proxy reads of an answer."""

    prompt_tokens: int
    completion_tokens: int


class Answer(msgspec.Struct):
    """An answer's outer shape."""

    usage: Usage


class Proxy:
    """A bare ASGI application that passes chat completions to the upstream of the model they name."""

    def __init__(self, targets: dict[str, int]) -> None:
        self._targets = {model: f"http://127.0.0.1:{port}{wire.PATH}" for model, port in targets.items()}
        self._ask = msgspec.json.Decoder(Ask)
        self._answer = msgspec.json.Decoder(Answer)
        self._client: aiohttp.ClientSession | None = None
        self.tokens = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        body = await _body(receive)
        ask = self._ask.decode(body)
        if self._client is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=600)
            self._client = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        headers = {"content-type": "application/json", "authorization": f"Bearer {wire.KEY}"}
        async with self._client.post(self._targets[ask.model], data=body, headers=headers) as incoming:
            kind = incoming.headers.get("content-type", "").encode()
            start = {"type": "http.response.start", "status": incoming.status}
            if ask.stream:
                await send({**start, "headers": [(b"content-type", kind)]})
                async for piece in incoming.content.iter_any():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
                return
            whole = await incoming.read()
            self.tokens += self._answer.decode(whole).usage.completion_tokens
            size = str(len(whole)).encode()
            await send({**start, "headers": [(b"content-type", kind), (b"content-length", size)]})
            await send({"type": "http.response.body", "body": whole})


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--targets", type=json.loads, required=True, help="model: port, as JSON")
    given = parser.parse_args()
    uvicorn.run(
        Proxy(given.targets),
        host="127.0.0.1",
        port=given.port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
        backlog=4096,
    )
