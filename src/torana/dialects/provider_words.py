"""What a provider said in an error that is passed on: its own ``error`` object to callers of its dialect, its words to others.

It decides no status. Called by the error shapes of the dialects.
"""

from __future__ import annotations

import msgspec

from torana.core.errors import GatewayError, UpstreamAnswered

LONGEST_MESSAGE = 2000
FOREIGN_TO_OPENAI = ("anthropic_", "gemini_", "bedrock_", "cohere_")
"""How the names of dialects begin whose errors have another shape than OpenAI's; all others took its shape over."""

_decode = msgspec.json.Decoder().decode


def own_error(error: GatewayError, family: str = "") -> dict[str, object] | None:
    """The provider's ``error`` object, when it is passed on and has the caller's shape.

    ``family``: how the names of the caller's dialects begin; empty: OpenAI's, and those that took its shape over.
    """
    if not isinstance(error, UpstreamAnswered) or not error.passed_on:
        return None
    dialect = error.dialect
    foreign = not dialect.startswith(family) if family else dialect.startswith(FOREIGN_TO_OPENAI)
    own = _members(error.body).get("error")
    return own if not foreign and isinstance(own, dict) and own else None


def told_message(error: GatewayError) -> str:
    """The provider's own sentence when its error is passed on and has one, else ours."""
    if not isinstance(error, UpstreamAnswered) or not error.passed_on:
        return error.message
    body = _members(error.body)
    inner = body.get("error")
    said = inner.get("message") if isinstance(inner, dict) else body.get("message")
    return said[:LONGEST_MESSAGE] if isinstance(said, str) and said else error.message


def _members(body: bytes) -> dict[str, object]:
    try:
        decoded = _decode(body)
    except (ValueError, RecursionError):  # ValueError: no JSON, no UTF-8
        return {}
    return decoded if isinstance(decoded, dict) else {}
