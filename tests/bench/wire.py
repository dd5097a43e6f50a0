"""The bytes of every measurement: one request, one answer of the same size, one stream of events.

Fixed, so that figures of different runs and gateways compare.
"""

import base64
import hmac
import json
import os
from collections.abc import Callable
from typing import Any, NamedTuple

SIZE = 730
EVENTS = 102
VIRTUAL_KEY = "sk-bench-0123456789abcdef0123456789abcdef"
ADMIN_KEY = "sk-bench-admin-89abcdef0123456789abcdef01234567"
"""What admin requests carry."""
JWT_NAME = "TORANA_BENCH_JWT"
"""The environment name by which the programs of the bench are told to send a token instead."""
KEY = os.environ.get(JWT_NAME) or VIRTUAL_KEY
"""What every request carries."""
JWT_SECRET = "q7Vx2mTz9LwKc4RbN8HjD5sYfGu3PaEe6tXi1oWn"
_NEVER = 4_102_444_800

ONCE = "bench"
STREAM = "bench-stream"
HOLD = "bench-hold"
CLAUDE = "bench-claude"
CLAUDE_STREAM = "bench-claude-stream"
"""Models whose provider speaks Anthropic's protocol."""

PATH = "/v1/chat/completions"
MESSAGES_PATH = "/v1/messages"


def _padded(shape: dict[str, Any], text: dict[str, Any], member: str = "content") -> bytes:
    """``shape`` as JSON of exactly SIZE bytes; ``text`` is the part of it whose ``member`` is filled up."""
    text[member] = ""
    missing = SIZE - len(_dumped(shape))
    words = "The quick brown fox jumps over the lazy dog while the gateway counts. " * 12
    text[member] = words[:missing]
    return _dumped(shape)


def _dumped(shape: dict[str, Any]) -> bytes:
    return json.dumps(shape, separators=(",", ":")).encode()


def token() -> str:
    """A token for the gateway of the bench, always the same: signed by hand, for this process need not know the product."""
    claims = {
        "iss": "bench", "sub": "bench-user", "jti": "bench-1", "team": "bench-team", "lob": "bench", "models": ["*"],
        "rate_limit": 1_000_000_000, "iat": 1_750_000_000, "exp": _NEVER,
    }  # fmt: skip
    message = f"{_spelled(_dumped({'alg': 'HS256', 'typ': 'JWT'}))}.{_spelled(_dumped(claims))}"
    return f"{message}.{_spelled(hmac.digest(JWT_SECRET.encode(), message.encode(), 'sha256'))}"


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


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


def message_request(model: str, *, stream: bool = False) -> bytes:
    """The same request in Anthropic's dialect, of SIZE bytes too."""
    text: dict[str, Any] = {"role": "user"}
    shape: dict[str, Any] = {
        "model": model,
        "max_tokens": 256,
        "system": "You are a helpful assistant.",
        "messages": [text],
        "temperature": 0.7,
    }
    if stream:
        shape["stream"] = True
    return _padded(shape, text)


class Ask(NamedTuple):
    """How a client asks: the path, and the body for a model."""

    path: str
    body: Callable[..., bytes]


CHAT = "chat"
MESSAGES = "messages"
ASKS = {CHAT: Ask(PATH, request), MESSAGES: Ask(MESSAGES_PATH, message_request)}


def message() -> bytes:
    """Anthropic's answer of SIZE bytes, with usage."""
    text: dict[str, Any] = {"type": "text", "text": ""}
    shape = {
        "id": "msg_bench00000000000000000000",
        "type": "message",
        "role": "assistant",
        "model": CLAUDE,
        "content": [text],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 118, "output_tokens": 64},
    }
    return _padded(shape, text, "text")


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


def message_events(model: str, count: int = EVENTS) -> list[bytes]:
    """``count`` events of a stream in Anthropic's dialect."""

    def event(kind: str, **more: Any) -> bytes:
        return f"event: {kind}\n".encode() + b"data: " + _dumped({"type": kind, **more}) + b"\n\n"

    started = json.loads(message()) | {"model": model, "content": [], "stop_reason": None}
    started["usage"] = {"input_tokens": 118, "output_tokens": 1}
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    text = [
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": f" word{number:03d}"})
        for number in range(count - 5)
    ]
    return [
        event("message_start", message=started),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *text,
        event("content_block_stop", index=0),
        event("message_delta", delta=ended, usage={"output_tokens": count - 5}),
        event("message_stop"),
    ]


def head(port: int, body: bytes, path: str = PATH) -> bytes:
    """The head of the HTTP request that carries ``body`` to 127.0.0.1 at ``port``."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
