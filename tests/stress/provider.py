"""A provider for the stress runs: random costs, streams, errors and broken answers, and a ledger of what it billed.

It honours ``max_tokens`` and tells its usage. Run as a process: ``python -m tests.stress.provider PORT LEDGER SEED``.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

import uvicorn

Scope = Any
PIECE = "ten bytes "
TOKENS_A_PIECE = 4


class Ledger:
    """What was billed: a line for each answer that began, ``tokens in, tokens out``."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def bill(self, mark: str, model: str, given: int, made: int) -> None:
        """Note one answer."""
        self._file.write(json.dumps([mark, model, given, made]).encode() + b"\n")


class Provider:
    """An ASGI application with the two answers of ``/v1/chat/completions``."""

    def __init__(self, ledger: Ledger, chance: random.Random) -> None:
        self._ledger = ledger
        self._chance = chance

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        asked = json.loads(body or b"{}")
        draw = self._chance.random()
        if draw < 0.05:
            await _answer(send, self._chance.choice([500, 503, 429]), {"error": {"message": "not now", "type": "x"}})
            return
        made = self._chance.randint(1, int(asked.get("max_completion_tokens") or asked.get("max_tokens") or 16))
        given = max(1, len(body) // 5)
        await asyncio.sleep(self._chance.random() * 0.03)
        self._ledger.bill(str(asked.get("user", "")), asked["model"], given, made)
        if asked.get("stream"):
            await self._stream(send, asked, given, made, broken=draw < 0.08)
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": PIECE * made}, "finish_reason": "stop"}
            await _answer(send, 200, {**_head(asked), "choices": [choice], "usage": _usage(given, made)})

    async def _stream(self, send: Any, asked: Any, given: int, made: int, *, broken: bool) -> None:
        head = {**_head(asked), "object": "chat.completion.chunk"}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for number in range(made):
            delta = {"index": 0, "delta": {"content": PIECE}, "finish_reason": None}
            await _event(send, {**head, "choices": [delta]})
            if broken and number == made // 2:
                raise ConnectionResetError  # uvicorn cuts the connection
            if number % 5 == 0:
                await asyncio.sleep(0.002)
        await _event(send, {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        await _event(send, {**head, "choices": [], "usage": _usage(given, made)})
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def _head(asked: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-stress", "object": "chat.completion", "created": 1_750_000_000, "model": asked["model"]}


def _usage(given: int, made: int) -> dict[str, int]:
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


async def _event(send: Any, event: Any) -> None:
    wire = b"data: " + json.dumps(event).encode() + b"\n\n"
    await send({"type": "http.response.body", "body": wire, "more_body": True})


async def _answer(send: Any, status: int, body: Any) -> None:
    wire = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(wire))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": wire})


def main() -> None:
    """Serve until killed."""
    port, ledger, seed = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    app = Provider(Ledger(ledger), random.Random(seed))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", access_log=False, lifespan="off")


if __name__ == "__main__":
    main()
