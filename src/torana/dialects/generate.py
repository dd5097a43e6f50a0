"""The smallest dialect, ``POST /generate``: a prompt in, a text out.

No provider speaks it, so every prompt in it is translated. Called by ``edge``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.core.call import ANY_PROVIDER, Ask
from torana.dialects import complete, completions, flat_errors, json_text, own_answer, plain
from torana.ports.dialect import Told

ID = "generate"
OPERATION = "chat"
PATHS: tuple[str, ...] = ("/generate",)
CARRIES: frozenset[bytes] = frozenset()

_MOST_TOKENS = (1 << 31) - 1


class Body(msgspec.Struct, gc=False):
    """Everything that can be said in it."""

    prompt: Annotated[str, msgspec.Meta(min_length=1)]
    model: str | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1, le=_MOST_TOKENS)] | None = None
    temperature: float | None = None
    stream: bool | None = None


BODY = msgspec.json.Decoder(Body)

bound = completions.bound
refuse = flat_errors.refuse
refuse_event = flat_errors.refuse_event
retarget = plain.retarget
decoder = own_answer.decoder
read_answer = own_answer.read_answer


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    wanted = json_text.decode_request(body, BODY)
    return Ask(
        wanted.model,
        bool(wanted.stream),
        wanted.max_tokens,
        provider=None if wanted.model else ANY_PROVIDER,
    )


def dress(wire: bytes, told: Told) -> bytes:
    """The whole answer: ``{response, model, cached, usage, request_id}``."""
    return msgspec.json.encode({"response": own_answer.text_of(wire), **_facts(told)})


def dress_end(told: Told) -> bytes:
    """The last event of a stream, which says what a plain answer says beside its text."""
    return b"data: " + msgspec.json.encode({"type": "done", **_facts(told)}) + b"\n\n"


def _facts(told: Told) -> dict[str, object]:
    return {
        "model": told.model,
        "cached": told.cached,
        "usage": complete.usage(told),
        "request_id": told.request_id,
    }
