"""How four provider APIs write one good answer and their errors: whole, and as a stream cut at its first content.

It plays nothing; ``troubles`` makes plays of it. Shapes are those of the providers' public API references.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from torana.testing.plays import DONE, event

TEXT = "Hello there, friend."
FIRST, REST = "Hello ", "there, friend."
PIECES = ("Hel", "lo", " ")
"""FIRST, as streams give it."""
INPUT_TOKENS, OUTPUT_TOKENS = 12, 5
MODEL = "fake-1"


class Wire(NamedTuple):
    """One API's way to say ``TEXT``, with a usage of INPUT_TOKENS and OUTPUT_TOKENS."""

    whole: bytes
    """The body of a plain answer."""
    opening: bytes
    """The events of a stream before any content."""
    content: bytes
    """The events with FIRST."""
    ending: bytes
    """The event with REST, and all that says that the answer is over."""
    error: Callable[[int, str], bytes]
    """The body of an error answer, by status and message."""
    error_event: Callable[[int, str], bytes]
    """The same as an event of a stream that had begun."""


def named(kind: str, **members: object) -> bytes:
    """An event with a name, which stands in its data too."""
    return b"event: " + kind.encode() + b"\n" + event({"type": kind, **members})


OPENAI_WORDS: Mapping[int, tuple[str, str | None]] = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("insufficient_quota", "insufficient_quota"),
    503: ("service_unavailable_error", None),
}
"""Status → ``type`` and ``code``: https://platform.openai.com/docs/guides/error-codes"""


def openai_error(status: int, message: str) -> dict[str, object]:
    """OpenAI's ``error`` object."""
    kind, code = OPENAI_WORDS.get(status, ("server_error", None))
    return {"message": message, "type": kind, "param": None, "code": code}


def chat() -> Wire:
    """OpenAI chat completions."""
    usage = {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": OUTPUT_TOKENS,
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    }
    about: dict[str, object] = {"id": "chatcmpl-1", "created": 1750000000, "model": MODEL}

    def piece(delta: Mapping[str, object], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event({**about, "object": "chat.completion.chunk", "choices": [choice]})

    message = {"role": "assistant", "content": TEXT, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    counted = event({**about, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    return Wire(
        _bytes({**about, "object": "chat.completion", "choices": [choice], "usage": usage}),
        piece({"role": "assistant", "content": ""}),
        b"".join(piece({"content": text}) for text in PIECES),
        piece({"content": REST}) + piece({}, "stop") + counted + DONE,
        lambda status, said: _bytes({"error": openai_error(status, said)}),
        lambda status, said: event({"error": openai_error(status, said)}),
    )


def responses() -> Wire:
    """OpenAI responses."""
    usage = {
        "input_tokens": INPUT_TOKENS, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": OUTPUT_TOKENS, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    }  # fmt: skip
    part = {"type": "output_text", "text": TEXT, "annotations": []}
    item = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}
    opened = {**item, "status": "in_progress", "content": []}
    bare = {
        "id": "resp_1", "object": "response", "created_at": 1750000000, "model": MODEL, "error": None,
        "incomplete_details": None, "instructions": None, "metadata": {}, "parallel_tool_calls": True,
        "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0,
    }  # fmt: skip
    begun = {**bare, "status": "in_progress", "output": [], "usage": None}
    done = {**bare, "status": "completed", "output": [item], "usage": usage}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}

    def delta(number: int, text: str) -> bytes:
        return named("response.output_text.delta", sequence_number=number, **place, delta=text, logprobs=[])

    ending = (
        delta(7, REST)
        + named("response.output_text.done", sequence_number=8, **place, text=TEXT, logprobs=[])
        + named("response.content_part.done", sequence_number=9, **place, part=part)
        + named("response.output_item.done", sequence_number=10, output_index=0, item=item)
        + named("response.completed", sequence_number=11, response=done)
    )
    opening = (
        named("response.created", sequence_number=0, response=begun)
        + named("response.in_progress", sequence_number=1, response=begun)
        + named("response.output_item.added", sequence_number=2, output_index=0, item=opened)
        + named("response.content_part.added", sequence_number=3, **place, part={**part, "text": ""})
    )

    def error_event(status: int, said: str) -> bytes:
        error = openai_error(status, said)
        return named("error", sequence_number=7, code=error["code"] or error["type"], message=said, param=None)

    return Wire(
        _bytes(done),
        opening,
        b"".join(delta(4 + at, text) for at, text in enumerate(PIECES)),
        ending,
        lambda status, said: _bytes({"error": openai_error(status, said)}),
        error_event,
    )


ANTHROPIC_WORDS: Mapping[int, str] = {
    401: "authentication_error", 403: "permission_error", 404: "not_found_error", 413: "request_too_large",
    429: "rate_limit_error", 503: "overloaded_error",
}  # fmt: skip
"""Status → ``error.type``: https://docs.anthropic.com/en/api/errors"""


def messages() -> Wire:
    """Anthropic messages."""
    message: dict[str, object] = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": 1},
    }  # fmt: skip
    usage = {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}
    block = {"type": "text", "text": TEXT}

    def delta(text: str) -> bytes:
        return named("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    def error(status: int, said: str) -> dict[str, object]:
        return {"type": ANTHROPIC_WORDS.get(status, "api_error"), "message": said}

    return Wire(
        _bytes({**message, "content": [block], "stop_reason": "end_turn", "usage": usage}),
        named("message_start", message=message)
        + named("content_block_start", index=0, content_block={**block, "text": ""})
        + named("ping"),
        b"".join(map(delta, PIECES)),
        delta(REST)
        + named("content_block_stop", index=0)
        + named("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=usage)
        + named("message_stop"),
        lambda status, said: _bytes({"type": "error", "error": error(status, said), "request_id": "req_1"}),
        lambda status, said: named("error", error=error(status, said)),
    )


GOOGLE_WORDS: Mapping[int, str] = {
    401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL",
    503: "UNAVAILABLE",
}  # fmt: skip
"""Status → ``error.status``: https://ai.google.dev/gemini-api/docs/troubleshooting"""


def gemini() -> Wire:
    """Google's generateContent."""
    counts = {
        "promptTokenCount": INPUT_TOKENS,
        "candidatesTokenCount": OUTPUT_TOKENS,
        "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
    }

    def answer(text: str, **more: object) -> dict[str, object]:
        content = {"parts": [{"text": text}] if text else [], "role": "model"}
        candidate = {"content": content, "index": 0, **more}
        return {"candidates": [candidate], "modelVersion": MODEL, "responseId": "r1", "usageMetadata": counts}

    def error(status: int, said: str) -> dict[str, object]:
        return {"error": {"code": status, "message": said, "status": GOOGLE_WORDS.get(status, "UNKNOWN")}}

    return Wire(
        _bytes(answer(TEXT, finishReason="STOP")),
        event({"modelVersion": MODEL, "responseId": "r1"}),
        b"".join(event(answer(text)) for text in PIECES),
        event(answer(REST, finishReason="STOP")),
        lambda status, said: _bytes(error(status, said)),
        lambda status, said: event(error(status, said)),
    )


def _bytes(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


BY_PATH: tuple[tuple[str, Wire], ...] = (
    ("/chat/completions", chat()),
    ("/responses", responses()),
    ("/messages", messages()),
    ("enerateContent", gemini()),
)
"""What the path of a request, without its query, ends in → how it is answered."""
