"""Our own dialect, ``POST /v1/complete``: what a body asks for, and what an answer is told of its way.

Messages are written as in OpenAI's chat; model and provider may be left out. No provider speaks it, so every prompt in it
is translated. Called by ``edge``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from torana.core.call import ANY_PROVIDER, Ask
from torana.core.errors import GatewayError
from torana.dialects import flat_errors, json_text, openai_chat, own_answer, plain
from torana.ports.dialect import Told

ID = "complete"
OPERATION = "chat"
PATHS: tuple[str, ...] = ("/v1/complete",)
CARRIES: frozenset[bytes] = frozenset()


class _Body(msgspec.Struct, gc=False):
    """The members that chat does not have, or may not have here."""

    provider: str | None = None
    n: int | None = None
    logprobs: bool | None = None


_body = msgspec.json.Decoder(_Body)

bound = openai_chat.bound
refuse = flat_errors.refuse
refuse_event = flat_errors.refuse_event
retarget = plain.retarget
decoder = own_answer.decoder
read_answer = own_answer.read_answer


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    ask = openai_chat.read(body)
    wanted = json_text.decode_request(body, _body)
    if ask.candidates != 1:
        raise GatewayError("REQUEST_INVALID", "n: one answer at a time is given here.", param="n")
    if wanted.logprobs:
        message = "logprobs: answers here have none; /v1/chat/completions gives them."
        raise GatewayError("REQUEST_INVALID", message, param="logprobs")
    return replace(ask, provider=wanted.provider or (None if ask.model else ANY_PROVIDER), wants_usage=True)


def dress(wire: bytes, told: Told) -> bytes:
    """The whole answer with what only the line knows."""
    return json_text.rewritten(wire, {name: msgspec.json.encode(value) for name, value in _facts(told).items()})


def dress_end(told: Told) -> bytes:
    """The last event of a stream, which says what a plain answer says beside its text."""
    return b"data: " + msgspec.json.encode({"type": "done", **_facts(told)}) + b"\n\n"


def _facts(told: Told) -> dict[str, object]:
    return {
        "request_id": told.request_id,
        "status": "success",
        "model": told.model,
        "provider_used": told.provider,
        "model_used": told.upstream_model,
        "fallback_triggered": told.fallback,
        "cached": told.cached,
        "pii_summary": {"redacted": dict(told.redacted), "guardrails": list(told.verdicts)},
        "usage": usage(told),
        "latency_ms": told.latency_ms,
        "timestamp": moment(told.at),
    }


def usage(told: Told) -> dict[str, object]:
    """The usage of an exchange; ``cost`` is a decimal string, null where no price is known."""
    counted = told.usage
    return {
        "input_tokens": counted.input,
        "output_tokens": counted.output,
        "total_tokens": counted.input + counted.output,
        "cached_tokens": counted.cache_read,
        "reasoning_tokens": counted.reasoning,
        "estimated": counted.estimated,
        "cost": told.cost,
        "currency": told.currency,
    }


def moment(at: float) -> str:
    """Epoch seconds as RFC 3339, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
