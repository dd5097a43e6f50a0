"""What the dialects share whose answers come whole: the model's name in a JSON body, the refusal of streams, decoding.

It knows no dialect's members. Called by the modules of ``dialects`` whose requests and answers are one JSON object each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.faults import AnswerMalformed, UpstreamFault
from torana.dialects import json_text

T = TypeVar("T")


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body with the provider's name of the model; the same object when that is the caller's name."""
    return body if model == ask.model else json_text.changed(body, {"model": msgspec.json.encode(model)})


def decoded(decode: Callable[[bytes], T], body: bytes, what: str) -> T:
    """The answer as ``decode`` reads it. Raises AnswerMalformed, which says that it is no ``what``."""
    try:
        if not body.isascii():
            str(body, "utf-8")
        return decode(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed(f"the answer is no {what}") from None


class NoStream:
    """Decoder of what never streams: whatever a provider streams is malformed."""

    __slots__ = ("_what",)
    fault: UpstreamFault | None = None

    def __init__(self, what: str) -> None:
        self._what = what

    def feed(self, data: bytes) -> Sequence[Chunk]:
        """Raises AnswerMalformed."""
        raise AnswerMalformed(f"{self._what} does not stream")

    def finish(self) -> Sequence[Chunk]:
        """Raises AnswerMalformed."""
        raise AnswerMalformed(f"{self._what} does not stream")
