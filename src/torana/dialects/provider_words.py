"""What a provider said in an error that is passed on: its own ``error`` object to callers of its dialect, its words to others.

It decides no status, and takes out what is none of the caller's business. Called by the error shapes of the dialects.
"""

from __future__ import annotations

import re

import msgspec

from torana.core.errors import GatewayError, UpstreamAnswered

LONGEST_MESSAGE = 2000
FOREIGN_TO_OPENAI = ("anthropic_", "gemini_", "bedrock_", "cohere_")
"""How the names of dialects begin whose errors have another shape than OpenAI's; all others took its shape over."""

HIDDEN = "[hidden]"
_OURS = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|nvapi|hf)[-_](?=[A-Za-z_\-.]*[\d*])[A-Za-z0-9_\-*.]{6,}"  # keys, as providers begin them, also cut by stars
    r"|\bAIza[A-Za-z0-9_\-]{16,}|\beyJ[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-.]{4,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?i:\bbearer\s+)[A-Za-z0-9._~+/=\-]{6,}"
    r"|\b(?:org|proj|acct|user)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{8,}|(?<=\bprojects/)[a-z0-9\-]+"  # accounts of OpenAI, of Google
    r"|\bhttps?://(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9\-]+"
    r"|[a-zA-Z0-9.\-]+\.(?:internal|local|lan|corp|home|svc|cluster))(?=[:/\s]|$)(?::\d+)?(?:/[^\s\"']*)?"
    r"|\bTraceback \(most recent call last\).*",
    re.DOTALL,
)
"""What errors of careless providers spill: the key they were asked with, the account that pays, hosts of a private
network, their own stack."""

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


def cleaned(value: object) -> object:
    """The JSON value with HIDDEN in its texts for what only we and the provider may know."""
    if isinstance(value, str):
        return _OURS.sub(HIDDEN, value)
    if isinstance(value, dict):
        return {name: cleaned(item) for name, item in value.items()}
    return [cleaned(item) for item in value] if isinstance(value, list) else value


def _members(body: bytes) -> dict[str, object]:
    try:
        decoded = _decode(body)
        return {name: cleaned(value) for name, value in decoded.items()} if isinstance(decoded, dict) else {}
    except (
        ValueError,
        RecursionError,
    ):  # ValueError: no JSON, no UTF-8. Trap: from Python 3.12 on what is read may be deeper than what is walked
        return {}
