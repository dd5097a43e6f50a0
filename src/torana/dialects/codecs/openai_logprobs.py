"""Log probabilities in OpenAI's shape, as events carry them: hosts that speak its dialect send other things there too.

Called by the readers of its dialects and by who writes them in another shape.
"""

from __future__ import annotations

import msgspec


class Token(msgspec.Struct):
    """One token and what might have stood in its place."""

    token: str
    logprob: float | None = None
    """None: some hosts write minus infinity so."""
    bytes: list[int] | None = None
    top_logprobs: list[Token] | None = None


tokens_in = msgspec.json.Decoder(list[Token]).decode
"""The tokens of what ``listed`` gave."""


def listed(raw: bytes) -> bytes:
    """The JSON text of a list of tokens; empty for a list of none, and for what is no such list: nobody could read it."""
    if raw in (b"", b"null", b"[]"):
        return b""
    try:
        return raw if tokens_in(raw) else b""
    except (ValueError, RecursionError):
        return b""
