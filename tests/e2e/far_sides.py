"""Whom a gateway with guardrails asks: models that answer by their names, and a webhook that verifies what it is sent.

Scripted: each knows the words it looks for and nothing else. Called by the tests of guardrail engines.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from typing import Any

from torana.testing.plays import Exchange, Request

USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
SECRET = "a secret that only the two of us know"
FRESH_S = 300


class Models:
    """The provider. ``main`` says ``says``; ``judge`` and ``rail`` judge what they are shown."""

    def __init__(self) -> None:
        self.says = "The sky is blue."
        self._said = 0
        self.asked: list[tuple[str, Any]] = []
        """Model and body, in the order of their coming."""
        self.silent: frozenset[str] = frozenset()
        """Models that give no answer."""

    def speak(self, text: str = "The sky is blue") -> str:
        """Say something from now on that was never said before."""
        self._said += 1
        self.says = f"{text}, it was said {self._said} times."
        return self.says

    def of(self, model: str) -> list[Any]:
        """The bodies that came for a model."""
        return [body for name, body in self.asked if name == model]

    async def __call__(self, exchange: Exchange) -> None:
        body = exchange.request.json()
        model = body["model"]
        self.asked.append((model, body))
        if model in self.silent:
            await exchange.gone()
            return
        said = {"judge": verdicts, "rail": yes_or_no}.get(model, lambda _: self.says)(body)
        if body.get("stream"):
            events = [{"content": piece} for piece in re.split(r"(?<= )", said)]
            lines = [event(one, None) for one in events] + [event({}, "stop"), "data: [DONE]\n\n"]
            await exchange.write(answered("".join(lines).encode(), "text/event-stream"))
            return
        message = {"role": "assistant", "content": said}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        whole = {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": choices,
            "usage": USAGE,
        }
        await exchange.write(answered(json.dumps(whole).encode()))


def event(delta: dict[str, str], finish: str | None) -> str:
    choices = [{"index": 0, "finish_reason": finish, "delta": delta}]
    said = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "u", "choices": choices}
    return f"data: {json.dumps(said)}\n\n"


def answered(body: bytes, kind: str = "application/json", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def verdicts(body: Any) -> str:
    """Of the judge: what says ``lawsuit`` is legal advice."""
    texts = json.loads(body["messages"][-1]["content"])["texts"]
    found = [{"id": one["id"], "scores": {"legal_advice": 0.9 * ("lawsuit" in one["text"])}} for one in texts]
    return json.dumps({"verdicts": found})


def yes_or_no(body: Any) -> str:
    """Of the rail: what says ``falcon`` is to be stopped."""
    return "Yes" if "falcon" in json.dumps(body["messages"]).lower() else "No"


class Hook:
    """The webhook: ``block`` for what says ``embargo``, nonsense for ``gibberish``, nothing for ``patience``."""

    def __init__(self) -> None:
        self.verified: list[bool] = []
        self.bodies: list[Any] = []

    async def __call__(self, exchange: Exchange) -> None:
        self.verified.append(is_signed(exchange.request))
        body = exchange.request.json()
        self.bodies.append(body)
        texts = " ".join(one["text"] for one in body["texts"])
        if "patience" in texts:
            await exchange.gone()
            return
        verdict = {"verdict": "block", "kind": "sanctions"} if "embargo" in texts else {"verdict": "allow"}
        await exchange.write(answered(b"{no" if "gibberish" in texts else json.dumps(verdict).encode()))


def is_signed(request: Request) -> bool:
    """Whether it is signed as Standard Webhooks 1.0 says, now."""
    name, at = request.header("webhook-id") or "", request.header("webhook-timestamp") or "0"
    signed = hmac.new(SECRET.encode(), f"{name}.{at}.".encode() + request.body, hashlib.sha256).digest()
    right = "v1," + base64.b64encode(signed).decode()
    return (
        hmac.compare_digest(right, request.header("webhook-signature") or "") and abs(time.time() - int(at)) < FRESH_S
    )
