"""The bytes of every measurement: one request, one answer of the same size, one stream of events.

Fixed, so that figures of different runs and gateways compare.
"""

import json
from typing import Any

SIZE = 730
EVENTS = 102
KEY = "sk-bench-0123456789abcdef0123456789abcdef"

ONCE = "bench"
STREAM = "bench-stream"
HOLD = "bench-hold"

PATH = "/v1/chat/completions"


def _padded(shape: dict[str, Any], text: dict[str, Any]) -> bytes:
    """``shape`` as JSON of exactly SIZE bytes; ``text`` is the part of it whose ``content`` is filled up."""
    text["content"] = ""
    missing = SIZE - len(_dumped(shape))
    words = "The quick brown fox jumps over the lazy dog while the gateway counts. " * 12
    text["content"] = words[:missing]
    return _dumped(shape)


def _dumped(shape: dict[str, Any]) -> bytes:
    return json.dumps(shape, separators=(",", ":")).encode()


def request(model: str, *, stream: bool = False) -> bytes:
    """A chat completion request of SIZE bytes."""
    text: dict[str, Any] = {"role": "user"}
    shape: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "system", "content": "You are a helpful assistant."}, text],
        "temperature": 0.7,
        "max_tokens": 256,
    }
    if stream:
        shape |= {"stream": True, "stream_options": {"include_usage": True}}
    return _padded(shape, text)


def answer() -> bytes:
    """A chat completion of SIZE bytes, with usage."""
    text: dict[str, Any] = {"role": "assistant"}
    shape = {
        "id": "chatcmpl-bench00000000000000000000",
        "object": "chat.completion",
        "created": 1760000000,
        "model": ONCE,
        "choices": [{"index": 0, "message": text, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 118, "completion_tokens": 64, "total_tokens": 182},
    }
    return _padded(shape, text)


def events(model: str, count: int = EVENTS) -> list[bytes]:
    """``count`` server-sent events: a role, pieces of text, the usage, ``[DONE]``."""

    def event(choices: list[Any], **more: Any) -> bytes:
        head = {"id": "chatcmpl-bench0", "object": "chat.completion.chunk", "created": 1760000000, "model": model}
        return b"data: " + _dumped({**head, "choices": choices, **more}) + b"\n\n"

    def piece(delta: dict[str, str], finish: str | None = None) -> bytes:
        return event([{"index": 0, "delta": delta, "finish_reason": finish}])

    usage = {"prompt_tokens": 118, "completion_tokens": count - 4, "total_tokens": 114 + count}
    text = [piece({"content": f" word{number:03d}"}) for number in range(count - 4)]
    ending = [piece({}, "stop"), event([], usage=usage), b"data: [DONE]\n\n"]
    return [piece({"role": "assistant", "content": ""}), *text, *ending]


def head(port: int, body: bytes) -> bytes:
    """The head of the HTTP request that carries ``body`` to 127.0.0.1 at ``port``."""
    return (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
